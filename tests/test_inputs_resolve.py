"""Pictures that are not at hand when a request is made: URLs and async streams, read before the call is sent."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.errors import DownloadError, InvalidRequestError, TransportError, UnsafeUrlError
from imagine_async.inputs import BytesSource, Fetch, FileSource, Source, StreamSource, UrlSource, as_source, resolve
from imagine_async.inputs.unresolved import AnySource
from imagine_async.requests import GenerativeFill, Upscale
from tests.pictures import variety

PNG = variety("png")
LARGE = PNG.ljust(3 * 1024 * 1024, b"\x07")
URL = "https://example.com/fox.png?signature=secret"


async def pieces_of(content: bytes, length: int = 100_000) -> AsyncGenerator[bytes, None]:
    for start in range(0, len(content), length):
        await anyio.lowlevel.checkpoint()
        yield content[start : start + length]


def fetch_of(content: bytes | Exception, seen: list[str] | None = None) -> Fetch:
    """Fetch as the transport does: an async context manager around the pieces."""

    @contextlib.asynccontextmanager
    async def fetch(url: str) -> AsyncIterator[AsyncIterator[bytes]]:
        if seen is not None:
            seen.append(url)
        if isinstance(content, Exception):
            raise content
        async with contextlib.aclosing(pieces_of(content)) as pieces:
            yield pieces

    return fetch


nothing_fetched = fetch_of(AssertionError("nothing is to be fetched"))


async def body(source: Source) -> bytes:
    return b"".join([piece async for piece in source.pieces()])


def stream(pieces: AsyncIterator[Any] | Any, name: str = "image") -> StreamSource:
    source = as_source(pieces, name)
    assert isinstance(source, StreamSource)
    return source


class Iterable_:  # noqa: N801 - beside the ABC
    """Can be iterated over, and is no iterator."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __aiter__(self) -> AsyncIterator[bytes]:
        return pieces_of(self._content, 999)


class Upload:
    """An upload of a web framework: `read` is async."""

    def __init__(self, content: bytes) -> None:
        self._file = BytesIO(content)

    async def read(self, size: int) -> bytes:
        await anyio.lowlevel.checkpoint()
        return self._file.read(size)


STREAMS: dict[str, Callable[[bytes], Any]] = {
    "generator": pieces_of,
    "iterable": Iterable_,
    "upload": Upload,
    "buffers": lambda content: mapped(memoryview, content),
}


async def mapped(kind: Callable[[bytes], Any], content: bytes) -> AsyncIterator[Any]:
    async with contextlib.aclosing(pieces_of(content)) as pieces:
        async for piece in pieces:
            yield kind(piece)


@pytest.mark.anyio
@pytest.mark.parametrize("content", [PNG, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("form", STREAMS.values(), ids=STREAMS)
async def test_stream_is_sent_whole_any_number_of_times(form: Callable[[bytes], Any], content: bytes) -> None:
    """A stream is read once, and sent byte for byte, also when its request is resolved again."""
    source = stream(form(content))
    resolved = await resolve(source, nothing_fetched)
    assert isinstance(resolved, BytesSource if content is PNG else FileSource)
    assert (await body(resolved), await body(resolved)) == (content, content)
    assert await resolve(source, nothing_fetched) is resolved


@pytest.mark.anyio
async def test_async_file_is_read_from_where_it_stands(tmp_path: Path) -> None:
    """An async file is sent from its position, and stays open."""
    path = tmp_path / "mixed"
    path.write_bytes(b"front" + LARGE)
    async with await anyio.open_file(path, "rb") as file:
        await file.read(5)
        assert await body(await resolve(stream(file), nothing_fetched)) == LARGE
        assert not file.closed


@pytest.mark.anyio
async def test_receive_stream_stays_open() -> None:
    """A stream object of the caller's is read, and not closed."""
    send, receive = anyio.create_memory_object_stream[bytes](1)
    async with receive:
        async with send:
            await send.send(PNG)
        await resolve(stream(receive), nothing_fetched)
        assert receive.statistics().open_receive_streams == 1


@pytest.mark.anyio
async def test_url_is_fetched_each_time() -> None:
    """A URL is asked for its content whenever its request is sent, with its query."""
    seen: list[str] = []
    source = as_source(URL, "image")
    assert isinstance(source, UrlSource)
    for content in (PNG, LARGE):
        assert await body(await resolve(source, fetch_of(content, seen))) == content
    assert seen == [URL, URL]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "problem",
    [
        DownloadError("example.com answered with status 404", url=URL, status=404),
        UnsafeUrlError("example.com leads to a private address", url=URL),
        TransportError("the network failed"),
    ],
)
async def test_url_that_cannot_be_had_names_the_field(problem: DownloadError | TransportError) -> None:
    """A URL that fails is refused by its field, without its query, and with the cause."""
    source = UrlSource(URL, "mask")
    with pytest.raises(InvalidRequestError) as caught:
        await resolve(source, fetch_of(problem))
    assert caught.value.__cause__ is problem
    assert str(caught.value) == (
        f"mask='https://example.com/fox.png': the picture could not be fetched: {problem.message}"
    )


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"<!doctype html>" * 9, "begins like a web page"),
        (b"", "nothing came"),
        (b"fox", "no JPEG"),
        (PNG[:20], "no JPEG"),
        (LARGE, "larger than 2000000 bytes"),
    ],
)
@pytest.mark.parametrize("kind", ["url", "stream"])
async def test_what_is_no_picture_is_refused(kind: str, content: bytes, advice: str) -> None:
    """What comes is looked at and counted, and refused by the field's name."""
    source = UrlSource(URL, "mask") if kind == "url" else stream(pieces_of(content), "mask")
    with pytest.raises(InvalidRequestError, match=advice) as caught:
        await resolve(source, fetch_of(content), max_bytes=2_000_000)
    assert caught.value.field == "mask"
    assert "secret" not in str(caught.value)


