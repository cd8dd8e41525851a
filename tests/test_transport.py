"""The way to the wire, over real sockets: what goes out, what comes back, and what every failure is called."""

from __future__ import annotations

import socket
import ssl
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import anyio
import httpcore
import httpx
import pytest

from imagine_async import (
    NO_RETRY,
    APIError,
    AsyncImagine,
    AuthenticationError,
    ClientClosedError,
    ConnectError,
    DeadlineExceededError,
    DisconnectedError,
    ImagineError,
    InsufficientCreditsError,
    InvalidRequestError,
    Outcome,
    ReplyTooLargeError,
    ServerError,
    TruncatedReplyError,
    UnexpectedReplyError,
)
from imagine_async.transport.http_library import HTTPX
from imagine_async.transport.network import JoiningStream
from tests.samples import jpeg_bytes, png_bytes
from tests.scripted_server import (
    Behaviour,
    answering,
    content_length,
    read_head,
    read_request,
    reply,
    reset,
    scripted_server,
)

pytestmark = pytest.mark.anyio

KEY = "vk-secret0123456789"
PNG = png_bytes()


def client_of(url: str, **options: Any) -> AsyncImagine:
    """Make a client without pacing and resending."""
    return AsyncImagine(KEY, base_url=url, **{"rate_limit": None, "retry": NO_RETRY, **options})


async def failure_of(client: AsyncImagine) -> ImagineError:
    """Make a call that has to fail, and return its error."""
    async with client:
        with pytest.raises(ImagineError) as caught:
            await client.text_to_image("a fox")
    return caught.value


async def failure_with(behaviour: Behaviour, **options: Any) -> ImagineError:
    """Make a call against one behaviour, and return its error."""
    with scripted_server(behaviour) as server:
        return await failure_of(client_of(server.url, **options))


async def test_small_form_leaves_in_one_piece() -> None:
    """Headers and a small form arrive in the first packet, with their length known."""
    packets = []

    def behave(connection: socket.socket) -> None:
        packets.append(connection.recv(1 << 16))
        connection.sendall(reply(PNG))

    with scripted_server(behave) as server:
        async with client_of(server.url) as client:
            await client.text_to_image("a fox")
    head, _, body = packets[0].partition(b"\r\n\r\n")
    assert len(body) == content_length(head)
    assert b'name="prompt"\r\n\r\na fox\r\n' in body


async def test_key_goes_into_the_authorization_header_only() -> None:
    """The key stands once in a request, as a bearer token."""
    heads = []

    def behave(connection: socket.socket) -> None:
        head, body = read_request(connection)
        heads.append((head, body))
        connection.sendall(reply(PNG))

    with scripted_server(behave) as server:
        async with client_of(server.url) as client:
            await client.text_to_image("a fox")
    head, body = heads[0]
    assert head.lower().count(b"authorization: bearer " + KEY.encode()) == 1
    assert (head + body).count(KEY.encode()) == 1


async def test_connection_is_used_again() -> None:
    """Calls one after the other share one connection."""
    with scripted_server(answering(*[reply(PNG)] * 5)) as server:
        async with client_of(server.url) as client:
            for _ in range(5):
                await client.text_to_image("a fox")
    assert server.connections == 1


async def test_connection_that_the_server_closed_is_replaced() -> None:
    """An idle connection that the server closed costs no call: the next one goes out on a new connection."""
    with scripted_server(answering(reply(PNG))) as server:
        async with client_of(server.url) as client:
            await client.text_to_image("a fox")
            await anyio.sleep(0.05)  # the server's end of connection needs a moment on the wire
            await client.text_to_image("a fox")
    assert server.connections == 2


async def test_refused_connection_was_not_sent() -> None:
    """Where nobody listens the error says that nothing was sent, and names no library."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = await failure_of(client_of(f"http://127.0.0.1:{unused.getsockname()[1]}"))
    assert isinstance(error, ConnectError)
    assert error.outcome is Outcome.NOT_SENT


async def test_unknown_host_was_not_sent() -> None:
    """A host that has no address is a connection that was never made."""
    error = await failure_of(client_of("http://no-such-host.invalid"))
    assert isinstance(error, ConnectError)
    assert error.outcome is Outcome.NOT_SENT


async def test_plain_server_behind_https_was_not_sent() -> None:
    """A failed TLS handshake is a connection that was never made."""

    def behave(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with scripted_server(behave) as server:
        error = await failure_of(client_of(server.url.replace("http:", "https:")))
    assert isinstance(error, ConnectError)
    assert error.outcome is Outcome.NOT_SENT


def hang_up_at_once(connection: socket.socket) -> None:
    """Close before a reply, with the form unread."""
    read_head(connection)


def hang_up_after_the_form(connection: socket.socket) -> None:
    """Read the whole form, then close."""
    read_request(connection)


def reset_after_the_form(connection: socket.socket) -> None:
    """Read the whole form, then reset."""
    read_request(connection)
    reset(connection)


def answer_with_noise(connection: socket.socket) -> None:
    """Answer with something that is no HTTP."""
    read_request(connection)
    connection.sendall(b"\x00\x01\x02 what is this?\r\n\r\n")


def cut_the_headers(connection: socket.socket) -> None:
    """Close within the headers of the reply."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")


