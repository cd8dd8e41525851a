"""The fault proxy itself, over bare sockets: calls break where it says and nowhere else."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from queue import Queue

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.testing.fault_plans import SOUND, DropPoint, Fault, always, drawn, on_reuse
from imagine_async.testing.fault_proxy import FaultProxy
from imagine_async.testing.http_framing import exactly
from tests.scripted_server import ScriptedServer, reply, scripted_server

BODY = b"0123456789"
HEAD = b"POST /v2/image HTTP/1.1\r\nHost: sandbox\r\ncontent-length: 10\r\n\r\n"
REPLY = reply(b"abcdefgh")
REPLY_HEAD = REPLY.removesuffix(b"abcdefgh")

PASSING = {
    DropPoint.IDLE: (b"", b""),
    DropPoint.BEFORE_HEADERS: (b"", b""),
    DropPoint.DURING_UPLOAD: (HEAD + BODY[:5], b""),
    DropPoint.AFTER_UPLOAD: (HEAD + BODY, b""),
    DropPoint.AFTER_HEADERS: (HEAD + BODY, REPLY_HEAD),
    DropPoint.IN_BODY: (HEAD + BODY, REPLY_HEAD + b"abcd"),
}
"""What gets through of a request and of its reply."""


class Behind:
    """The server behind: it answers every request, and notes what each connection brought."""

    def __init__(self) -> None:
        self.received: Queue[bytes] = Queue()

    def __call__(self, connection: socket.socket) -> None:
        """Serve one connection until it ends."""
        data = b""
        while piece := connection.recv(1024):
            data += piece
            if data.endswith(BODY):
                connection.sendall(REPLY)
        self.received.put(data)


@pytest.fixture
def behind() -> Behind:
    """What the server behind does."""
    return Behind()


@pytest.fixture
def target(behind: Behind) -> Iterator[ScriptedServer]:
    """The server behind."""
    with scripted_server(behind) as server:
        yield server


def connect(server: FaultProxy) -> socket.socket:
    """Connect as a client does."""
    return socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10)


def answer(client: socket.socket, request: bytes = HEAD + BODY) -> bytes:
    """Send a request and wait for the whole reply."""
    client.sendall(request)
    return exactly(client, len(REPLY))


def read_all(connection: socket.socket) -> tuple[bytes, bool]:
    """Read to the end; tell whether that was a reset."""
    data = b""
    try:
        while piece := connection.recv(1024):
            data += piece
    except ConnectionResetError:
        return data, True
    return data, False


@pytest.mark.parametrize("resets", [False, True], ids=["end", "reset"])
@pytest.mark.parametrize("point", PASSING)
def test_calls_break_at_the_named_point(target: ScriptedServer, behind: Behind, point: DropPoint, resets: bool) -> None:
    """Up to its point request and reply get through, and nothing beyond; then the connection ends as it should."""
    fault = Fault(point, resets)
    there, back = PASSING[point]
    with FaultProxy(target.url, always(fault)) as server:
        with contextlib.ExitStack() as stack:
            if point is DropPoint.IDLE and resets:
                # The reset may come before the connection is made on this side.
                stack.enter_context(contextlib.suppress(ConnectionResetError))
            client = stack.enter_context(connect(server))
            if point is not DropPoint.IDLE:
                client.sendall(HEAD + BODY)
            assert read_all(client) == (back, resets)
        assert behind.received.get(timeout=10) == there
        assert server.struck == {fault: 1}


def test_sound_requests_pass_one_after_the_other(target: ScriptedServer, behind: Behind) -> None:
    """Without a fault requests and replies pass whole over one connection, also with a head longer than one read."""
    long = HEAD.replace(b"Host: sandbox", b"Host: sandbox\r\nPadding: " + bytes(100_000).replace(b"\0", b"x"))
    with FaultProxy(target.url, always(SOUND)) as server:
        with connect(server) as client:
            for head in (HEAD, long, HEAD):
                assert answer(client, head + BODY) == REPLY
        assert behind.received.get(timeout=10) == HEAD + BODY + long + BODY + HEAD + BODY
        assert server.struck == {SOUND: 3}


def test_request_without_a_body_passes() -> None:
    """A message that names no length has no body."""
    bare = b"HTTP/1.1 204 No Content\r\n\r\n"

    def behave(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(bare)

    with scripted_server(behave) as target, FaultProxy(target.url, always(SOUND)) as server:
        with connect(server) as client:
            client.sendall(b"GET /v2/videos/1 HTTP/1.1\r\nHost: sandbox\r\n\r\n")
            assert client.recv(1024) == bare


def test_first_request_of_a_connection_passes_and_the_second_breaks(target: ScriptedServer) -> None:
    """With `on_reuse` each connection is good for one request."""
    fault = Fault(DropPoint.BEFORE_HEADERS)
    with FaultProxy(target.url, on_reuse(fault)) as server:
        for _ in range(2):
            with connect(server) as client:
                assert answer(client) == REPLY
                client.sendall(HEAD + BODY)
                assert read_all(client) == (b"", False)
        assert server.struck == {SOUND: 2, fault: 2}


@settings(deadline=None)
@given(seed=st.integers(), connection=st.integers(1), latest=st.integers(1, 10))
def test_drawn_faults_befall_each_connection_once(seed: int, connection: int, latest: int) -> None:
    """A connection draws one fault and the request that it befalls, and the same from the same seed."""
    faults = [Fault(point) for point in PASSING]
    plan = drawn(seed, faults, latest=latest)
    found = [plan(connection, request) for request in range(1, latest + 3)]
    assert len([each for each in found[:latest] if each in faults]) == 1
    assert found[latest:] == [SOUND, SOUND]
    assert found == [drawn(seed, faults, latest=latest)(connection, request) for request in range(1, latest + 3)]


def test_connections_draw_apart() -> None:
    """Over many connections every fault and every place comes up."""
    faults = [Fault(point) for point in PASSING]
    plan = drawn(1, faults)
    found = {(request, plan(number, request)) for number in range(500) for request in (1, 2, 3)}
    assert found == {(request, fault) for request in (1, 2, 3) for fault in (SOUND, *faults)}


def test_refused_clients_may_come_later(target: ScriptedServer) -> None:
    """While connections are refused the open ones go on, and afterwards the address is the same."""
    with FaultProxy(target.url, always(SOUND)) as server:
        url = server.url
        with connect(server) as client:
            assert answer(client) == REPLY
            server.refuse()
            with pytest.raises(ConnectionRefusedError):
                connect(server)
            assert answer(client) == REPLY
        server.listen()
        with connect(server) as client:
            assert answer(client) == REPLY
        assert server.url == url


def test_closing_leaves_nothing_behind(target: ScriptedServer) -> None:
    """At the end of the block idle connections are cut, nobody listens, and no thread is left."""
    with FaultProxy(target.url, always(SOUND)) as server:
        client = connect(server)
        assert answer(client) == REPLY
    with client:
        assert client.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(server)
    assert not [each for each in threading.enumerate() if each.name == "fault-proxy"]


@pytest.mark.parametrize(("sent", "struck"), [(b"", {}), (HEAD[:20], {SOUND: 1}), (HEAD + BODY[:5], {SOUND: 1})])
def test_clients_may_leave_early(target: ScriptedServer, behind: Behind, sent: bytes, struck: dict[Fault, int]) -> None:
    """A client that leaves before its request is whole harms nothing, and the server behind is not asked."""
    with FaultProxy(target.url, always(SOUND)) as server:
        with connect(server) as client:
            client.sendall(sent)
        assert behind.received.get(timeout=10) == b""
        assert server.struck == struck


def test_connection_ends_where_nobody_is_behind(target: ScriptedServer) -> None:
    """If the server behind is gone, connections are taken and end at once."""
    url = target.url
    target.close()
    with FaultProxy(url, always(SOUND)) as server, connect(server) as client:
        assert read_all(client) == (b"", False)
        assert server.struck == {}


CHUNKED_BODY = b"4;note=1\r\n0123\r\n6\r\n456789\r\n0\r\nx-sum: 1\r\n\r\n"
CHUNKED_HEAD = b"POST /v2/image HTTP/1.1\r\nHost: sandbox\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED_REPLY_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
CHUNKED_REPLY_BODY = b"3\r\nabc\r\n5\r\ndefgh\r\n0\r\n\r\n"


@contextlib.contextmanager
def chunking_server() -> Iterator[tuple[ScriptedServer, Queue[bytes]]]:
    """Run a server that speaks in chunks both ways."""
    received: Queue[bytes] = Queue()

    def behave(connection: socket.socket) -> None:
        data = b""
        while piece := connection.recv(1024):
            data += piece
            if data.endswith(CHUNKED_BODY):
                received.put(data)
                data = b""
                connection.sendall(CHUNKED_REPLY_HEAD + CHUNKED_REPLY_BODY)
        received.put(data)

    with scripted_server(behave) as server:
        yield server, received


def test_chunks_pass_both_ways() -> None:
    """Requests and replies in chunks pass as they came, with extensions and trailers, one after the other."""
    with chunking_server() as (target, received), FaultProxy(target.url, always(SOUND)) as server:
        with connect(server) as client:
            for _ in range(2):
                client.sendall(CHUNKED_HEAD + CHUNKED_BODY)
                whole = CHUNKED_REPLY_HEAD + CHUNKED_REPLY_BODY
                assert exactly(client, len(whole)) == whole
                assert received.get(timeout=10) == CHUNKED_HEAD + CHUNKED_BODY


@pytest.mark.parametrize(
    ("point", "there", "back"),
    [
        (DropPoint.DURING_UPLOAD, CHUNKED_BODY[: len(CHUNKED_BODY) // 2], b""),
        (DropPoint.IN_BODY, CHUNKED_BODY, CHUNKED_REPLY_HEAD + CHUNKED_REPLY_BODY[: len(CHUNKED_REPLY_BODY) // 2]),
    ],
)
def test_chunks_break(point: DropPoint, there: bytes, back: bytes) -> None:
    """Of messages in chunks half of the bytes of the body get through, framing included."""
    with chunking_server() as (target, received), FaultProxy(target.url, always(Fault(point))) as server:
        with connect(server) as client:
            client.sendall(CHUNKED_HEAD + CHUNKED_BODY)
            assert read_all(client) == (back, False)
        assert received.get(timeout=10) == CHUNKED_HEAD + there


def test_what_is_no_chunk_ends_the_connection(target: ScriptedServer) -> None:
    """A body in chunks without a size is passed on to nobody."""
    with FaultProxy(target.url, always(SOUND)) as server, connect(server) as client:
        client.sendall(CHUNKED_HEAD + b"none\r\n")
        assert read_all(client) == (b"", False)


def test_head_without_an_end_ends_the_connection(target: ScriptedServer) -> None:
    """Headers that never end do not fill the memory."""
    with FaultProxy(target.url, always(SOUND)) as server, connect(server) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(b"x" * (2 * 1024 * 1024))
        with contextlib.suppress(ConnectionError):
            assert client.recv(1) == b""


@pytest.mark.parametrize(
    ("request_line", "answer", "goes_on"),
    [
        (b"HEAD /", b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n", True),
        (b"GET /", b"HTTP/1.1 304 Not Modified\r\ncontent-length: 8\r\n\r\n", True),
        (b"GET /", b"HTTP/1.0 200 OK\r\n\r\nall that comes", False),
        (b"GET /", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", True),
    ],
    ids=["head", "not-modified", "until-the-end", "continue"],
)
def test_replies_end_where_http_says(request_line: bytes, answer: bytes, goes_on: bool) -> None:
    """A reply to HEAD has no body, one without a length ends with the connection, and leave to send is passed over."""

    def behave(connection: socket.socket) -> None:
        while goes_on and connection.recv(1024):
            connection.sendall(answer)
        if not goes_on:
            connection.recv(1024)
            connection.sendall(answer)

    through = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    with scripted_server(behave) as target, FaultProxy(target.url, always(SOUND)) as server:
        with connect(server) as client:
            for _ in range(2 if goes_on else 1):
                client.sendall(request_line + b" HTTP/1.1\r\nHost: sandbox\r\n\r\n")
                assert exactly(client, len(through)) == through
            if not goes_on:
                assert client.recv(1) == b""


def test_replies_wait(target: ScriptedServer, behind: Behind) -> None:
    """Before the reply gets through the proxy waits as long as it shall; the server behind has answered by then."""
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        # The server behind reads on only once the request is whole.
        waits.append(seconds)

    fault = Fault(delay=2.5)
    with FaultProxy(target.url, always(fault), sleep=sleep) as server:
        with connect(server) as client:
            assert [answer(client), answer(client)] == [REPLY, REPLY]
        assert (waits, server.struck) == ([2.5, 2.5], {fault: 2})
    assert behind.received.get(timeout=10) == 2 * (HEAD + BODY)


def test_replies_trickle(target: ScriptedServer) -> None:
    """A slow reply comes in twentieths of a second, as fast as it shall."""
    waits: list[float] = []
    with FaultProxy(target.url, always(Fault(bytes_per_second=100)), sleep=waits.append) as server:
        with connect(server) as client:
            assert answer(client) == REPLY
    assert waits == [0.05] * -(-len(REPLY) // 5)


def test_half_a_reply_trickles(target: ScriptedServer) -> None:
    """Being slow and breaking go together."""
    waits: list[float] = []
    fault = Fault(DropPoint.IN_BODY, resets=True, delay=1, bytes_per_second=1000)
    with FaultProxy(target.url, always(fault), sleep=waits.append) as server:
        with connect(server) as client:
            client.sendall(HEAD + BODY)
            assert read_all(client) == (REPLY_HEAD + b"abcd", True)
    assert waits[0] == 1
    assert len(waits) > 1


def test_black_hole_swallows_requests(target: ScriptedServer, behind: Behind) -> None:
    """A request into a black hole is passed on to nobody and never answered, until the client gives up."""
    fault = Fault(hangs=True)
    with FaultProxy(target.url, always(fault)) as server:
        with connect(server) as client:
            client.sendall(HEAD + BODY)
            client.settimeout(0.05)
            with pytest.raises(TimeoutError):
                client.recv(1)
        assert behind.received.get(timeout=10) == b""
        assert server.struck == {fault: 1}


@pytest.mark.parametrize("fault", [Fault(hangs=True), Fault(delay=10_000), Fault(bytes_per_second=0.001)], ids=str)
def test_closing_waits_for_no_fault(target: ScriptedServer, fault: Fault) -> None:
    """A proxy closes at once, whatever its connections wait for."""
    with FaultProxy(target.url, always(fault)) as server:
        client = connect(server)
        client.sendall(HEAD + BODY)
        while not server.struck:
            pass
    with client:
        assert client.recv(1) == b""
    assert not [each for each in threading.enumerate() if each.name == "fault-proxy"]


def test_ended_connections_leave_no_threads_behind(target: ScriptedServer) -> None:
    """A proxy that serves for long keeps no account of the connections that have ended."""
    with FaultProxy(target.url, always(SOUND)) as server:
        for _ in range(50):
            with connect(server) as client:
                assert answer(client) == REPLY
        assert len(server._threads) < 20


@pytest.mark.parametrize("target", ["https://api.example", "127.0.0.1:80", "http://"])
def test_target_is_an_http_url(target: str) -> None:
    """A proxy that could not reach its target is not made."""
    with pytest.raises(ValueError, match="target: a base URL such as"):
        FaultProxy(target, always(SOUND))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Fault(delay=-1), "delay: a number of seconds from 0, not -1"),
        (lambda: Fault(delay=float("nan")), "delay: a number of seconds from 0, not nan"),
        (lambda: Fault(bytes_per_second=0), "bytes_per_second: a number over 0, or None for no bound, not 0"),
    ],
)
def test_fault_names_figures_out_of_range(make: Callable[[], Fault], said: str) -> None:
    """A fault with a figure that makes no sense is refused by name."""
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        make()


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (SOUND, "sound"),
        (Fault(DropPoint.IN_BODY, resets=True), "in_body-reset"),
        (Fault(delay=0.5, bytes_per_second=10, hangs=True), "after-0.5s-10B/s-hangs"),
    ],
)
def test_faults_have_names(fault: Fault, word: str) -> None:
    """A fault names itself in a word, for the ids of tests."""
    assert str(fault) == word
