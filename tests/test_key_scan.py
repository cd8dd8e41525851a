"""The key is nowhere: real calls that succeed and fail, in every colour, and a search through all that they leave.

Searched are the representations and pickles of clients, results, errors and events, every log record of every logger
from DEBUG on, tracebacks with the local variables of every frame, also of the errors behind an error, and the files
that are written.
"""

from __future__ import annotations

import contextlib
import json
import logging
import pickle
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import anyio
import pytest
from attrs import Factory, define, frozen
from rich.traceback import Traceback

from imagine_async import NO_RETRY, AsyncImagine, Image, Imagine, RetryPolicy, Secret, TextToImage
from imagine_async.config import KEY_VARIABLE
from imagine_async.errors import ConfigurationError
from tests.samples import png_bytes
from tests.scripted_server import Behaviour, answering, read_request, reply, reset, scripted_server

# With signs that URLs and JSON spell otherwise.
KEY = "vk-SCAN+me/0123456789abcdef="
SPELLINGS = {KEY, quote(KEY), quote(KEY, safe=""), quote_plus(KEY), json.dumps(KEY)[1:-1], KEY.replace("/", r"\/")}
# Long enough to be no accident: what an excerpt may keep of a key that was cut.
BEGINNING = KEY[:12]

PNG = png_bytes()