@pytest.mark.anyio
@pytest.mark.parametrize("form", [lambda: mapped(repr, PNG), lambda: mapped(lambda _: None, PNG)])
async def test_stream_of_no_bytes_is_refused(form: Callable[[], Any]) -> None:
    """A stream of texts, or of nothing, is refused with what it gave."""
    with pytest.raises(InvalidRequestError, match="it must give bytes, and gave (str|NoneType)"):
        await resolve(stream(form()), nothing_fetched)


async def breaking(problem: Exception) -> AsyncIterator[bytes]:
    yield PNG
    raise problem


@pytest.mark.anyio
@pytest.mark.parametrize("problem", [OSError("the line is dead"), KeyError("key"), ValueError()])
async def test_stream_that_fails_is_refused_for_good(problem: Exception) -> None:
    """A stream that fails half-way names its field and its cause, and is never sent in part later."""
    source = stream(breaking(problem), "mask")
    with pytest.raises(InvalidRequestError, match="the stream failed") as caught:
        await resolve(source, nothing_fetched)
    assert (caught.value.field, caught.value.__cause__) == ("mask", problem)
    with pytest.raises(InvalidRequestError, match="the stream failed") as again:
        await resolve(source, nothing_fetched)
    assert str(again.value) == str(caught.value)


@pytest.mark.anyio
async def test_stream_that_was_read_already_is_told_so() -> None:
    """The same iterator in a second request is at its end; the error says why."""
    pieces = pieces_of(PNG)
    await resolve(stream(pieces), nothing_fetched)
    with pytest.raises(InvalidRequestError, match="may have been read before"):
        await resolve(stream(pieces), nothing_fetched)


class Gate:
    """A stream that waits in the middle until it is let go on."""

    def __init__(self) -> None:
        self.waiting, self.open, self.ended = anyio.Event(), anyio.Event(), False

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            yield PNG[:100]
            self.waiting.set()
            await self.open.wait()
            yield PNG[100:]
        finally:
            self.ended = True


@pytest.mark.anyio
async def test_tasks_that_share_a_stream_get_the_same() -> None:
    """Tasks that send one request at once wait for the one that reads, and all get its source."""
    gate, got = Gate(), list[Source]()
    source = stream(gate.pieces())

    async def ask() -> None:
        got.append(await resolve(source, nothing_fetched))

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(ask)
        await gate.waiting.wait()
        await anyio.wait_all_tasks_blocked()
        assert got == []
        gate.open.set()
    assert [await body(each) for each in got] == [PNG] * 5
    assert len({id(each) for each in got}) == 1


