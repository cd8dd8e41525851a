"""The cache: what was made is not paid for again, and whatever happens to its folder, no call fails of it."""

from __future__ import annotations

import asyncio
import errno
import logging
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from imagine_async import AsyncImagine, Imagine
from imagine_async.call import Call, Result
from imagine_async.errors import ConfigurationError, ImagineError, InvalidRequestError, ServerError
from imagine_async.files import write_whole
from imagine_async.middleware import cache_files
from imagine_async.middleware.cache import Cache
from imagine_async.middleware.request_key import request_key
from imagine_async.middleware.single_flight import SingleFlight
from imagine_async.requests import AiBackground, TextToImage, Upscale
from imagine_async.requests_v1 import V1Generations
from imagine_async.results import Image
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from imagine_async.video import VideoJob
from tests.flat_engine import FlatEngine
from tests.pictures import encode, made_image, variety

FOX = TextToImage(prompt="a red fox", style="anime", seed=7)


def new_call(request: Any = FOX, **facts: Any) -> Call:
    return Call(request=request, deadline=1e12, **facts)


class Server:
    """Stands for everything below: makes another picture for each call that comes through."""

    def __init__(self, *answers: Result | ImagineError) -> None:
        self.calls: list[Call] = []
        self._answers = iter(answers)

    async def __call__(self, call: Call) -> Result:
        self.calls.append(call)
        answer = next(self._answers, None)
        if isinstance(answer, ImagineError):
            raise answer
        content = encode("PNG", size=(20 + len(self.calls), 20))
        return answer or made_image(content, request=call.request, call_id=call.id, tokens=5.0, elapsed=3.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Name a folder that does not exist yet."""
    return tmp_path / "cache" / "pictures"


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return the warnings so far."""

    def found() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]

    return found


async def ask(cache: Cache, server: Server, request: Any = FOX, **facts: Any) -> Image:
    image = await cache.around_call(new_call(request, **facts), server)
    assert isinstance(image, Image)
    return image


def files_in(folder: Path) -> dict[str, Path]:
    return {path.suffix: path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.anyio
async def test_second_call_is_not_made(folder: Path) -> None:
    """An identical call gets the same bytes for nothing, under its own id, after its own time, marked as cached."""
    cache, server = Cache(folder), Server()
    first = await ask(cache, server)
    call = new_call(TextToImage(prompt="a red fox", style="anime", seed=7))
    second = await cache.around_call(call, server)
    assert isinstance(second, Image)
    assert len(server.calls) == 1
    assert (second.content, second.format, second.width, second.height) == (first.content, "png", 21, 20)
    assert (second.tokens, second.attempts, second.cached, call.tokens) == (0.0, 0, True, 0.0)
    assert (second.call_id, second.seed, second.elapsed < 3) == (call.id, 7, True)
    assert second.request is call.request
    assert (first.tokens, first.attempts, first.cached) == (5.0, 1, False)


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["png", "jpeg", "webp", "gif", "avif"])
async def test_every_format_is_kept(name: str, folder: Path) -> None:
    """A picture of any format comes back byte for byte, from a file whose suffix fits it, also for another process."""
    made = made_image(variety(name))
    await ask(Cache(folder), Server(made))
    again = await ask(Cache(folder), server := Server())
    assert (again.content, again.format, server.calls) == (made.content, name, [])
    assert files_in(folder)[made.suffix].read_bytes() == made.content


@pytest.mark.anyio
async def test_files_are_named_by_the_key_and_tell_no_prompt(folder: Path) -> None:
    """Picture and facts lie under the key, in folders for their owner alone; the facts hold neither prompt nor id."""
    image = await ask(Cache(folder), Server(), TextToImage(prompt="a secret", seed=7))
    key = await request_key(TextToImage(prompt="a secret", seed=7))
    place = folder / key[:2]
    assert sorted(place.iterdir()) == [place / f"{key}.json", place / f"{key}.png"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, place)} == {0o700}
    facts = (place / f"{key}.json").read_text()
    assert image.digest in facts
    assert "secret" not in facts
    assert image.call_id not in facts