@define
class Evidence:
    """What a call has left behind."""

    objects: list[object] = Factory(list)
    errors: list[BaseException] = Factory(list)
    records: list[logging.LogRecord] = Factory(list)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield everything that somebody might print or store, each with a word for where it was found."""
        for item in (*self.objects, *self.errors):
            yield f"repr of {type(item).__name__}", repr(item)
            yield f"str of {type(item).__name__}", str(item)
            yield f"attributes of {type(item).__name__}", repr(getattr(item, "__dict__", None))
        for record in self.records:
            yield f"log of {record.name}", f"{record.getMessage()} {record.msg!r} {record.args!r} {record.__dict__!r}"
        for error in self.errors:
            for behind in _with_those_behind(error):
                yield f"locals of {behind!r}", _with_locals(behind)
                yield f"rich's locals of {behind!r}", _with_richs_locals(behind)

    def pickles(self) -> Iterator[tuple[str, bytes]]:
        """Yield what can be pickled, for it to travel or be stored."""
        for item in (*self.objects, *self.errors):
            with contextlib.suppress(TypeError, AttributeError, pickle.PicklingError):
                yield f"pickle of {type(item).__name__}", pickle.dumps(item)


def _with_those_behind(error: BaseException | None) -> Iterator[BaseException]:
    if error is not None:
        yield error
        yield from _with_those_behind(error.__cause__)
        if error.__context__ is not error.__cause__:
            yield from _with_those_behind(error.__context__)
        for inner in getattr(error, "exceptions", ()):
            yield from _with_those_behind(inner)


def _with_locals(error: BaseException) -> str:
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename != __file__]
    return "\n".join(f"{name} = {_repr(value)}" for frame in frames for name, value in frame.f_locals.items())


def _repr(value: object) -> str:
    try:
        return repr(value)
    except AttributeError:  # For example of an object whose constructor failed.
        return ""


def _with_richs_locals(error: BaseException) -> str:
    trace = Traceback.extract(
        type(error),
        error,
        error.__traceback__,
        show_locals=True,
        locals_max_length=1000,
        locals_max_string=10_000,
        locals_hide_dunder=False,
        locals_hide_sunder=False,
    )
    frames = [frame for stack in trace.stacks for frame in stack.frames if frame.filename != __file__]
    return "\n".join(f"{name} = {node}" for frame in frames for name, node in (frame.locals or {}).items())


# What the server does.

ECHO_HEADERS = f"X-Echo: Bearer {KEY}\r\nX-Url: /login?key={quote(KEY, safe='')}\r\nSet-Cookie: key={KEY}\r\n"
ECHOES: dict[str, bytes] = {
    "json": json.dumps({"status": "ERROR", "code": 1000, "error": "Invalid", "message": f"wrong key {KEY}"}).encode(),
    "escaped json": json.dumps({"message": [f"Bearer {KEY}", KEY]}).replace("/", r"\/").encode(),
    "html": f"<a href='/?key={quote(KEY, safe='')}'>{KEY}</a>".encode(),
    "long": b"." * 1990 + KEY.encode(),
    "long name": json.dumps({"error": "." * 100 + KEY, "code": KEY, "details": f"{KEY}é"}).encode(),
}


def hang(connection: socket.socket) -> None:
    """Read a request and never answer."""
    read_request(connection)
    connection.recv(1)


def cut(connection: socket.socket) -> None:
    """Answer half, with the key in the half."""
    read_request(connection)
    connection.sendall(reply(KEY.encode(), headers=ECHO_HEADERS, length=5000))


def stall(connection: socket.socket) -> None:
    """Answer half, and no more."""
    read_request(connection)
    connection.sendall(reply(PNG[:20], headers=ECHO_HEADERS, length=5000))
    connection.recv(1)


def read_and_reset(connection: socket.socket) -> None:
    """Read a request and reset the connection."""
    read_request(connection)
    reset(connection)


def nonsense(connection: socket.socket) -> None:
    """Answer with what is no HTTP, key included."""
    read_request(connection)
    connection.sendall(f"{KEY} is wrong\r\n\r\n".encode())


@frozen
class Scene:
    """One way for a call to go.

    Args:
        behaviour: What the server does; `None` for a port at which nobody listens.
        options: The client's options.
        raises: Whether an error is to come out.
        seconds: The time after which the caller gives up; `None` for never.
    """

    behaviour: Behaviour | None = None
    options: dict[str, Any] = Factory(dict)
    raises: bool = True
    seconds: float | None = None


SCENES: dict[str, Scene] = {
    "success": Scene(answering(reply(PNG)), raises=False),
    "success with an echo": Scene(answering(reply(PNG, headers=ECHO_HEADERS)), raises=False),
    "success after another try": Scene(
        answering(reply(ECHOES["long"], status="503 Busy", headers="Retry-After: 0\r\n" + ECHO_HEADERS), reply(PNG)),
        {"retry": RetryPolicy()},
        raises=False,
    ),
    **{
        f"status {status} with an echo in {name}": Scene(
            answering(reply(body, status=f"{status} {KEY}", headers=ECHO_HEADERS))
        )
        for name, body in ECHOES.items()
        for status in (200, 401, 500)
    },
    "redirect": Scene(answering(reply(b"", status="302 Found", headers=f"Location: /?key={KEY}\r\n{ECHO_HEADERS}"))),
    "refused connection": Scene(),
    "broken connection": Scene(read_and_reset),
    "broken reply": Scene(cut),
    "no HTTP": Scene(nonsense),
    "deadline": Scene(hang, {"timeout": 0.2}),
    "deadline within the reply": Scene(stall, {"timeout": 0.2}),
    "too large a reply": Scene(answering(reply(PNG, headers=ECHO_HEADERS)), {"max_reply_bytes": 10}),
    "budget": Scene(answering(reply(PNG)), {"budget": 0, "prices": {"image/generations": 1, "text_to_image": 1}}),
    "bad base URL": Scene(options={"base_url": "https://user:pass@host/v2?x#y"}),
    "bad timeout": Scene(options={"timeout": -1}),
    "bad rate limit": Scene(options={"rate_limit": "often"}),
    "bad number of connections": Scene(options={"max_connections": 0}),
    "bad budget": Scene(options={"budget": "much"}),
    "bad prices": Scene(options={"prices": 5}),
    "cancelled": Scene(hang, seconds=0.2),
    "cancelled within the reply": Scene(stall, seconds=0.2),
}


def options_of(scene: Scene, url: str) -> dict[str, Any]:
    return {"base_url": url, "rate_limit": None, "retry": NO_RETRY, **scene.options}


async def in_async(scene: Scene, key: Key, options: dict[str, Any], evidence: Evidence) -> None:
    """Make a call with the async client."""
    async with AsyncImagine(key(), observers=[evidence.objects.append], **options) as client:
        evidence.objects.append(client)
        with anyio.fail_after(scene.seconds):
            evidence.objects.append(await client.text_to_image("a fox"))


def in_sync(scene: Scene, key: Key, options: dict[str, Any], evidence: Evidence) -> None:
    """Make a call with the sync client; where the scene asks for it, interrupt it as Ctrl-C does."""
    with Imagine(key(), observers=[evidence.objects.append], **options) as client:
        evidence.objects.append(client)
        interrupt = threading.Timer(
            scene.seconds or 0, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT)
        )
        if scene.seconds:
            interrupt.start()
        try:
            evidence.objects.append(client.text_to_image("a fox"))
        finally:
            interrupt.cancel()


def in_bulk(scene: Scene, key: Key, options: dict[str, Any], evidence: Evidence) -> None:
    """Make a call with the sync client's iterator, which hands errors over instead of raising them."""
    with Imagine(key(), **options) as client:
        for request, result in client.generate_many([TextToImage(prompt="a fox")]):
            evidence.objects.append(request)
            if isinstance(result, Exception):
                raise result
            evidence.objects.append(result)


