"""Cassettes: what is recorded is replayed, by every client, and nothing secret or fleeting is in the files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from imagine_async import AsyncImagine, Imagine, ImagineError, Outcome, RateLimitedError, TextToImage
from imagine_async.errors import ConfigurationError
from imagine_async.testing import Cassette, NotRecordedError, TestingSandbox, in_process_sandbox
from tests.samples import png_bytes

KEY = "vk-very-secret-0123456789"
SEED = 7


@pytest.fixture
def sandbox() -> Iterator[TestingSandbox]:
    with in_process_sandbox({"keys": [KEY], "reply_form": "url"}) as sandbox:
        yield sandbox


Record = Callable[..., Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassettes" / "fox.json"


@pytest.fixture
def recording(sandbox: TestingSandbox, path: Path) -> Callable[..., Cassette]:
    """Make a cassette that records what the sandbox answers."""

    def make(**options: Any) -> Cassette:
        chosen: dict[str, Any] = {"path": path, "mode": "once", **options}
        return Cassette(forward_to=sandbox.http_client(), **chosen)

    return make


def server_options(sandbox: TestingSandbox) -> dict[str, Any]:
    return {"api_key": sandbox.key, "base_url": sandbox.base_url, "clock": sandbox.clock, "rate_limit": None}


def work(client: Imagine) -> list[bytes]:
    """Make calls of every kind: forms with and without files, downloads, a video that is followed, equal calls."""
    fox = client.text_to_image("a red fox", seed=SEED)
    again = client.text_to_image("a red fox", seed=SEED)
    clear = client.remove_background(png_bytes())
    film = client.generate_video("waves", style="kling-1.5")
    return [fox.content, again.content, clear.content, film.content]


def test_round_trip(sandbox: TestingSandbox, recording: Record, path: Path) -> None:
    """What was recorded is replayed without a server, without a key, and without a wait."""
    with recording() as cassette, cassette.sync_client(**server_options(sandbox)) as client:
        assert cassette.is_recording
        recorded = work(client)
    charged = sandbox.books()["calls"]
    with Cassette(path) as cassette, cassette.sync_client() as client:
        assert not cassette.is_recording
        assert work(client) == recorded
    assert sandbox.books()["calls"] == charged


@pytest.mark.anyio
async def test_round_trip_async(sandbox: TestingSandbox, recording: Record, path: Path) -> None:
    """The async client records and replays on asyncio and on trio, many calls at once, in whatever order."""
    prompts = [f"fox {number}" for number in range(12)]

    async def paint(client: AsyncImagine, order: list[str]) -> dict[str, bytes]:
        requests = [TextToImage(prompt=prompt, seed=SEED) for prompt in order]
        return {
            request.prompt: result.content
            async for request, result in client.generate_many(requests, concurrency=6)
            if not isinstance(result, Exception)
        }

    with recording() as cassette:
        async with cassette.client(**server_options(sandbox)) as client:
            recorded = await paint(client, prompts)
    assert len(recorded) == 12
    with Cassette(path) as cassette:
        async with cassette.client() as client:
            assert await paint(client, prompts[::-1]) == recorded


def test_recordings_are_equal_byte_by_byte(tmp_path: Path) -> None:
    """The same calls, recorded twice, give the same files, though ids, URLs, dates and boundaries were others."""
    files: list[dict[Path, bytes]] = []
    for name in ("first", "second"):
        with in_process_sandbox({"reply_form": "url"}) as sandbox:
            sandbox.clock.advance(1000 * len(files))
            with Cassette(tmp_path / name / "fox.json", mode="once", forward_to=sandbox.http_client()) as cassette:
                with cassette.sync_client(**server_options(sandbox)) as client:
                    client.upscale(client.text_to_image("a red fox", seed=SEED))
                    # Its film, which the sandbox paints by the job's id, is another one each time.
                    client.wait_for_video(client.text_to_video("waves", style="kling-1.5"))
        files.append({each.relative_to(tmp_path / name): each.read_bytes() for each in all_files(tmp_path / name)})
    assert files[0] == files[1]
    assert len(files[0]) >= 6


def all_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_order_of_calls_leaves_no_trace(sandbox: TestingSandbox, recording: Record, tmp_path: Path) -> None:
    """Calls in another order give the same file."""
    for name, prompts in {"first": ["a", "b", "c"], "second": ["c", "a", "b"]}.items():
        with recording(path=tmp_path / name / "fox.json") as cassette:
            with cassette.sync_client(**server_options(sandbox)) as client:
                for prompt in prompts:
                    client.text_to_image(prompt, seed=SEED)
    first, second = (tmp_path / name / "fox.json" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def test_nothing_secret_or_fleeting_is_written(sandbox: TestingSandbox, recording: Record, path: Path) -> None:
    """Neither the key nor a signature, a host, a date or an id of the server's is in any file."""
    with recording() as cassette, cassette.sync_client(**server_options(sandbox)) as client:
        work(client)
        client.text_to_image(f"a fox that says {KEY}", seed=SEED)
        client.v1.generations(f"the {KEY}", style_id=21)
    written = b"\n".join(each.read_bytes() for each in all_files(path.parent))
    for secret in (KEY.encode(), b"X-Amz", b"sandbox.invalid", sandbox.calls()[0]["at"][:10].encode()):
        assert secret not in written
    assert b"cassette.example" in written
    assert b"***" in written
    assert b"seed" not in path.read_bytes()


