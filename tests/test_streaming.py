"""Large results that go to disk as they come: what is kept where, every failure, and the memory that it takes."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import define, field

from imagine_async import NO_RETRY, AsyncImagine, Image, Middleware, TextToImage, errors
from imagine_async.call import Call, Handler, Result
from imagine_async.errors import ImagineError, Outcome, ResultStorageError
from imagine_async.middleware.single_flight import SingleFlight
from imagine_async.requests import VideoStatus
from imagine_async.spool import Spool
from imagine_async.transport.gathering import MEMORY_BYTES
from tests.clocks import HurriedClock
from tests.samples import padded_png
from tests.scripted_server import Behaviour, ScriptedServer, answering, read_request, reply, scripted_server
from tests.spooling import spooling

anyio_too = pytest.mark.anyio
LARGE = padded_png(1_000_000)
AS_JSON = "Content-Type: application/json\r\n"
REQUEST = TextToImage(prompt="a fox", seed=7)


@define
class Spools:
    """Makes spools, and remembers them."""

    made: list[Spool] = field(factory=list)

    def __call__(self) -> Spool:
        self.made.append(Spool())
        return self.made[-1]

    @property
    def are_closed(self) -> bool:
        """Whether nothing is left of all that were made."""
        return all(is_closed(spool) for spool in self.made)


def is_closed(spool: Spool) -> bool:
    """Tell whether a spool's file is closed."""
    return spool._file.stream.closed


async def asked(
    server: ScriptedServer, make_spool: Callable[[], Spool] | None, request: Any = REQUEST, **options: Any
) -> Any:
    """Make a call whose large result goes to disk."""
    settings = {"rate_limit": None, "retry": NO_RETRY, "clock": HurriedClock(), **options}
    async with AsyncImagine("vk-secret", base_url=server.url, **settings) as client:
        return await spooling(client, make_spool).send(request)


async def image_from(*behaviours: Behaviour, **options: Any) -> tuple[Image, Spools]:
    """Make a call against a server that behaves so."""
    spools = Spools()
    with scripted_server(*behaviours) as server:
        image = await asked(server, spools, **options)
    assert isinstance(image, Image)
    return image, spools


def holds(image: Image, content: bytes) -> bool:
    """Tell whether these are the image's bytes, by all that it says of them; a failure then shows no megabyte."""
    digest = hashlib.sha256(content).hexdigest()
    return (image.content == content, image.size, image.digest) == (True, len(content), digest)


async def failure_from(*behaviours: Behaviour, make_spool: Any = None, **options: Any) -> ImagineError:
    """Make a call that has to fail."""
    with scripted_server(*behaviours) as server, pytest.raises(ImagineError) as caught:
        await asked(server, make_spool, **options)
    return caught.value


def as_json(**members: Any) -> bytes:
    """Build a reply in JSON."""
    return reply(json.dumps(members).encode(), headers=AS_JSON)


@anyio_too
@pytest.mark.parametrize("size", [1000, MEMORY_BYTES, MEMORY_BYTES + 1, 1_000_000, 3_000_000])
async def test_large_pictures_go_to_disk(size: int) -> None:
    """A picture beyond the bound lies on a spool, all others in memory; its bytes and facts are the same."""
    content = padded_png(size)
    image, spools = await image_from(answering(reply(content)))
    assert isinstance(image.body, Spool) == (size > MEMORY_BYTES) == bool(spools.made)
    assert (image.format, image.width, image.height, image.seed, image.attempts) == ("png", 16, 16, 7, 1)
    assert holds(image, content)


@anyio_too
async def test_nothing_goes_to_disk_unasked() -> None:
    """Without a maker of spools every result comes in memory, whatever its size."""
    with scripted_server(answering(reply(LARGE))) as server:
        image = await asked(server, None)
    assert isinstance(image.body, bytes)
    assert holds(image, LARGE)


@anyio_too
async def test_a_reply_without_a_length_goes_to_disk() -> None:
    """A reply in chunks, whose length nobody knows before, is treated like any other."""

    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for at in range(0, len(LARGE), 70_000):
            piece = LARGE[at : at + 70_000]
            connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")

    image, _ = await image_from(behave)
    assert isinstance(image.body, Spool)
    assert holds(image, LARGE)