@pytest.mark.anyio
async def test_cancelled_reading_is_never_taken_for_the_whole() -> None:
    """Where the reading task is cancelled, the stream is closed, and tasks that wait or come later get an error."""
    gate, errors = Gate(), list[InvalidRequestError]()
    source = stream(gate.pieces(), "mask")

    async def ask_too() -> None:
        try:
            await resolve(source, nothing_fetched)
        except InvalidRequestError as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as reading:
                reading.start_soon(resolve, source, nothing_fetched)
                await gate.waiting.wait()
                tasks.start_soon(ask_too)
                await anyio.wait_all_tasks_blocked()
                scope.cancel()
    await ask_too()
    assert gate.ended
    assert [error.advice for error in errors] == [
        "an earlier call ended while it was read, and it can be read but once; pass a new one"
    ] * 2
    assert errors[0].field == "mask"


@pytest.mark.anyio
async def test_waiting_for_a_stream_can_be_cancelled() -> None:
    """A task that gives up waiting takes nothing from the one that reads."""
    gate = Gate()
    source, got = stream(gate.pieces()), list[Source]()

    async def ask() -> None:
        got.append(await resolve(source, nothing_fetched))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await gate.waiting.wait()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await resolve(source, nothing_fetched)
        assert scope.cancelled_caught
        gate.open.set()
    assert await body(got[0]) == PNG


@pytest.mark.parametrize("other", ["asyncio", "trio"])
@pytest.mark.anyio
async def test_other_event_loop_gets_the_same(other: str) -> None:
    """A task in another thread's event loop waits for the stream as well, and gets what was read."""
    gate = Gate()
    source, got, asked = stream(gate.pieces()), list[Source](), threading.Event()

    async def ask() -> None:
        got.append(await resolve(source, nothing_fetched))

    async def ask_elsewhere() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            asked.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await gate.waiting.wait()
        tasks.start_soon(anyio.to_thread.run_sync, lambda: anyio.run(ask_elsewhere, backend=other))
        await anyio.to_thread.run_sync(asked.wait)
        gate.open.set()
    assert [each.read() for each in got] == [PNG, PNG]
    assert got[0] is got[1]


@pytest.mark.anyio
async def test_refused_stream_is_closed() -> None:
    """A generator that is not read to its end is ended there and then."""
    gate = Gate()
    source = stream(gate.pieces())
    with pytest.raises(InvalidRequestError, match="larger than 5 bytes"):
        await resolve(source, nothing_fetched, max_bytes=5)
    assert gate.ended


@pytest.mark.anyio
async def test_disk_is_written_off_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is spooled to disk does not block the event loop."""
    threads = list[int]()
    ordinary = anyio.to_thread.run_sync

    async def noted(call: Callable[..., Any], *args: Any) -> Any:
        threads.append(await ordinary(threading.get_ident))
        return await ordinary(call, *args)

    monkeypatch.setattr(anyio.to_thread, "run_sync", noted)
    await resolve(stream(pieces_of(LARGE)), nothing_fetched)
    assert len(threads) == 3
    assert threading.get_ident() not in threads


def test_nothing_is_read_where_a_request_is_made() -> None:
    """A request may be made of URLs and streams outside of any event loop; they are not touched."""
    request = GenerativeFill(prompt="a fox", image=URL, mask=pieces_of(PNG))
    assert [name for name, _ in request.unresolved()] == ["image", "mask"]
    for shown in (repr(request), str(request)):
        assert "secret" not in shown
        assert "StreamSource(iterator=<async_generator>, name='mask')" in shown


def test_streams_are_themselves_only() -> None:
    """Two streams are never equal; two sources of one URL are."""
    pieces = Iterable_(PNG)
    assert stream(pieces) != stream(pieces)
    assert UrlSource(URL) == UrlSource(URL, "mask")
    assert len({UrlSource(URL), UrlSource(URL), stream(pieces)}) == 2


def test_source_passes_through_requests() -> None:
    """A source that is not read yet is taken as it is by another request."""
    first = Upscale(image=pieces_of(PNG))
    assert Upscale(image=first.image).image is first.image


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 600_000), max_size=6), st.sampled_from(["asyncio", "trio"]))
def test_any_pieces_arrive_whole(lengths: list[int], backend: str) -> None:
    """In whatever pieces a stream comes, empty ones too, what is sent are its bytes."""
    pieces = [PNG, *(bytes([7]) * length for length in lengths), b""]

    async def give(each: Iterable[bytes]) -> AsyncIterator[bytes]:
        for piece in each:
            yield piece

    async def run() -> bytes:
        source: AnySource = stream(give(pieces))
        assert isinstance(source, StreamSource)
        return await body(await resolve(source, nothing_fetched))

    assert anyio.run(run, backend=backend) == b"".join(pieces)