@pytest.mark.parametrize("dialect", ["javascript", "python"])
def test_keys_of_v1(sandbox: TestingSandbox, recording: Record, path: Path, dialect: Any) -> None:
    """The key is found in whatever header it travels."""
    options = server_options(sandbox) | {"v1_dialect": dialect}
    with recording() as cassette, cassette.sync_client(**options) as client:
        client.v1.generations(f"the {KEY}", style_id=21)
    assert KEY not in path.read_text()
    with Cassette(path) as cassette, cassette.sync_client(v1_dialect=dialect, api_key="vk-another") as client:
        with pytest.raises(NotRecordedError):
            client.v1.generations(f"the {KEY}", style_id=21)
        client.v1.generations("the ***", style_id=21)


def test_redacted_prompts(sandbox: TestingSandbox, recording: Record, path: Path) -> None:
    """A prompt may be left out: its digest stands for it, and still tells requests apart."""
    with recording(redact=["prompt"]) as cassette, cassette.sync_client(**server_options(sandbox)) as client:
        image = client.text_to_image("a secret fox")
    assert "secret" not in path.read_text()
    with Cassette(path, redact=["prompt"]) as cassette, cassette.sync_client() as client:
        assert client.text_to_image("a secret fox").content == image.content
        with pytest.raises(NotRecordedError, match=r"prompt is 'a public fox', recorded is a text of 12 bytes"):
            client.text_to_image("a public fox")


def test_redacted_recordings_stay_redacted(sandbox: TestingSandbox, recording: Record, path: Path) -> None:
    """What is added later keeps what was redacted earlier."""
    with recording(redact=["prompt"]) as cassette, cassette.sync_client(**server_options(sandbox)) as client:
        client.text_to_image("a secret fox")
    with recording(mode="new") as cassette, cassette.sync_client(**server_options(sandbox)) as client:
        client.text_to_image("a public fox")
    with Cassette(path) as cassette, cassette.sync_client() as client:
        client.text_to_image("a secret fox")
        client.text_to_image("a public fox")
    assert "secret" not in path.read_text()


def test_equal_requests_in_recorded_order(sandbox: TestingSandbox, recording: Record, path: Path) -> None:
    """Equal requests get their replies in the order of the recording, refusals included, and no more of them."""
    sandbox.faults.next("ok", 429)
    with recording() as cassette, cassette.sync_client(**server_options(sandbox)) as client:
        recorded = [client.text_to_image("a red fox").content for _ in range(2)]
    assert recorded[0] != recorded[1]
    with Cassette(path) as cassette, cassette.sync_client() as client:
        images = [client.text_to_image("a red fox") for _ in range(2)]
        assert [image.content for image in images] == recorded
        assert [image.attempts for image in images] == [1, 2]
        with pytest.raises(NotRecordedError, match=r"for the 4\. time; it was recorded 3 times"):
            client.text_to_image("a red fox")