@anyio_too
@pytest.mark.parametrize("size", [1000, 1_000_000])
async def test_pictures_within_json(size: int) -> None:
    """A large picture in base64 lies on a spool, and the reply that held it nowhere; a small one is in memory."""
    content = padded_png(size)
    image, spools = await image_from(answering(as_json(image=base64.b64encode(content).decode())))
    assert holds(image, content)
    assert isinstance(image.body, Spool) == (size > MEMORY_BYTES)
    assert [is_closed(spool) for spool in spools.made] == ([True, False] if size > MEMORY_BYTES else [])


@anyio_too
@pytest.mark.parametrize("size", [1000, 1_000_000])
async def test_pictures_behind_a_url(size: int) -> None:
    """A picture that is fetched goes to disk likewise; a try that came cut leaves nothing."""
    content = padded_png(size)
    spools = Spools()
    with scripted_server(
        lambda connection: answering(as_json(url=f"{server.url}/fox.png"))(connection),
        answering(reply(content[:-50])),
        answering(reply(content)),
    ) as server:
        image = await asked(server, spools)
        assert server.connections == 3
    assert holds(image, content)
    assert [is_closed(spool) for spool in spools.made] == ([True, False] if size > MEMORY_BYTES else [])


LARGE_PAGE = b"<html>" + b" " * 500_000
LARGE_ERROR = json.dumps({"status": "error", "code": 1201, "error": "Busy", "message": "x" * 500_000}).encode()
FAILURES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "cut": (reply(LARGE[:-50]), {}),
    "cut within a header": (reply(b"\x89PNG\r\n\x1a\n" + bytes(500_000)), {}),
    "too large": (reply(LARGE), {"max_reply_bytes": 900_000}),
    "JSON too large": (as_json(image=base64.b64encode(LARGE).decode()), {"max_reply_bytes": 1_200_000}),
    "picture in JSON cut": (as_json(image=base64.b64encode(LARGE[:-50]).decode()), {}),
    "a page": (reply(LARGE_PAGE), {}),
    "an error": (reply(LARGE_ERROR), {}),
    "a connection that breaks": (reply(LARGE[:700_000], length=len(LARGE)), {}),
    "another status": (reply(LARGE_ERROR, status="500 Internal Server Error"), {}),
}


@anyio_too
@pytest.mark.parametrize("kind", FAILURES)
async def test_failures_are_those_of_memory(kind: str) -> None:
    """What fails in memory fails the same on the way to disk, and leaves nothing there."""
    raw, options = FAILURES[kind]
    spools = Spools()
    streamed = await failure_from(answering(raw), make_spool=spools, **options)
    held = await failure_from(answering(raw), make_spool=None, **options)
    assert (type(streamed), streamed.message) == (type(held), held.message)
    assert without_id(streamed) == without_id(held)
    assert spools.are_closed
    assert len(spools.made) == (kind != "another status")


def without_id(error: ImagineError) -> dict[str, Any]:
    """Return what an error holds, but for the call's id."""
    return {name: value for name, value in vars(error).items() if name != "call_id"}


class OnceMore(Middleware):
    """Makes a call that broke once more."""

    async def around_call(self, call: Call, next: Handler) -> Result:
        try:
            return await next(call)
        except errors.DisconnectedError:
            return await next(call)


@anyio_too
async def test_another_attempt_begins_anew() -> None:
    """After a break in the middle of the body, another attempt has a spool of its own."""
    image, spools = await image_from(
        answering(reply(LARGE[:700_000], length=len(LARGE))), answering(reply(LARGE)), middleware=[OnceMore()]
    )
    assert holds(image, LARGE)
    assert image.attempts == 2
    assert [is_closed(spool) for spool in spools.made] == [True, False]


