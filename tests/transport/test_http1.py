"""Connections over real sockets, on each event loop: bodies of every framing, and when a connection is used again."""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpcore
import httpx
import pytest
import respx
import trustme

from imagine_async.transport.connections import ConnectionStack
from imagine_async.transport.connector import Connector
from imagine_async.transport.loop_clients import ApiClient
from imagine_async.transport.proxies import Proxies
from tests.scripted_server import Behaviour, read_head, read_request, reply, scripted_server

pytestmark = pytest.mark.anyio

BODY = bytes(range(256)) * 40


@pytest.fixture(params=["asyncio", "uvloop", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """Run each test on the event loops that have ways of their own to a socket."""
    return ("asyncio", {"use_uvloop": True}) if request.param == "uvloop" else request.param


@asynccontextmanager
async def stack_of(limit: int = 1, trust: ssl.SSLContext | None = None) -> AsyncGenerator[ConnectionStack, None]:
    """Make a stack of connections for the length of a block."""
    stack = ConnectionStack(
        limit=limit, connector=Connector(lambda: trust or ssl.create_default_context(), Proxies({}))
    )
    try:
        yield stack
    finally:
        await stack.aclose()


def request_to(url: str, content: bytes = b"form", timeout: dict[str, float] | None = None) -> httpx.Request:
    """Build a request."""
    length = {"content-length": str(len(content))}
    return httpx.Request("POST", url, headers=length, stream=Pieces(content), extensions={"timeout": timeout or {}})


class Pieces(httpx.AsyncByteStream):
    """A body in one piece, and no generator: one that a broken connection leaves half-way needs no end."""

    def __init__(self, content: bytes) -> None:
        self._left = [content]

    def __aiter__(self) -> Pieces:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


async def exchanged(stack: ConnectionStack, url: str, content: bytes = b"form") -> tuple[int, bytes]:
    """Send a request; return status and body."""
    response = await stack.handle_async_request(request_to(url, content))
    try:
        return response.status_code, b"".join([piece async for piece in response.stream])  # type: ignore[union-attr]
    finally:
        await response.aclose()


def in_pieces(answer: bytes, size: int, *, hang_up: bool = False) -> Behaviour:
    """Answer each request with the same bytes, a few at a time."""

    def behave(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            read_request(connection)
            for start in range(0, len(answer), size):
                connection.sendall(answer[start : start + size])
                time.sleep(0.0005)
            if hang_up:
                return

    return behave


def chunked(body: bytes, size: int) -> bytes:
    """Write a body in chunks."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x;a=b\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nx-trailer: 1\r\n\r\n"


IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(BODY, 777)
LINE_FEEDS = b"HTTP/1.1 200 OK\nContent-Length: %d\n\n%s" % (len(BODY), BODY)
AFTER_INTERIM = b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n" + reply(BODY)


@pytest.mark.parametrize("size", [1 << 20, 1000, 61])
@pytest.mark.parametrize(
    "answer", [reply(BODY), IN_CHUNKS, LINE_FEEDS, AFTER_INTERIM], ids=["length", "chunks", "line feeds", "interim"]
)
async def test_a_body_comes_whole_however_it_is_cut(answer: bytes, size: int) -> None:
    """Every framing gives the same bytes in whatever pieces they come, and the connection is used again."""
    with scripted_server(in_pieces(answer, size)) as server:
        async with stack_of() as stack:
            assert [await exchanged(stack, server.url) for _ in range(2)] == [(200, BODY)] * 2
    assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        reply(BODY, headers="Connection: close\r\n"),
        b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY),
        b"HTTP/1.1 200 OK\r\n\r\n" + BODY,
        reply(BODY) + b"more",
    ],
    ids=["close", "1.0", "to the end", "more than was told"],
)
async def test_a_connection_is_not_used_again_where_it_must_not(answer: bytes) -> None:
    """A server that closes, or says more than it was asked, gets a new connection for the next request."""
    with scripted_server(in_pieces(answer, 4096, hang_up=True)) as server:
        async with stack_of() as stack:
            assert [await exchanged(stack, server.url) for _ in range(2)] == [(200, BODY)] * 2
    assert server.connections == 2


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
async def test_a_reply_that_has_no_body_leaves_the_connection_free(status: str) -> None:
    """No body is awaited after a status that has none, whatever length is told."""
    answer = reply(b"", status=status, length=0 if status.startswith("204") else 5)
    with scripted_server(in_pieces(answer, 4096)) as server:
        async with stack_of() as stack:
            assert [(await exchanged(stack, server.url))[1] for _ in range(2)] == [b"", b""]
    assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "without sending a response"),
        (b"HTTP/1.1 200", "without sending a response|in the middle"),
        (reply(BODY)[:-1], "without sending complete message body"),
        (IN_CHUNKS[:-1], "unexpectedly closed|without sending complete"),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", "illegal status line"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345", "conflicting Content-Length"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000, "too long|without"),
    ],
    ids=["nothing", "half a line", "cut", "cut chunks", "another protocol", "two lengths", "endless head"],
)
async def test_a_reply_that_is_none_is_an_error(answer: bytes, says: str) -> None:
    """What no reply is made of raises the library's error, and the slot is free again."""
    with scripted_server(in_pieces(answer, 1 << 20, hang_up=True), in_pieces(reply(BODY), 4096)) as server:
        async with stack_of() as stack:
            with pytest.raises(httpcore.RemoteProtocolError, match=says):
                await exchanged(stack, server.url)
            with anyio.fail_after(5):
                assert await exchanged(stack, server.url) == (200, BODY)


async def test_head_and_form_leave_in_one_write() -> None:
    """What a server gets with its first read is the whole of a small request."""
    got: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        got.append(connection.recv(1 << 20))
        connection.sendall(reply(b""))

    with scripted_server(behave) as server:
        async with stack_of() as stack:
            await exchanged(stack, server.url, b"f" * 20_000)
    assert got[0].endswith(b"f" * 20_000)


async def test_a_goodbye_that_the_loop_has_not_seen_is_seen() -> None:
    """A connection that the server closes while the event loop is busy is not used again."""

    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(reply(BODY))
        time.sleep(0.05)

    with scripted_server(behave) as server:
        async with stack_of() as stack:
            assert await exchanged(stack, server.url) == (200, BODY)
            time.sleep(0.2)
            assert await exchanged(stack, server.url) == (200, BODY)
    assert server.connections == 2


async def test_what_is_being_cancelled_is_not_sent() -> None:
    """Over a connection that rests, a request whose task is being cancelled does not leave."""
    requests = []

    def behave(connection: socket.socket) -> None:
        while True:
            requests.append(read_request(connection))
            connection.sendall(reply(BODY))

    with scripted_server(behave) as server:
        async with stack_of() as stack:
            await exchanged(stack, server.url)
            with anyio.CancelScope() as scope:
                scope.cancel()
                await exchanged(stack, server.url)
            assert scope.cancelled_caught
            await exchanged(stack, server.url)
    assert len(requests) == 2


async def test_silence_is_bounded() -> None:
    """The bounds for reading and for connecting hold, and name themselves."""

    def behave(connection: socket.socket) -> None:
        read_request(connection)
        time.sleep(5)

    with scripted_server(behave) as server:
        async with stack_of() as stack:
            with pytest.raises(httpcore.ReadTimeout):
                await stack.handle_async_request(request_to(server.url, timeout={"read": 0.05}))


async def test_a_server_that_takes_nothing_is_given_up() -> None:
    """The bound for writing holds where the server reads nothing of a large body."""

    def behave(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        read_head(connection)
        time.sleep(5)

    with scripted_server(behave) as server:
        async with stack_of() as stack:
            large = request_to(server.url, b"x" * 50_000_000, {"write": 0.2})
            with pytest.raises(httpcore.WriteTimeout):
                await stack.handle_async_request(large)


async def test_a_large_body_waits_in_the_socket_until_it_is_read() -> None:
    """While nobody reads, a server cannot send more than the buffers of the system and a little beside."""
    sent = 0

    def behave(connection: socket.socket) -> None:
        nonlocal sent
        read_request(connection)
        connection.sendall(reply(b"", length=200_000_000))
        connection.settimeout(0.3)
        while True:
            sent += connection.send(b"x" * 65536)

    with scripted_server(behave) as server:
        async with stack_of() as stack:
            response = await stack.handle_async_request(request_to(server.url))
            await anyio.sleep(1.0)
            await response.aclose()
    assert 0 < sent < 20_000_000


def cut_short(authority: trustme.CA) -> Callable[[socket.socket], None]:
    """Answer over TLS, and break off without a goodbye."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def behave(connection: socket.socket) -> None:
        encrypted = context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=True)
        read_request(encrypted)
        encrypted.sendall(reply(BODY))
        read_request(encrypted)
        encrypted.sendall(reply(BODY)[:-10])
        os.close(encrypted.detach())

    return behave


async def test_over_tls_a_body_that_breaks_off_is_an_error() -> None:
    """The same connection gives a whole body, and tells of one that is cut."""
    authority = trustme.CA()
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    with scripted_server(cut_short(authority)) as server:
        async with stack_of(trust=trust) as stack:
            url = server.url.replace("http:", "https:")
            assert await exchanged(stack, url) == (200, BODY)
            with pytest.raises((httpcore.RemoteProtocolError, httpcore.ReadError)):
                await exchanged(stack, url)
    assert server.connections == 1


async def test_cancelled_at_any_moment_no_slot_is_lost() -> None:
    """After hundreds of requests that were cancelled at chance moments, over TLS, every slot still works."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)

    def behave(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            while True:
                read_request(encrypted)
                encrypted.sendall(reply(BODY))

    with scripted_server(behave) as server:
        url = server.url.replace("http:", "https:")
        async with stack_of(2, trust) as stack:

            async def cut_off(number: int) -> None:
                with anyio.move_on_after(0.0002 * (number % 50)):
                    await exchanged(stack, url)

            async with anyio.create_task_group() as group:
                for number in range(300):
                    group.start_soon(cut_off, number)
            with anyio.fail_after(20):
                assert [await exchanged(stack, url) for _ in range(10)] == [(200, BODY)] * 10


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
async def test_a_mock_of_the_http_library_is_answered_first(using: str) -> None:
    """Respx takes the calls of a client that has real connections open, and gives them back at its end."""
    with scripted_server(in_pieces(reply(BODY), 1 << 20)) as server:
        async with stack_of() as stack, ApiClient(stack) as client:
            assert (await client.post(server.url, content=b"form")).content == BODY
            with respx.mock(using=using) as router:
                router.post(server.url).respond(418, content=b"mocked")
                assert (await client.post(server.url, content=b"form")).content == b"mocked"
            assert (await client.post(server.url, content=b"form")).content == BODY


async def test_cookies_are_not_kept() -> None:
    """What a server wants to be told again with the next call is not told: calls have nothing to do with each other."""
    heads = []

    def behave(connection: socket.socket) -> None:
        while True:
            heads.append(read_request(connection)[0])
            connection.sendall(reply(BODY, headers="Set-Cookie: a=b; Path=/\r\n"))

    with scripted_server(behave) as server:
        async with stack_of() as stack, ApiClient(stack) as client:
            for _ in range(2):
                await client.send(request_to(server.url))
    assert not [head for head in heads if b"cookie" in head.lower()]
