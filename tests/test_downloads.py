"""Fetching URLs that are not the API's own calls: what goes along, what comes back, and what every failure says."""

from __future__ import annotations

import gc
import logging
import pickle
import socket
import threading
from typing import Any

import anyio
import httpcore
import httpx
import httpx2
import pytest

from imagine_async.errors import ConfigurationError, DownloadError, ReplyTooLargeError
from imagine_async.timeout import Timeout
from imagine_async.transport.downloads import Downloader
from imagine_async.transport.guard import GuardedBackend
from tests.downloading import BODY, TIMEOUT, failure, fetched, redirect
from tests.scripted_server import Behaviour, answering, read_head, reply, reset, scripted_server

pytestmark = pytest.mark.anyio


# What goes out, and what comes back


async def test_a_body_comes_piece_by_piece() -> None:
    """A download tells what the server says of it and yields the body as it comes."""
    with scripted_server(answering(reply(BODY, headers="Content-Type: image/png\r\nX-One: 1\r\n"))) as server:
        downloader = Downloader(server.url, 1 << 20)
        async with downloader.open(server.url + "/a.png", timeout=TIMEOUT) as download:
            facts = (download.status, download.content_type, download.length, download.headers["x-one"])
            pieces = [piece async for piece in download]
        await downloader.aclose()
    assert facts == (200, "image/png", len(BODY), "1")
    assert b"".join(pieces) == BODY
    assert len(pieces) > 1


async def test_nothing_of_the_apis_calls_goes_along() -> None:
    """A download sends the path with its query, and only the headers that say nothing of the caller."""
    heads = []

    def behave(connection: socket.socket) -> None:
        heads.append(read_head(connection).decode())
        connection.sendall(reply(b"x"))

    assert await fetched(behave, path="/a%20b.png?X-Amz-Signature=1%2F2&b=%7E#part") == b"x"
    lines = heads[0].split("\r\n")
    assert lines[0].startswith("GET /a%20b.png?X-Amz-Signature=1%2F2&b=")
    names = sorted(line.partition(":")[0].lower() for line in lines[1:] if line)
    assert names == ["accept", "accept-encoding", "host", "user-agent"]
    assert "accept-encoding: identity" in heads[0].lower()
    assert "imagine-async/" in heads[0]


@pytest.mark.parametrize("library", [httpx, httpx2], ids=lambda each: each.__name__)
async def test_a_client_that_was_brought_adds_nothing_of_its_own(library: Any) -> None:
    """Through a client of the user's, its headers, cookies and authentication stay out, and it stays open."""
    heads = []

    def noting(answer: bytes) -> Behaviour:
        def behave(connection: socket.socket) -> None:
            heads.append(read_head(connection).decode().lower())
            connection.sendall(answer)

        return behave

    async with library.AsyncClient(
        headers={"x-mine": "1"}, cookies={"c": "1"}, auth=("me", "secret"), follow_redirects=True, params={"p": "1"}
    ) as client:
        assert await fetched(noting(redirect("/b.png")), noting(reply(BODY)), http_client=client) == BODY
        assert not client.is_closed
    for head in heads:
        names = sorted(line.partition(":")[0] for line in head.split("\r\n")[1:] if line)
        assert names == ["accept", "accept-encoding", "host", "user-agent"]


async def test_a_connection_is_kept_for_the_next_download() -> None:
    """Downloads that were read to their end share a connection."""
    with scripted_server(answering(reply(b"a"), reply(b"b"))) as server:
        downloader = Downloader(server.url, 1000)
        found = [await downloader.read(f"{server.url}/{name}", timeout=TIMEOUT) for name in "ab"]
        await downloader.aclose()
    assert found == [b"a", b"b"]
    assert server.connections == 1