@pytest.mark.parametrize(
    "behaviour",
    [hang_up_at_once, hang_up_after_the_form, reset_after_the_form, answer_with_noise, cut_the_headers],
    ids=lambda behaviour: behaviour.__name__,
)
async def test_call_that_may_have_arrived_is_unknown(behaviour: Behaviour) -> None:
    """Once the form has begun to leave, a broken connection leaves the outcome unknown."""
    error = await failure_with(behaviour)
    assert isinstance(error, DisconnectedError)
    assert error.outcome is Outcome.UNKNOWN


async def test_reply_that_breaks_off_was_completed() -> None:
    """A connection that breaks within the picture means that the work was done."""
    error = await failure_with(answering(reply(PNG[:40], length=len(PNG))))
    assert isinstance(error, DisconnectedError)
    assert error.outcome is Outcome.COMPLETED


async def test_unknown_outcome_is_not_sent_again() -> None:
    """A call that may have been charged reaches the server once, also with retries on."""
    with scripted_server(hang_up_after_the_form) as server:
        client = AsyncImagine(KEY, base_url=server.url)
        await failure_of(client)
        assert server.connections == 1
    assert (await client.usage()).held == 1


async def test_refusal_for_the_rate_is_sent_again() -> None:
    """A 429 is followed by another attempt, after the time that the server named."""
    refusal = reply(b"{}", status="429 Too Many Requests", headers="Retry-After: 0\r\n")
    with scripted_server(answering(refusal, refusal, reply(PNG))) as server:
        async with AsyncImagine(KEY, base_url=server.url, rate_limit=None) as client:
            image = await client.text_to_image("a fox")
    assert image.attempts == 3


async def test_deadline_covers_a_trickling_reply() -> None:
    """A server that sends a byte now and then cannot hold a call beyond its deadline."""
    stop = threading.Event()

    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not stop.wait(0.02):
            connection.sendall(b"x")

    with scripted_server(behave) as server:
        error = await failure_of(client_of(server.url, timeout=0.3))
        stop.set()
    assert isinstance(error, DeadlineExceededError)
    assert error.outcome is Outcome.COMPLETED


async def test_deadline_before_a_reply_is_unknown() -> None:
    """A deadline that passes while the server works leaves the outcome unknown."""
    stop = threading.Event()

    def behave(connection: socket.socket) -> None:
        read_request(connection)
        stop.wait(10)

    with scripted_server(behave) as server:
        error = await failure_of(client_of(server.url, timeout=0.2))
        stop.set()
    assert isinstance(error, DeadlineExceededError)
    assert error.outcome is Outcome.UNKNOWN


