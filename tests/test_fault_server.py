"""The fault server itself, over bare sockets: calls break where it says and nowhere else."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from queue import Queue

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fault_plans import SOUND, Fault, FaultPoint, always, drawn, on_reuse
from tests.fault_server import FaultServer
from tests.scripted_server import ScriptedServer, reply, scripted_server

BODY = b"0123456789"
HEAD = b"POST /v2/image HTTP/1.1\r\nHost: sandbox\r\ncontent-length: 10\r\n\r\n"
REPLY = reply(b"abcdefgh")
REPLY_HEAD = REPLY.removesuffix(b"abcdefgh")

PASSING = {
    FaultPoint.IDLE: (b"", b""),
    FaultPoint.BEFORE_HEADERS: (b"", b""),
    FaultPoint.DURING_UPLOAD: (HEAD + BODY[:5], b""),
    FaultPoint.AFTER_UPLOAD: (HEAD + BODY, b""),
    FaultPoint.AFTER_HEADERS: (HEAD + BODY, REPLY_HEAD),
    FaultPoint.IN_BODY: (HEAD + BODY, REPLY_HEAD + b"abcd"),
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


def connect(server: FaultServer) -> socket.socket:
    """Connect as a client does."""
    return socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10)


def answer(client: socket.socket, request: bytes = HEAD + BODY) -> bytes:
    """Send a request and wait for the whole reply."""
    client.sendall(request)
    return client.recv(len(REPLY), socket.MSG_WAITALL)


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
def test_calls_break_at_the_named_point(
    target: ScriptedServer, behind: Behind, point: FaultPoint, resets: bool
) -> None:
    """Up to its point request and reply get through, and nothing beyond; then the connection ends as it should."""
    fault = Fault(point, resets)
    there, back = PASSING[point]
    with FaultServer(target.url, always(fault)) as server:
        with contextlib.ExitStack() as stack:
            if point is FaultPoint.IDLE and resets:
                # The reset may come before the connection is made on this side.
                stack.enter_context(contextlib.suppress(ConnectionResetError))
            client = stack.enter_context(connect(server))
            if point is not FaultPoint.IDLE:
                client.sendall(HEAD + BODY)
            assert read_all(client) == (back, resets)
        assert behind.received.get(timeout=10) == there
        assert server.struck == {fault: 1}


def test_sound_requests_pass_one_after_the_other(target: ScriptedServer, behind: Behind) -> None:
    """Without a fault requests and replies pass whole over one connection, also with a head longer than one read."""
    long = HEAD.replace(b"Host: sandbox", b"Host: sandbox\r\nPadding: " + bytes(100_000).replace(b"\0", b"x"))
    with FaultServer(target.url, always(SOUND)) as server:
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

    with scripted_server(behave) as target, FaultServer(target.url, always(SOUND)) as server:
        with connect(server) as client:
            client.sendall(b"GET /v2/videos/1 HTTP/1.1\r\nHost: sandbox\r\n\r\n")
            assert client.recv(1024) == bare


def test_first_request_of_a_connection_passes_and_the_second_breaks(target: ScriptedServer) -> None:
    """With `on_reuse` each connection is good for one request."""
    fault = Fault(FaultPoint.BEFORE_HEADERS)
    with FaultServer(target.url, on_reuse(fault)) as server:
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
    with FaultServer(target.url, always(SOUND)) as server:
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
    with FaultServer(target.url, always(SOUND)) as server:
        client = connect(server)
        assert answer(client) == REPLY
    with client:
        assert client.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(server)
    assert not [each for each in threading.enumerate() if each.name == "fault-server"]


@pytest.mark.parametrize(("sent", "struck"), [(b"", {}), (HEAD[:20], {SOUND: 1}), (HEAD + BODY[:5], {SOUND: 1})])
def test_clients_may_leave_early(target: ScriptedServer, behind: Behind, sent: bytes, struck: dict[Fault, int]) -> None:
    """A client that leaves before its request is whole harms nothing, and the server behind is not asked."""
    with FaultServer(target.url, always(SOUND)) as server:
        with connect(server) as client:
            client.sendall(sent)
        assert behind.received.get(timeout=10) == b""
        assert server.struck == struck


def test_connection_ends_where_nobody_is_behind(target: ScriptedServer) -> None:
    """If the server behind is gone, connections are taken and end at once."""
    url = target.url
    target.close()
    with FaultServer(url, always(SOUND)) as server, connect(server) as client:
        assert read_all(client) == (b"", False)
        assert server.struck == {}