NOT_KEPT: dict[str, dict[str, Any]] = {
    "seed that the SDK chose": {"seed_chosen": True},
    "no seed": {"request": TextToImage(prompt="a fox")},
    "no seed possible": {"request": Upscale(image=variety("png"))},
}


@pytest.mark.anyio
@pytest.mark.parametrize("facts", NOT_KEPT.values(), ids=NOT_KEPT)
async def test_call_without_a_seed_of_its_own_is_made_each_time(facts: dict[str, Any], folder: Path) -> None:
    """Where the caller named no seed, another picture is wanted each time, and nothing is written."""
    cache, server = Cache(folder), Server()
    first, second = [await ask(cache, server, **facts) for _ in range(2)]
    assert (len(server.calls), first.cached, second.cached) == (2, False, False)
    assert not folder.exists()


@pytest.mark.anyio
async def test_other_requests_and_accounts_are_kept_apart(folder: Path) -> None:
    """Another seed, another call of the API or another account is another picture."""
    server = Server()
    requests = [FOX, TextToImage(prompt="a red fox", style="anime", seed=8)]
    requests_of_v1 = [V1Generations(prompt="a red fox", style_id=29, seed=7)]
    for _ in range(2):
        for account in ("", "another"):
            for request in (*requests, *requests_of_v1):
                await ask(Cache(folder, account=account), server, request)
    assert len(server.calls) == 6


@pytest.mark.anyio
async def test_picture_that_is_sent_counts(tmp_path: Path, folder: Path) -> None:
    """The cache finds a call by the bytes that it sends, and refuses a file that was changed since."""
    cache, server, product = Cache(folder), Server(), tmp_path / "product.png"
    product.write_bytes(variety("png-alpha"))
    request = AiBackground(image=product, prompt="a table", seed=3)
    await ask(cache, server, request)
    assert (await ask(cache, server, AiBackground(image=variety("png-alpha"), prompt="a table", seed=3))).cached
    product.write_bytes(variety("png"))
    with pytest.raises(InvalidRequestError, match="changed"):
        await ask(cache, server, request)
    await ask(cache, server, AiBackground(image=product, prompt="a table", seed=3))
    assert len(server.calls) == 2


@pytest.mark.anyio
async def test_failure_is_not_kept(folder: Path) -> None:
    """A call that fails fails as without a cache, and the next one is made."""
    cache, server = Cache(folder), Server(error := ServerError("broke", status=500))
    with pytest.raises(ServerError) as caught:
        await ask(cache, server)
    assert caught.value is error
    assert not folder.exists()
    assert not (await ask(cache, server)).cached


@pytest.mark.anyio
async def test_what_comes_from_another_call_is_not_kept_twice(folder: Path) -> None:
    """A picture that a step below shared or kept is passed on as it is, as is a result that is no picture."""
    answers: list[Result] = [made_image(cached=True), VideoJob(id="job-1")]
    cache, server = Cache(folder), Server(*answers)
    assert [await cache.around_call(new_call(), server) for _ in range(2)] == answers
    assert not folder.exists()


def writing_that(raises: OSError) -> Callable[..., None]:
    def write_whole(*_: object, **__: object) -> None:
        raise raises

    return write_whole


def full_disk() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.anyio
async def test_full_disk_costs_a_warning(
    folder: Path, monkeypatch: pytest.MonkeyPatch, warnings: Callable[[], list[str]]
) -> None:
    """What cannot be written is given to its caller all the same, with one warning for each kind of problem."""
    cache, server = Cache(folder), Server()
    monkeypatch.setattr(cache_files, "write_whole", writing_that(full_disk()))
    assert [(await ask(cache, server)).cached for _ in range(3)] == [False] * 3
    monkeypatch.setattr(cache_files, "write_whole", writing_that(OSError(errno.EROFS, "Read-only file system")))
    assert [(await ask(cache, server)).cached for _ in range(2)] == [False] * 2
    assert len(server.calls) == 5
    first, second = warnings()
    assert str(folder) in first
    assert "cannot be written to: [Errno 28] No space left on device; calls go on without it" in first
    assert "Read-only" in second
    assert files_in(folder) == {}