BAD_REPLIES: dict[str, tuple[bytes, type[ImagineError], Outcome]] = {
    "200 with HTML": (reply(b"<html>hello</html>"), UnexpectedReplyError, Outcome.UNKNOWN),
    "200 with nothing": (reply(b""), UnexpectedReplyError, Outcome.UNKNOWN),
    "200 with JSON": (reply(b'{"image": "?"}'), UnexpectedReplyError, Outcome.UNKNOWN),
    "200 with a JSON error": (
        reply(b'{"status":"error","code":1101,"error":"PaymentRequired","message":"no tokens"}'),
        InsufficientCreditsError,
        Outcome.REJECTED,
    ),
    "picture cut in half": (reply(jpeg_bytes()[: len(jpeg_bytes()) // 2]), TruncatedReplyError, Outcome.COMPLETED),
    "502 with HTML": (
        reply(b"<html>bad gateway</html>", status="502 Bad Gateway"),
        ServerError,
        Outcome.UNKNOWN,
    ),
    "401": (
        reply(b'{"status":"error","code":1001,"error":"Unauthorized","message":"no"}', status="401 Unauthorized"),
        AuthenticationError,
        Outcome.REJECTED,
    ),
    "400 about the token": (
        reply(b'{"status":"error","code":"1000"}', status="400 Bad Request"),
        AuthenticationError,
        Outcome.REJECTED,
    ),
    "redirect": (
        reply(b"", status="302 Found", headers="Location: http://127.0.0.1:9/\r\n"),
        APIError,
        Outcome.REJECTED,
    ),
}


@pytest.mark.parametrize(("answer", "kind", "outcome"), BAD_REPLIES.values(), ids=list(BAD_REPLIES))
async def test_bad_reply_is_a_clear_error(answer: bytes, kind: type[ImagineError], outcome: Outcome) -> None:
    """Every bad reply has a type and an outcome, and nothing crashes on it."""
    error = await failure_with(answering(answer))
    assert type(error) is kind
    assert error.outcome is outcome
    assert error.call_id


async def test_proxys_page_is_explained() -> None:
    """Where the body is no message of the API, the error says what the status means and that this is so."""
    error = await failure_with(answering(reply(b"<html>oops</html>", status="502 Bad Gateway")))
    assert str(error) == "status 502: Bad Gateway; the body holds no message of the API"
    assert isinstance(error, ServerError)
    assert error.body == "<html>oops</html>"


async def test_reply_over_the_cap_is_refused() -> None:
    """A reply larger than the cap is not taken into memory."""
    error = await failure_with(answering(reply(PNG + b"\0" * 100_000)), max_reply_bytes=50_000)
    assert isinstance(error, ReplyTooLargeError)
    assert error.outcome is Outcome.COMPLETED


async def test_key_that_the_server_repeats_is_taken_out() -> None:
    """A server's message that repeats the key does not bring it into the error."""
    body = f'{{"status":"error","code":1001,"error":"Unauthorized","message":"no such key: {KEY}"}}'
    error = await failure_with(answering(reply(body.encode(), status="401 Unauthorized")))
    assert isinstance(error, APIError)
    assert KEY not in f"{error} {error.message} {error.body} {error.args} {vars(error)}"
    assert "***" in error.body


async def test_no_object_of_the_library_hangs_on_an_error() -> None:
    """The chain behind an error holds nothing that could lead to the request with its key."""
    error = await failure_with(reset_after_the_form)
    seen: BaseException | None = error
    while seen is not None:
        assert type(seen).__module__.startswith(("imagine_async", "builtins"))
        seen = seen.__cause__ or seen.__context__


async def test_closed_client_says_so() -> None:
    """Using a closed client is a clear error; closing it twice is none."""
    client = client_of("http://127.0.0.1:9")
    await client.aclose()
    await client.aclose()
    with pytest.raises(ClientClosedError):
        await client.text_to_image("a fox")


async def test_more_calls_than_connections_wait_in_line() -> None:
    """A client with two connections opens no third, and answers all calls."""
    with scripted_server(answering(*[reply(PNG)] * 20)) as server:
        async with client_of(server.url, max_connections=2) as client, anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(client.text_to_image, "a fox")
    assert server.connections == 2


async def test_cancelled_calls_leave_no_slot_behind() -> None:
    """After many calls that were cancelled at different moments, a client of two connections still works."""

    def behave(connection: socket.socket) -> None:
        while True:
            read_request(connection)
            connection.sendall(reply(PNG))

    with scripted_server(behave) as server:
        async with client_of(server.url, max_connections=2) as client:
            for number in range(100):
                with anyio.move_on_after(number * 0.0001):
                    await client.text_to_image("a fox")
            with anyio.fail_after(10):
                for _ in range(10):
                    await client.text_to_image("a fox")


async def test_refusal_before_the_upload_is_whole_is_read(tmp_path: Path) -> None:
    """A server that answers without reading the form is heard, though the rest of the form has nowhere to go."""
    picture = tmp_path / "large.png"
    picture.write_bytes(PNG[:-12] + bytes(5_000_000) + PNG[-12:])

    def behave(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(reply(b'{"status":"error","code":1001}', status="401 Unauthorized"))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 16):
            pass

    with scripted_server(behave) as server:
        async with client_of(server.url) as client:
            with pytest.raises(AuthenticationError):
                await client.upscale(picture)


async def test_cancelled_upload_closes_its_file(tmp_path: Path) -> None:
    """A call that is cancelled while its file is being sent leaves no file open."""
    picture = tmp_path / "large.png"
    picture.write_bytes(PNG[:-12] + bytes(20_000_000) + PNG[-12:])
    stop = threading.Event()

    def behave(connection: socket.socket) -> None:
        read_head(connection)
        stop.wait(10)

    def open_files() -> list[str]:
        return [str(link.resolve()) for link in Path("/proc/self/fd").iterdir()]

    with scripted_server(behave) as server:
        async with client_of(server.url) as client:
            with anyio.move_on_after(0.3):
                await client.upscale(picture)
            assert str(picture) not in open_files()
            stop.set()


async def test_file_that_changes_on_its_way_leaves_the_outcome_unknown(tmp_path: Path) -> None:
    """A file that is cut while it is being sent is an error of its own, but a part of the form had left by then."""
    picture = tmp_path / "large.png"
    picture.write_bytes(PNG[:-12] + bytes(20_000_000) + PNG[-12:])

    def behave(connection: socket.socket) -> None:
        read_head(connection)
        picture.write_bytes(PNG)
        while connection.recv(1 << 16):
            pass

    with scripted_server(behave) as server:
        async with client_of(server.url) as client:
            with pytest.raises(InvalidRequestError, match="was changed") as caught:
                await client.upscale(picture)
    assert caught.value.outcome is Outcome.UNKNOWN


async def test_large_upload_is_never_whole_in_memory(tmp_path: Path) -> None:
    """A file of 20 MB is sent, whole and in order, with at most 8 MB of it in memory, as a rule a quarter of that."""
    picture = tmp_path / "large.png"
    picture.write_bytes(PNG[:-12] + bytes(range(256)) * (80 * 1024) + PNG[-12:])
    bodies = []

    def behave(connection: socket.socket) -> None:
        left = content_length(read_head(connection))
        total = 0
        while total < left:
            total += len(connection.recv(1 << 16))
        bodies.append(total)
        connection.sendall(reply(PNG))

    with scripted_server(behave) as server:
        async with client_of(server.url) as client:
            await client.text_to_image("warm up what is imported and connected only once")
            tracemalloc.start()
            await client.upscale(picture)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    assert bodies[-1] > 20_000_000
    assert peak < 8_000_000


class RecordingStream(httpcore.AsyncNetworkStream):
    """Remembers what was written."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return b""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.writes.append(buffer)


async def test_joined_writes_keep_their_order() -> None:
    """Small writes leave together, large ones alone and without a copy, and a read sends what is left."""
    inner = RecordingStream()
    stream = JoiningStream(inner)
    large = b"x" * 300_000
    for piece in (b"a", b"b", large, b"c", b""):
        await stream.write(piece)
    assert inner.writes == [b"ab", large, b"c"]
    assert inner.writes[1] is large
    await stream.write(b"d")
    await stream.read(10)
    assert inner.writes[-1] == b"d"


def _errors_of(module: Any, base: type[BaseException]) -> list[type[BaseException]]:
    found = [getattr(module, name) for name in dir(module)]
    return [each for each in found if isinstance(each, type) and issubclass(each, base)]


@pytest.mark.parametrize(
    "kind",
    [
        *_errors_of(httpx, httpx.HTTPError),
        *_errors_of(httpx, httpx.StreamError),
        *_errors_of(httpcore, Exception),
        ssl.SSLError,
        anyio.BrokenResourceError,
        anyio.ClosedResourceError,
        anyio.EndOfStream,
        ConnectionResetError,
    ],
    ids=lambda kind: f"{kind.__module__}.{kind.__name__}",
)
def test_no_error_of_the_libraries_is_left_out(kind: type[BaseException]) -> None:
    """Every error that the libraries declare is turned into one of the SDK's."""
    assert issubclass(kind, HTTPX.errors)


def test_one_client_over_several_event_loops() -> None:
    """One client works over several event loops one after the other, on both backends."""
    with scripted_server(answering(reply(PNG), reply(PNG), hang_up=False)) as server:
        client = client_of(server.url)

        async def two_calls() -> None:
            await client.text_to_image("a fox")
            await client.text_to_image("a fox")

        for backend in ("asyncio", "trio", "asyncio"):
            anyio.run(two_calls, backend=backend)
    assert server.connections == 3


async def test_programming_error_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no failure of the call comes out as it is, with the frames that a programmer needs."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("imagine_async.transport.sender.MultipartForm", broken)
    async with AsyncImagine("vk-test", base_url="http://127.0.0.1:9") as client:
        with pytest.raises(ZeroDivisionError) as caught:
            await client.text_to_image("a fox")
    assert caught.traceback[-1].name == "broken"