async def test_connections_to_several_hosts_stay_within_the_limit() -> None:
    """An idle connection to one host makes room for one to another, and both hosts are served in turn."""
    left = threading.Event()

    def behave(connection: socket.socket) -> None:
        answering(reply(b"a"), hang_up=False)(connection)
        left.set()

    with scripted_server(behave) as one, scripted_server(answering(reply(b"b"), reply(b"c"))) as other:
        downloader = Downloader(one.url, 1000, limit=1)
        found = [await downloader.read(url, timeout=TIMEOUT) for url in (one.url, other.url, other.url)]
        assert await anyio.to_thread.run_sync(left.wait, 10)
        await downloader.aclose()
    assert found == [b"a", b"b", b"c"]
    assert (one.connections, other.connections) == (1, 1)


async def test_a_request_that_is_cancelled_as_it_leaves_ends_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled at the very moment of sending, a download leaves no iterator half-way, which trio would report."""
    scope = anyio.CancelScope()

    class Cancelling(httpcore.AsyncMockStream):
        async def write(self, buffer: bytes, timeout: float | None = None) -> None:
            scope.cancel()
            await anyio.lowlevel.checkpoint()

    async def connect(*_: Any) -> httpcore.AsyncNetworkStream:
        return Cancelling([])

    monkeypatch.setattr(GuardedBackend, "connect_tcp", connect)
    downloader = Downloader("http://localhost", 1000)
    with scope:
        await downloader.read("http://localhost/a.png", timeout=TIMEOUT)
    gc.collect()
    assert scope.cancelled_caught
    await downloader.aclose()


async def test_a_connection_that_the_server_closed_is_replaced() -> None:
    """A kept connection that has been closed meanwhile is noticed, and another one is made."""
    closed = threading.Event()

    def behave(connection: socket.socket) -> None:
        answering(reply(b"a"))(connection)
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    with scripted_server(behave, answering(reply(b"b"))) as server:
        downloader = Downloader(server.url, 1000)
        assert await downloader.read(server.url, timeout=TIMEOUT) == b"a"
        await anyio.to_thread.run_sync(closed.wait, 10)
        assert await downloader.read(server.url, timeout=TIMEOUT) == b"b"
        await downloader.aclose()


async def test_a_download_may_be_left_half_way() -> None:
    """Leaving the block early closes the connection, and the next download gets a place and another connection."""
    with scripted_server(answering(reply(BODY)), answering(reply(BODY))) as server:
        downloader = Downloader(server.url, 1 << 20, limit=1)
        async with downloader.open(server.url, timeout=TIMEOUT) as download:
            assert await anext(download)
        assert await downloader.read(server.url, timeout=TIMEOUT) == BODY
        await downloader.aclose()
    assert server.connections == 2


@pytest.mark.parametrize("library", [httpx, httpx2], ids=lambda each: each.__name__)
async def test_leaving_half_way_frees_a_client_that_was_brought(library: Any) -> None:
    """Leaving early gives the connection back to the client as well."""
    limits = library.Limits(max_connections=1)
    with scripted_server(answering(reply(BODY))) as server:
        async with library.AsyncClient(limits=limits) as client:
            downloader = Downloader(server.url, 1 << 20, http_client=client)
            async with downloader.open(server.url, timeout=TIMEOUT) as download:
                assert await anext(download)
            assert await downloader.read(server.url, timeout=TIMEOUT) == BODY


async def test_a_download_may_be_opened_and_not_read() -> None:
    """A body that nobody reads is closed with the block."""
    with scripted_server(answering(reply(BODY)), answering(reply(b"x"))) as server:
        downloader = Downloader(server.url, 1 << 20, limit=1)
        async with downloader.open(server.url, timeout=TIMEOUT):
            pass
        assert await downloader.read(server.url, timeout=TIMEOUT) == b"x"
        await downloader.aclose()


async def test_a_chunked_body_without_length() -> None:
    """Where the server announces no length, none is told and the body still comes whole."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with scripted_server(answering(chunked)) as server:
        downloader = Downloader(server.url, 1000)
        async with downloader.open(server.url, timeout=TIMEOUT) as download:
            assert download.length is None
            assert b"".join([piece async for piece in download]) == b"abcde"
        await downloader.aclose()