def test_status_may_be_asked_more_often(sandbox: TestingSandbox, recording: Record, path: Path) -> None:
    """What costs nothing is answered as often as it is asked."""
    with recording() as cassette, cassette.sync_client(**server_options(sandbox)) as client:
        job = client.text_to_video("waves", style="kling-1.5")
        client.video_status(job)
    with Cassette(path) as cassette, cassette.sync_client() as client:
        job = client.text_to_video("waves", style="kling-1.5")
        assert {client.video_status(job).state for _ in range(3)} == {client.video_status(job).state}


def test_seeds_may_count(sandbox: TestingSandbox, recording: Record, path: Path) -> None:
    """With nothing ignored, a request with another seed is another request."""
    with recording(ignore=()) as cassette, cassette.sync_client(**server_options(sandbox)) as client:
        client.text_to_image("a red fox", seed=1)
    with Cassette(path, ignore=()) as cassette, cassette.sync_client() as client:
        with pytest.raises(NotRecordedError, match="seed is '2', recorded is '1'"):
            client.text_to_image("a red fox", seed=2)
        client.text_to_image("a red fox", seed=1)


DIFFERENCES = [
    (lambda client: client.text_to_image("a blue fox"), "prompt is 'a blue fox', recorded is 'a red fox'"),
    (lambda client: client.text_to_image("a red fox", style="anime"), "style is 'anime', recorded is 'imagine-turbo'"),
    (lambda client: client.upscale(png_bytes(20, 20)), r"image is a file of \d+ bytes \(\w{12}\), recorded is a file"),
    (lambda client: client.text_to_png("a red fox"), "it is POST /v2/image/generations/transparent, recorded is"),
    (lambda client: client.generative_fill(png_bytes(), png_bytes(), "a fox"), "mask is a file of .* is nothing"),
]


@pytest.mark.parametrize(("call", "message"), DIFFERENCES)
def test_requests_that_are_not_recorded(
    sandbox: TestingSandbox, recording: Record, path: Path, call: Callable[[Imagine], Any], message: str
) -> None:
    """An unknown request is refused at once, not sent, not charged, and the nearest recorded one is named."""
    with recording() as cassette, cassette.sync_client(**server_options(sandbox)) as client:
        client.text_to_image("a red fox")
        client.upscale(png_bytes())
    with (
        Cassette(path) as cassette,
        cassette.sync_client(budget=100, prices={"upscale": 1}, unpriced="allow") as client,
    ):
        with pytest.raises(NotRecordedError, match=message) as caught:
            call(client)
        assert caught.value.outcome is Outcome.NOT_SENT
        assert "mode='new'" in str(caught.value)
        assert (client.usage().tokens, client.usage().held) == (0, 0)


def test_modes(sandbox: TestingSandbox, recording: Record, path: Path) -> None:
    """Each mode records what it says, and nothing else."""

    def paint(mode: str, *prompts: str) -> int:
        before = len(sandbox.calls())
        with recording(mode=mode) as cassette, cassette.sync_client(**server_options(sandbox)) as client:
            for prompt in prompts:
                client.text_to_image(prompt)
        return len([call for call in sandbox.calls()[before:] if call["method"] == "POST"])

    with pytest.raises(NotRecordedError, match="--imagine-record=once"):
        paint("none", "a")
    assert not path.exists()
    assert paint("once", "a", "b") == 2
    kept = path.read_bytes()
    assert paint("none", "a", "b") == paint("once", "a") == paint("new", "b") == 0
    with pytest.raises(NotRecordedError):
        paint("once", "c")
    assert path.read_bytes() == kept
    assert paint("new", "a", "c") == 1
    assert paint("none", "a", "b", "c") == 0
    assert paint("all", "b") == 1
    with pytest.raises(NotRecordedError):
        paint("none", "a")


def test_recordings_survive_errors(sandbox: TestingSandbox, recording: Record, path: Path) -> None:
    """What was recorded before a failure is kept: it may have been paid for."""
    with pytest.raises(ZeroDivisionError), recording() as cassette:
        with cassette.sync_client(**server_options(sandbox)) as client:
            client.text_to_image("a red fox")
        _ = 1 / 0
    with Cassette(path) as cassette, cassette.sync_client() as client:
        client.text_to_image("a red fox")


