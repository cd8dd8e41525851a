"""An object store as a sink where things go wrong, and where there is much of everything."""

from __future__ import annotations

import secrets
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from obstore.store import from_url

from imagine_async.batch.sinks import cloud
from imagine_async.batch.sinks.cloud import CloudSink
from imagine_async.spool import Spool
from tests.batch.sinks.cutting_proxy import cutting_proxy
from tests.s3_server import S3Server, s3_server

_FACTS = b'{"prompt": "a  fox", "seed": 7}'
_FEW_TRIES: dict[str, Any] = {
    "retry_config": {
        "max_retries": 2,
        "backoff": {"init_backoff": timedelta(milliseconds=1), "max_backoff": timedelta(milliseconds=5), "base": 2},
        "retry_timeout": timedelta(seconds=5),
    }
}


@pytest.fixture
def bucket(bucket_server: S3Server) -> str:
    """Make a bucket."""
    name = secrets.token_hex(8)
    bucket_server.make_bucket(name)
    return name


def _names(server: S3Server, bucket: str) -> list[str]:
    store = from_url(f"s3://{bucket}", **server.options())
    return [entry["path"] for chunk in store.list() for entry in chunk]


def _spooled(size: int) -> Spool:
    spool = Spool()
    for start in range(0, size, 1_000_000):
        spool.append(bytes(min(1_000_000, size - start)))
    return spool


@pytest.mark.anyio
@pytest.mark.parametrize("on_collision", ["number", "replace"])
@pytest.mark.parametrize("after", [0, 1_000, 500_000, 9_000_000, 19_999_000])
async def test_a_broken_upload_leaves_no_half_file(
    bucket_server: S3Server, bucket: str, on_collision: Any, after: int
) -> None:
    """Wherever the connection breaks, the error is one of the system and names the place, and nothing half is there."""
    with cutting_proxy(bucket_server.port, after) as port:
        sink = CloudSink(f"s3://{bucket}", on_collision=on_collision, **bucket_server.options(port), **_FEW_TRIES)
        with pytest.raises(OSError, match=f"s3://{bucket}") as caught:
            await sink.put("fox", ".mp4", _spooled(20_000_000), media_type="video/mp4", facts=_FACTS)
    assert len(str(caught.value)) < 700
    # An upload that came whole, and was not named in time, is hidden.
    assert all(name.startswith(".") for name in _names(bucket_server, bucket))


@pytest.mark.anyio
async def test_a_small_file_is_whole_or_not_there(bucket_server: S3Server, bucket: str) -> None:
    """A small file whose upload breaks is not there."""
    with cutting_proxy(bucket_server.port, 60_000) as port:
        sink = CloudSink(f"s3://{bucket}", **bucket_server.options(port), **_FEW_TRIES)
        with pytest.raises(OSError, match="Error performing PUT"):
            await sink.put("fox", ".jpg", bytes(200_000), media_type="image/jpeg", facts=_FACTS)
    assert not _names(bucket_server, bucket)


@pytest.mark.anyio
async def test_a_server_that_is_killed_is_an_error(tmp_path: Path) -> None:
    """Every method tells of a server that is gone, and none takes that for a file that is missing."""
    with s3_server() as server:
        server.make_bucket("out")
        sink = CloudSink("s3://out", **server.options(), **_FEW_TRIES)
        await sink.put("fox", ".jpg", b"x", media_type="image/jpeg", facts=_FACTS)
    for work in (sink.find("fox"), sink.lacking([("fox.jpg", 1)]), sink.read("fox.jpg")):
        with pytest.raises(OSError) as caught:
            await work
        assert not isinstance(caught.value, FileNotFoundError)


@pytest.mark.anyio
async def test_a_bucket_that_is_missing_is_an_error(bucket_server: S3Server) -> None:
    """A bucket that nobody made is an error of the system."""
    sink = CloudSink("s3://nowhere-at-all", **bucket_server.options(), **_FEW_TRIES)
    with pytest.raises(OSError, match="nowhere-at-all"):
        await sink.put("fox", ".jpg", b"x", media_type="image/jpeg", facts=_FACTS)