async def test_urls_stay_out_of_the_logs(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing that the SDK's own connections log holds a URL's query."""
    caplog.set_level(logging.DEBUG)
    assert await fetched(answering(reply(b"x")), path="/a.png?sig=secret") == b"x"
    assert "secret" not in caplog.text


# Failures


@pytest.mark.parametrize(
    ("status", "expired"), [("403 Forbidden", True), ("404 Not Found", False), ("503 Busy", False)]
)
async def test_a_refusal_keeps_its_status(status: str, expired: bool) -> None:
    """The status is told, and 403 means that the signature has expired."""
    error = await failure(answering(reply(b"<Error>secret</Error>", status=status)))
    assert (error.status, error.expired) == (int(status[:3]), expired)
    assert ("expired" in str(error)) is expired


@pytest.mark.parametrize("status", ["204 No Content", "206 Partial Content"])
async def test_a_success_without_the_whole_body_is_none(status: str) -> None:
    """No body, or a part of one that was not asked for, is a failure."""
    error = await failure(answering(reply(b"", status=status)))
    assert error.status == int(status[:3])


async def test_a_connection_that_is_refused_has_no_status() -> None:
    """Where no connection comes about there is no status, and the cause is the operating system's error."""
    with scripted_server(reset) as server:
        url = server.url
    with pytest.raises(DownloadError, match="no answer came") as caught:
        await Downloader(url, 1000).read(f"{url}/a?sig=secret", timeout=TIMEOUT)
    assert caught.value.status is None
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    assert "secret" not in str(caught.value)


async def test_an_announced_length_over_the_cap_is_refused_at_once() -> None:
    """A body that is announced as too large is not read."""
    error = await failure(answering(reply(b"x", length=2000)), max_bytes=1999)
    assert "larger than 1999 bytes" in str(error)
    assert isinstance(error.__cause__, ReplyTooLargeError)


async def test_a_body_that_grows_over_the_cap_is_cut_off() -> None:
    """Without an announcement the cap is kept while the body comes; exactly the cap is allowed."""
    chunk = b"%x\r\n%b\r\n" % (1000, bytes(1000))
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 100
    error = await failure(answering(endless), max_bytes=1500)
    assert isinstance(error.__cause__, ReplyTooLargeError)
    assert error.status == 200
    assert await fetched(answering(reply(bytes(1500))), max_bytes=1500) == bytes(1500)


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"abc", length=10),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n",
    ],
    ids=["length", "chunk", "garbage"],
)
async def test_a_body_that_is_cut_is_a_failure(answer: bytes) -> None:
    """Fewer bytes than announced, or a broken chunk, are an error and no short body."""
    error = await failure(answering(answer))
    assert error.status == 200
    assert "broke after" in str(error)


async def test_a_short_body_from_a_client_that_was_brought_is_a_failure() -> None:
    """A length is checked also where the client's transport does not."""

    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-length": "10"}, stream=_Stream(b"abc"))

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(DownloadError, match="came cut: 3 of 10 bytes"):
            await Downloader("https://api.example", 1000, http_client=client).read("https://a.example", timeout=TIMEOUT)


class _Stream(httpx.AsyncByteStream):
    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> Any:
        for piece in self._pieces:
            yield piece