@anyio_too
async def test_a_cancelled_call_leaves_nothing() -> None:
    """A call that is cancelled within the body, after some of it was written, closes its spool, and is no trouble."""
    release = threading.Event()

    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(reply(LARGE[:700_000], length=len(LARGE)))
        release.wait(20)

    spools = Spools()
    with scripted_server(behave, answering(reply(LARGE))) as server:
        async with (
            AsyncImagine("vk-secret", base_url=server.url, rate_limit=None) as client,
            anyio.create_task_group() as group,
        ):
            group.start_soon(lambda: spooling(client, spools).send(REQUEST))
            while not (spools.made and spools.made[0].size > 200_000):
                await anyio.sleep(0.001)
            group.cancel_scope.cancel()
        release.set()
    assert len(spools.made) == 1
    assert spools.are_closed


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put temporary files where no room is left."""
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "TemporaryFile", lambda **_: open("/dev/full", "r+b"))  # noqa: SIM115 - the spool closes it
        yield


RESULTS: dict[str, Callable[[str], bytes]] = {
    "bytes": lambda _: reply(LARGE),
    "json": lambda _: as_json(image=base64.b64encode(LARGE).decode()),
    "url": lambda url: as_json(url=f"{url}/fox.png"),
}


@anyio_too
@pytest.mark.parametrize("kind", RESULTS)
async def test_a_full_disk_is_told(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is an error of its own, after which the call counts as done, and nothing is sent again."""
    with (
        full_disk(monkeypatch),
        scripted_server(
            lambda connection: answering(RESULTS[kind](server.url))(connection), answering(reply(LARGE))
        ) as server,
    ):
        async with AsyncImagine("vk-secret", base_url=server.url, rate_limit=None) as client:
            with pytest.raises(ResultStorageError, match="No space left on device; it was made") as caught:
                await spooling(client, Spool).send(REQUEST)
            assert (await client.usage()).calls == 1
        assert server.connections == (2 if kind == "url" else 1)
    assert caught.value.outcome is Outcome.COMPLETED
    assert caught.value.call_id
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOSPC


@anyio_too
async def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    """Where no spool can be made the error is the same."""
    error = await failure_from(answering(reply(LARGE)), make_spool=lambda: Spool(tmp_path / "gone"))
    assert isinstance(error, ResultStorageError)


@anyio_too
async def test_shared_calls_share_the_spool() -> None:
    """Those who share a call share its picture on disk."""
    spools, images = Spools(), []

    async def ask(client: AsyncImagine) -> None:
        images.append(await spooling(client, spools).send(REQUEST))

    with scripted_server(answering(reply(LARGE))) as server:
        async with AsyncImagine(
            "vk-secret", base_url=server.url, rate_limit=None, middleware=[SingleFlight()]
        ) as client:
            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(ask, client)
    assert len(spools.made) == 1
    assert [holds(image, LARGE) for image in images] == [True] * 3


@anyio_too
async def test_other_calls_are_as_ever() -> None:
    """A reply about a video job is read the same."""
    body = {"status": "success", "video": {"id": "7c9e", "status": "processing", "note": "x" * 500_000}}
    spools = Spools()
    with scripted_server(answering(as_json(**body))) as server:
        job = await asked(server, spools, VideoStatus(video_id="7c9e"))
    assert job.id == "7c9e"
    assert spools.are_closed


def figures(server: ScriptedServer, *arguments: object) -> tuple[int, int]:
    """Make many calls in a process of their own; return its highest memory in bytes before and after."""
    command = [sys.executable, "-m", "tests.streaming_figures", server.url, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    before, after = done.stdout.split()
    return int(before), int(after)


def answering_always(raw: bytes) -> Behaviour:
    """Answer every request of a connection."""

    def behave(connection: socket.socket) -> None:
        while True:
            read_request(connection)
            connection.sendall(raw)

    return behave


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_memory_does_not_grow_with_the_pictures(backend: str) -> None:
    """64 pictures of 8 MB, 16 at a time, add less than 40 MB; held whole, those on the wire alone would be 128 MB."""
    with scripted_server(answering_always(reply(padded_png(8_000_000)))) as server:
        before, after = figures(server, backend, 64, 16)
    assert after - before < 40_000_000


def test_two_hundred_at_a_time_fit_into_little_memory() -> None:
    """Pictures of 1 MB, 200 at a time, leave the whole process below 250 MB."""
    with scripted_server(answering_always(reply(LARGE))) as server:
        _, after = figures(server, "asyncio", 1000, 200)
    assert after < 250_000_000
