"""From what a user writes to a sink."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import fsspec
import pytest

from imagine_async.batch.sinks.cloud import CloudSink
from imagine_async.batch.sinks.filesystem import FilesystemSink
from imagine_async.batch.sinks.local import LocalSink
from imagine_async.batch.sinks.opening import open_sink
from imagine_async.errors import ConfigurationError, MissingExtraError


@pytest.mark.parametrize("as_text", [False, True])
def test_a_path_is_a_folder(tmp_path: Path, as_text: bool) -> None:
    """A path makes a local sink, and no folder yet."""
    target = tmp_path / "out"
    sink = open_sink(str(target) if as_text else target)
    assert isinstance(sink, LocalSink)
    assert sink.folder == target
    assert not target.exists()


def test_a_file_url_is_a_folder() -> None:
    """A URL of a folder makes a local sink."""
    sink = open_sink("file:///data/my%20pictures")
    assert isinstance(sink, LocalSink)
    assert sink.folder == Path("/data/my pictures")


@pytest.mark.parametrize("url", ["s3://bucket/out", "gs://bucket", "az://container/out"])
def test_a_url_is_an_object_store(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scheme tells which; nothing is asked for yet."""
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    sink = open_sink(url)
    assert isinstance(sink, CloudSink)
    assert repr(sink) == f"CloudSink({url!r})"


def test_a_pair_is_a_file_system() -> None:
    """A file system of fsspec comes with a path in it."""
    assert isinstance(open_sink((fsspec.filesystem("memory"), "/out")), FilesystemSink)


def test_a_sink_is_itself(tmp_path: Path) -> None:
    """A sink is returned as it is."""
    sink = LocalSink(tmp_path)
    assert open_sink(sink) is sink


@pytest.mark.parametrize(
    "target",
    [
        "",
        7,
        None,
        "ftp://user:secret@host/out",
        "https://host/out",
        ("out", "/out"),
        (fsspec.filesystem("memory"),),
        (fsspec.filesystem("memory"), 7),
        fsspec.filesystem("memory"),
        "s3://",
        "s3://key:secret@bucket/out",
        "az://container/out?sig=secret",
    ],
)
def test_anything_else_is_refused(target: Any) -> None:
    """The error says what there is, and repeats no password."""
    with pytest.raises(ConfigurationError, match="s3://BUCKET/PREFIX") as caught:
        open_sink(target)
    assert "secret" not in str(caught.value)


def test_options_are_checked() -> None:
    """An option that obstore does not know is refused."""
    with pytest.raises(ConfigurationError, match="s3://bucket"):
        CloudSink("s3://bucket", nonsense="x")


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without obstore the error says what to install."""
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(MissingExtraError, match=r"imagine-async\[cloud\]"):
        open_sink("s3://bucket/out")