Key = Callable[[], str | Secret | None]
Colour = Callable[[Scene, Key, dict[str, Any], Evidence], None]

COLOURS: dict[str, Colour] = {
    "asyncio": lambda *given: anyio.run(in_async, *given),
    "trio": lambda *given: anyio.run(in_async, *given, backend="trio"),
    "sync": in_sync,
    "bulk": in_bulk,
}
# Functions, so that the key stands in no local variable of anyio's, through which the calls go.
KEYS: dict[str, Key] = {
    "text": lambda: KEY,
    "Secret": lambda: Secret(KEY),
    "environment": lambda: None,
}


@pytest.fixture
def evidence() -> Iterator[Evidence]:
    """Collect every log record of every logger."""
    evidence = Evidence()

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            evidence.records.append(record)

    root, collector = logging.getLogger(), Collector(logging.DEBUG)
    before = root.level
    root.addHandler(collector)
    root.setLevel(logging.DEBUG)
    try:
        yield evidence
    finally:
        root.setLevel(before)
        root.removeHandler(collector)


@contextlib.contextmanager
def serving(behaviour: Behaviour | None) -> Iterator[str]:
    if behaviour is None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        yield url
    else:
        with scripted_server(behaviour) as server:
            yield server.url


def play(scene: Scene, colour: Colour, key: Key, evidence: Evidence) -> None:
    """Play a scene, and see that it went as it was meant to."""
    with serving(scene.behaviour) as url:
        try:
            colour(scene, key, options_of(scene, url), evidence)
        except BaseException as error:
            evidence.errors.append(error)
    assert bool(evidence.errors) == scene.raises, evidence.errors
    assert scene.raises or any(isinstance(item, Image) for item in evidence.objects)


def leaks(evidence: Evidence) -> list[str]:
    """Return where the key was found, spelled in any way."""
    forbidden = {*SPELLINGS, BEGINNING}
    found = [where for where, text in evidence.texts() if any(spelling in text for spelling in forbidden)]
    found += [where for where, data in evidence.pickles() if any(each.encode() in data for each in forbidden)]
    return sorted(set(found))