def test_broken_replies_are_not_recorded(sandbox: TestingSandbox, recording: Record, path: Path) -> None:
    """A reply that never came whole leaves nothing behind."""
    sandbox.faults.drop("after_upload")
    with recording() as cassette, cassette.sync_client(**server_options(sandbox)) as client:
        with pytest.raises(ImagineError):
            client.text_to_image("a red fox")
    assert not path.exists()


def test_refusals_are_recorded(sandbox: TestingSandbox, recording: Record, path: Path) -> None:
    """An error of the API's is replayed with its numbers and with the wait it asks for."""
    sandbox.faults.next("storm", requests=3, retry_after=200)
    with recording() as cassette, cassette.sync_client(**server_options(sandbox)) as client:
        with pytest.raises(RateLimitedError):
            client.text_to_image("a red fox")
    with Cassette(path) as cassette, cassette.sync_client() as client:
        with pytest.raises(RateLimitedError) as caught:
            client.text_to_image("a red fox")
    assert (caught.value.status, caught.value.code, caught.value.retry_after) == (429, 1202, 200)


def test_recording_over_sockets(tmp_path: Path) -> None:
    """Without a client to forward to, a cassette makes connections of its own, on both event loops."""
    from imagine_async.testing import server_sandbox

    async def paint(cassette: Cassette, **options: Any) -> bytes:
        async with cassette.client(**options) as client:
            return (await client.text_to_image("a red fox")).content

    with server_sandbox() as sandbox:
        for backend in ("asyncio", "trio"):
            path = tmp_path / f"{backend}.json"
            with Cassette(path, mode="once") as cassette:
                work = lambda: paint(cassette, api_key=sandbox.key, base_url=sandbox.base_url)  # noqa: E731
                recorded = anyio.run(work, backend=backend)
            with Cassette(path) as cassette:
                assert anyio.run(paint, cassette, backend=backend) == recorded
    assert re.search(r"127\.0\.0\.1", path.read_text()) is None


def test_any_key_and_base_url_replay(sandbox: TestingSandbox, recording: Record, path: Path) -> None:
    """A replay depends on no setting: clients of your own work as well, with a result behind a URL."""
    with recording() as cassette, cassette.sync_client(**server_options(sandbox)) as client:
        image = client.text_to_image("a red fox")
    for base_url in ("https://api.vyro.ai", "http://127.0.0.1:1"):
        with Cassette(path) as cassette:
            with Imagine("vk-any", base_url=base_url, http_client=cassette.http_client()) as client:
                assert client.text_to_image("a red fox").content == image.content


def test_calls_belong_into_the_block(path: Path) -> None:
    """Before and after its block, a cassette answers nothing."""
    cassette = Cassette(path, mode="all")
    with cassette.sync_client(api_key="vk-any") as client:
        with pytest.raises(ConfigurationError, match="is closed"):
            client.text_to_image("a red fox")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "sometimes"}, "mode='sometimes': pass one of 'none', 'once', 'new', 'all'"),
        ({"ignore": "seed"}, "ignore='seed': pass a list"),
        ({"redact": "prompt"}, "redact='prompt': pass a list"),
    ],
)
def test_options_out_of_range(options: dict[str, Any], message: str) -> None:
    """A wrong option is named."""
    with pytest.raises(ConfigurationError, match=message):
        Cassette("fox.json", **options)


def test_files_are_readable(sandbox: TestingSandbox, recording: Record, path: Path) -> None:
    """The file is JSON with one line for each value, and bodies have suffixes that programs know."""
    with recording() as cassette, cassette.sync_client(**server_options(sandbox)) as client:
        work(client)
    data = json.loads(path.read_text("utf-8"))
    assert data["format"] == "imagine-cassette/1"
    names = [reply["body"] for call in data["calls"] for reply in call["replies"]]
    assert {Path(name).suffix for name in names} == {".json", ".jpg", ".png", ".mp4"}
    assert sorted(set(names)) == sorted(each.name for each in (path.parent / "bodies").iterdir())