async def test_a_connection_that_breaks_amidst_the_body() -> None:
    """A reset amidst the body is a failure with a status and the operating system's error as its cause."""
    seen = threading.Event()

    def behave(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(reply(b"abc", length=1000))
        seen.wait(10)
        reset(connection)

    with scripted_server(behave) as server:
        downloader = Downloader(server.url, 1000)
        with pytest.raises(DownloadError, match="broke after 3 bytes") as caught:
            async with downloader.open(server.url, timeout=TIMEOUT) as download:
                assert await anext(download) == b"abc"
                seen.set()
                await anext(download)
        await downloader.aclose()
    assert caught.value.status == 200
    assert isinstance(caught.value.__cause__, ConnectionResetError)


async def test_an_encoded_body_is_refused() -> None:
    """A body in an encoding that was not asked for is not passed off as the picture."""
    error = await failure(answering(reply(b"xx", headers="Content-Encoding: gzip\r\n")))
    assert "comes as gzip" in str(error)
    assert await fetched(answering(reply(b"x", headers="Content-Encoding: identity\r\n"))) == b"x"


# Time


def silent(connection: socket.socket) -> None:
    """Take a request and never answer."""
    connection.recv(1 << 16)
    connection.recv(1)


async def test_the_total_bounds_the_wait_for_an_answer() -> None:
    """A server that does not answer is given up when the time is over."""
    with scripted_server(silent) as server:
        downloader = Downloader(server.url, 1000)
        with pytest.raises(DownloadError, match=r"did not end within 0\.1 s") as caught:
            await downloader.read(server.url, timeout=Timeout(0.1))
        await downloader.aclose()
    assert caught.value.status is None


async def test_the_total_bounds_the_body_as_well() -> None:
    """A body that stalls is given up when the time is over, and its place is free again."""

    def stall(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(reply(b"abc", length=1000))
        connection.recv(1)

    with scripted_server(stall, answering(reply(b"x"))) as server:
        downloader = Downloader(server.url, 1000, limit=1)
        with pytest.raises(DownloadError, match=r"did not end within 0\.3 s") as caught:
            await downloader.read(server.url, timeout=Timeout(0.3))
        assert await downloader.read(server.url, timeout=TIMEOUT) == b"x"
        await downloader.aclose()
    assert caught.value.status == 200


async def test_silence_has_a_bound_of_its_own() -> None:
    """A read timeout ends a silent exchange long before the total does."""
    with scripted_server(silent) as server:
        downloader = Downloader(server.url, 1000)
        with pytest.raises(DownloadError, match="ReadTimeout"):
            await downloader.read(server.url, timeout=Timeout(20, read=0.05))
        await downloader.aclose()


async def test_downloads_wait_for_a_place() -> None:
    """No more than the limit run at once; the others wait for their turn."""
    open_now, most = 0, 0
    lock = threading.Lock()

    def behave(connection: socket.socket) -> None:
        nonlocal open_now, most
        while True:
            read_head(connection)
            with lock:
                open_now += 1
                most = max(most, open_now)
            threading.Event().wait(0.01)
            with lock:
                open_now -= 1
            connection.sendall(reply(b"x"))

    with scripted_server(behave) as server:
        downloader = Downloader(server.url, 1000, limit=2)
        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(_read, downloader, server.url)
        await downloader.aclose()
    assert 1 <= most <= 2
    assert server.connections <= 2


async def _read(downloader: Downloader, url: str) -> None:
    assert await downloader.read(url, timeout=TIMEOUT) == b"x"


async def test_cancelled_downloads_give_their_places_back() -> None:
    """However a download is cancelled, its place is free afterwards."""

    def behave(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(reply(bytes(100), length=1000))
        connection.recv(1)

    with scripted_server(*[behave] * 20, answering(reply(b"x"))) as server:
        downloader = Downloader(server.url, 1 << 20, limit=1)
        for number in range(20):
            with anyio.move_on_after(0.002 * number):
                await downloader.read(server.url, timeout=TIMEOUT)
        while server.connections < 20:
            with anyio.move_on_after(0.01):
                await downloader.read(server.url, timeout=TIMEOUT)
        assert await downloader.read(server.url, timeout=TIMEOUT) == b"x"
        await downloader.aclose()


# The rest


async def test_the_errors_can_be_pickled() -> None:
    """An error keeps its URL and status across processes."""
    error = await failure(answering(reply(b"", status="403 Forbidden")))
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.url, again.status, str(again)) == (DownloadError, error.url, 403, str(error))


async def test_a_client_of_another_kind_is_refused() -> None:
    """What is no async client of httpx or httpx2 is refused when the downloader is made."""
    with httpx.Client() as client, pytest.raises(ConfigurationError, match="sync client"):
        Downloader("https://api.example", 1000, http_client=client)  # type: ignore[arg-type]  # on purpose


async def test_closing_twice_and_unused() -> None:
    """A downloader that was never used, or is closed already, can be closed."""
    downloader = Downloader("https://api.example", 1000)
    await downloader.aclose()
    await downloader.aclose()