def _cases() -> Iterator[Any]:
    for name, scene in SCENES.items():
        for colour in COLOURS:
            # What interrupts the sync client is a signal; its iterator is interrupted in the same way.
            if scene.seconds is None or colour != "bulk":
                yield pytest.param(scene, COLOURS[colour], id=f"{name}, {colour}")


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts by POSIX signals")
@pytest.mark.parametrize(("scene", "colour"), list(_cases()))
def test_key_is_nowhere(scene: Scene, colour: Colour, evidence: Evidence) -> None:
    """Whatever becomes of a call, nothing that it leaves behind shows the key."""
    play(scene, colour, KEYS["text"], evidence)
    assert leaks(evidence) == []


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS)
@pytest.mark.parametrize("scene", ["bad timeout", "status 401 with an echo in json"])
def test_key_is_nowhere_wherever_it_came_from(
    scene: str,
    colour: Colour,
    key: Key,
    evidence: Evidence,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A key from the environment or in a `Secret` is no more shown than one that is passed as a text."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    play(SCENES[scene], colour, key, evidence)
    assert leaks(evidence) == []


BREAKING = """
async def write(stream, buffer, timeout=None):
    raise ConnectionResetError(104, "Connection reset by peer")
"""


@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS)
def test_key_of_a_write_that_fails(colour: Colour, evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    """The frames in which the headers were being written, key included, do not come out with the error."""
    functions: dict[str, Any] = {}
    exec(compile(BREAKING, "elsewhere.py", "exec"), functions)
    monkeypatch.setattr("httpcore._backends.anyio.AnyIOStream.write", functions["write"])
    monkeypatch.setattr("imagine_async.transport.asyncio_streams.AsyncioStream.write", functions["write"])
    play(Scene(hang), colour, KEYS["text"], evidence)
    assert any(isinstance(error.__cause__, ConnectionResetError) for error in evidence.errors)
    assert leaks(evidence) == []


def test_key_is_in_no_file(tmp_path: Path, evidence: Evidence) -> None:
    """Neither a picture nor the facts beside it hold the key, not even if the server repeats it."""
    play(SCENES["success with an echo"], in_sync, KEYS["text"], evidence)
    image = next(item for item in evidence.objects if isinstance(item, Image))
    image.save(tmp_path / "fox.png", sidecar=True)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 2
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("client", [AsyncImagine, Imagine])
def test_client_that_was_never_made_can_be_shown(client: type[AsyncImagine] | type[Imagine]) -> None:
    """A traceback with local variables can be made of a constructor's error, although they hold a half-made client."""
    with pytest.raises(ConfigurationError) as caught:
        client(KEY, timeout=-1)
    frames = traceback.walk_tb(caught.value.__traceback__)
    assert KEY not in "".join(traceback.StackSummary.extract(frames, capture_locals=True).format())


# The scan itself has to see a key where there is one.

FAILING = """
def fail(key):
    raise ValueError(len(key))

def fail_behind(key):
    try:
        fail(key)
    except ValueError:
        raise KeyError from None
"""


def test_scan_finds_a_key_in_a_log(evidence: Evidence) -> None:
    """A key in a message or among its arguments is found."""
    logging.getLogger("any").debug("the key is %s", KEY)
    assert leaks(evidence) == ["log of any"]


def test_scan_finds_a_key_in_locals_and_attributes(evidence: Evidence) -> None:
    """A key in a frame, also of an error behind the error, is found, and one in an attribute or a pickle."""
    functions: dict[str, Any] = {}
    exec(compile(FAILING, "elsewhere.py", "exec"), functions)
    for function in (functions["fail"], functions["fail_behind"]):
        try:
            function(KEY)
        except Exception as error:
            evidence.errors[:] = [error]
        assert any("locals of ValueError" in where for where in leaks(evidence))
        assert any("rich's locals of ValueError" in where for where in leaks(evidence))
    shown = ValueError("no")
    vars(shown)["seen"] = quote(KEY, safe="")
    evidence.errors[:] = [shown]
    assert leaks(evidence) == ["attributes of ValueError", "pickle of ValueError"]