@pytest.mark.anyio
async def test_disk_that_fills_up_between_two_files_leaves_neither(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When there is room for the picture and none for its facts, the picture is taken away again."""

    def write_pictures_only(target: Path, pieces: list[bytes], **_: object) -> None:
        if target.suffix == ".json":
            raise full_disk()
        target.write_bytes(pieces[0])

    monkeypatch.setattr(cache_files, "write_whole", write_pictures_only)
    assert not (await ask(Cache(folder), Server())).cached
    assert files_in(folder) == {}


@pytest.mark.anyio
async def test_folder_that_is_a_file_costs_a_warning(tmp_path: Path, warnings: Callable[[], list[str]]) -> None:
    """A folder that cannot be one is no reason to fail."""
    (tmp_path / "cache").write_text("a file")
    cache, server = Cache(tmp_path / "cache"), Server()
    assert [(await ask(cache, server)).cached for _ in range(2)] == [False] * 2
    assert len(warnings()) == 1


@pytest.mark.anyio
async def test_folder_that_was_deleted_is_made_again(folder: Path, warnings: Callable[[], list[str]]) -> None:
    """When somebody deletes the folder, its pictures are made once more and kept."""
    cache, server = Cache(folder), Server()
    await ask(cache, server)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
    assert [(await ask(cache, server)).cached for _ in range(2)] == [False, True]
    assert warnings() == []


@pytest.mark.anyio
async def test_folder_that_cannot_be_read_for_the_moment_keeps_its_pictures(
    folder: Path, monkeypatch: pytest.MonkeyPatch, warnings: Callable[[], list[str]]
) -> None:
    """Where reading and writing fail for a while, calls are made, and what was kept before is there afterwards."""
    cache, server = Cache(folder), Server()
    first = await ask(cache, server)
    with monkeypatch.context() as patch:
        problem = OSError(errno.EMFILE, "Too many open files")
        patch.setattr(Path, "read_bytes", writing_that(problem))
        patch.setattr(cache_files, "write_whole", writing_that(problem))
        assert not (await ask(cache, server)).cached
    again = await ask(cache, server)
    assert (again.cached, again.content) == (True, first.content)
    assert [warning.partition(": ")[0].partition(" cannot ")[2] for warning in warnings()] == [
        "be read",
        "be written to",
    ]


class SlowDisk:
    """Takes its time over each file, until it is told to go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entered, self.go_on = threading.Event(), threading.Event()
        self._write = write_whole
        monkeypatch.setattr(cache_files, "write_whole", self)

    def __call__(self, *arguments: Any, **options: Any) -> None:
        self.entered.set()
        assert self.go_on.wait(20)
        self._write(*arguments, **options)


@pytest.mark.anyio
async def test_cancellation_while_storing_loses_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is cancelled while its picture is written has its result, and the picture is kept whole."""
    cache, server, disk, results = Cache(folder), Server(), SlowDisk(monkeypatch), list[Image]()

    async def one() -> None:
        results.append(await ask(cache, server))

    async with anyio.create_task_group() as group:
        group.start_soon(one)
        await anyio.to_thread.run_sync(disk.entered.wait)
        group.cancel_scope.cancel()
        disk.go_on.set()
    again = await ask(cache, server)
    assert (again.cached, again.content) == (True, results[0].content)


@pytest.mark.anyio
async def test_result_comes_although_the_disk_hangs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, warnings: Callable[[], list[str]]
) -> None:
    """A disk that hangs is not waited for for long; what it writes in the end is found later."""
    monkeypatch.setattr("imagine_async.middleware.cache._STORE_SECONDS", 0.01)
    cache, server, disk = Cache(folder), Server(), SlowDisk(monkeypatch)
    first = await ask(cache, server)
    assert not first.cached
    assert "not done within 0.01 s" in warnings()[0]
    disk.go_on.set()
    with anyio.fail_after(20):
        while len(files_in(folder)) < 2 or list(folder.rglob("*.part")):
            await anyio.sleep(0.01)
    assert (await ask(cache, server)).content == first.content


@pytest.mark.anyio
async def test_deadline_holds_while_the_disk_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is cancelled while the folder hangs ends at once, unsent."""
    cache, server, go_on = Cache(folder), Server(), threading.Event()
    monkeypatch.setattr(cache._folder, "load", lambda *_, **__: go_on.wait(20))
    with anyio.move_on_after(0.05) as scope:
        await ask(cache, server)
    go_on.set()
    assert (scope.cancelled_caught, server.calls) == (True, [])


def test_task_that_is_cancelled_without_anyio_leaves_a_whole_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asyncio's own cancellation knows no shield: the call ends, and what it was about to keep is kept."""
    cache, server, disk = Cache(folder), Server(), SlowDisk(monkeypatch)

    async def run() -> None:
        task = asyncio.ensure_future(ask(cache, server))
        await anyio.to_thread.run_sync(disk.entered.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        disk.go_on.set()
        with anyio.fail_after(20):
            while ".json" not in files_in(folder):
                await anyio.sleep(0.01)
        assert (await ask(cache, server)).cached

    asyncio.run(run())


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    ("", {}, "folder=''"),
    (None, {}, "folder=None"),
    ("~nobody-has-this-name/cache", {}, "folder='~nobody"),
    ("cache", {"max_bytes": 0}, "max_bytes=0: pass a whole number"),
    ("cache", {"max_bytes": True}, "max_bytes=True"),
    ("cache", {"max_bytes": 1.5}, "max_bytes=1.5"),
    ("cache", {"account": None}, "account=None: pass a text"),
]


@pytest.mark.parametrize(("folder", "options", "message"), REFUSED)
def test_arguments_out_of_range_are_refused(folder: Any, options: dict[str, Any], message: str) -> None:
    """What is no folder, no number of bytes or no name is refused at once, by its name and value."""
    with pytest.raises(ConfigurationError) as caught:
        Cache(folder, **options)
    assert message in str(caught.value)


@pytest.mark.anyio
async def test_folder_is_found_from_home_and_stays_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the home folder, and a relative folder stays the same when the program goes elsewhere."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    caches = [Cache("~/at-home"), Cache("here")]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for cache in caches:
        await ask(cache, Server())
    assert {path.name for path in tmp_path.iterdir()} == {"at-home", "here", "elsewhere"}


@pytest.fixture
def engine() -> FlatEngine:
    """Count what is painted."""
    return FlatEngine()


@pytest.fixture
def sandbox(engine: FlatEngine) -> Iterator[RunningSandbox]:
    """Run a sandbox on a port."""
    with running_sandbox(SandboxSettings(side=16), engine=engine) as sandbox:
        yield sandbox


@pytest.mark.anyio
async def test_server_makes_it_once(sandbox: RunningSandbox, folder: Path) -> None:
    """A call that the cache knows is on no book, neither the server's nor the client's, and no budget refuses it."""
    events: list[tuple[str, float | None]] = []
    where: dict[str, Any] = {"base_url": sandbox.base_url, "middleware": [SingleFlight(), Cache(folder)], "budget": 5}
    for _ in range(2):
        async with AsyncImagine(sandbox.key, **where) as client:
            images = [await client.text_to_image("a red fox", style="anime", seed=7) for _ in range(3)]
            usage = await client.usage()
        (account,) = sandbox.books()["accounts"]
        assert (account["calls"], account["tokens"]) == (1, 5)
        assert len({image.content for image in images}) == 1
    assert (usage.calls, usage.tokens, [image.cached for image in images]) == (0, 0, [True] * 3)
    async with AsyncImagine(
        sandbox.key, **where, observers=[lambda event: events.append((event.kind, event.tokens))]
    ) as client:
        await client.text_to_image("a red fox", style="anime", seed=7)
    assert events == [("finished", 0.0)]


def test_server_makes_it_once_for_the_sync_client(sandbox: RunningSandbox, engine: FlatEngine, folder: Path) -> None:
    """So it is with the sync client, whose calls that name no seed are made as ever."""
    with Imagine(sandbox.key, base_url=sandbox.base_url, middleware=[Cache(folder)]) as client:
        images = [client.text_to_image("a red fox", style="anime", seed=7) for _ in range(3)]
        assert [image.cached for image in images] == [False, True, True]
        assert client.usage().calls == len(engine.calls) == 1
        assert not any(client.text_to_image("a red fox").cached for _ in range(2))
    assert len(engine.calls) == 3
    assert time.time() - max(path.stat().st_mtime for path in files_in(folder).values()) < 60