@pytest.mark.anyio
async def test_objects_have_media_types_and_facts(bucket_server: S3Server, bucket: str) -> None:
    """Small and large objects have the media type of their files, and short facts are an attribute of a small one."""
    sink = CloudSink(f"s3://{bucket}", **bucket_server.options())
    await sink.put("small", ".jpg", b"picture", media_type="image/jpeg", facts=_FACTS)
    await sink.put("large", ".mp4", _spooled(12_000_000), media_type="video/mp4", facts=_FACTS)
    await sink.put("long", ".jpg", b"picture", media_type="image/jpeg", facts=b'{"a": "%s"}' % (b"x" * 2_000))
    store = from_url(f"s3://{bucket}", **bucket_server.options())
    small, large, long = (store.get(name).attributes for name in ("small.jpg", "large.mp4", "long.jpg"))
    assert small == {"Content-Type": "image/jpeg", "imagine": '{"prompt":"a%20%20fox","seed":7}'}
    assert large["Content-Type"] == "video/mp4"
    assert long == {"Content-Type": "image/jpeg"}
    assert store.get("small.jpg.json").attributes["Content-Type"] == "application/json"


@pytest.mark.anyio
async def test_settings_come_from_the_environment(
    bucket_server: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Endpoint and credentials are read from the usual variables."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    await CloudSink(f"s3://{bucket}/out").put("fox", ".jpg", b"x", media_type="image/jpeg", facts=_FACTS)
    assert _names(bucket_server, bucket) == ["out/fox.jpg", "out/fox.jpg.json"]


@pytest.mark.anyio
async def test_many_files_are_listed_and_far_ones_asked_for(
    bucket_server: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files next to each other are found by one list; far from each other, or missing, each is asked for."""
    monkeypatch.setattr(cloud, "_LISTED_AT_ONCE", 20)
    sink = CloudSink(f"s3://{bucket}/out", **bucket_server.options())
    store = from_url(f"s3://{bucket}/out", **bucket_server.options())
    for number in range(120):
        store.put(f"{number:05d}.jpg", b"x" * (number % 3))
    near = [(f"{number:05d}.jpg", number % 3) for number in range(50, 80)]
    far = [("00000.jpg", 0), ("00119.jpg", 2), ("00119.jpg", 1), ("09999.jpg", 0)]
    assert sink._listed(near).keys() == {name for name, _ in near}
    assert list(await sink.lacking(near)) == []
    assert sink._listed(far).keys() == {"00000.jpg"}
    assert list(await sink.lacking(far)) == [2, 3]


_UPLOAD = """
import sys, resource, anyio
from imagine_async.batch.sinks import cloud
from imagine_async.batch.sinks.cloud import CloudSink
from imagine_async.spool import Spool
async def main(url, endpoint, size):
    sink = CloudSink(url, endpoint=endpoint, access_key_id="key", secret_access_key="secret", region="us-east-1",
                     client_options={"allow_http": True})
    await sink.put("warm", ".jpg", b"x", media_type="image/jpeg", facts=b"{}")
    spool = Spool()
    for _ in range(size):
        spool.append(bytes(1_000_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await sink.put("large", ".mp4", spool, media_type="video/mp4", facts=b"{}")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
anyio.run(main, sys.argv[1], sys.argv[2], int(sys.argv[3]))
"""


def test_a_large_upload_takes_little_memory(bucket_server: S3Server, bucket: str) -> None:
    """A file of 120 MB takes far less memory than its size."""
    command = [sys.executable, "-c", _UPLOAD, f"s3://{bucket}", bucket_server.endpoint, "120"]
    taken = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[3]).stdout
    assert int(taken) < 60_000  # KiB
