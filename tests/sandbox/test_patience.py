"""Connections that bring requests slowly, or none."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from imagine_async.sandbox.patience import PatientProtocol

if TYPE_CHECKING:
    from imagine_async.sandbox.server import RunningSandbox

HEAD = b"GET /_sandbox/books HTTP/1.1\r\nHost: sandbox\r\n"


@pytest.fixture
def connection(running: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Open a connection to a sandbox that waits for a fifth of a second."""
    monkeypatch.setattr(PatientProtocol, "head_seconds", 0.2)
    url = httpx.URL(running.base_url)
    with socket.create_connection((url.host, url.port or 80), timeout=20) as connection:
        yield connection


def _rest(connection: socket.socket) -> bytes:
    """Read until the server closes; fails if it never does."""
    received = bytearray()
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return bytes(received)


@pytest.mark.parametrize("begun", [b"", b"GET /_sand", HEAD], ids=["nothing", "half a line", "no end"])
def test_head_that_never_ends(connection: socket.socket, begun: bytes) -> None:
    """A connection is closed that brings no request, or a part of one."""
    connection.sendall(begun)
    assert _rest(connection) == b""


def test_head_that_drips(connection: socket.socket) -> None:
    """Further bytes of a head win no time."""
    with pytest.raises(OSError):
        for _ in range(10_000):
            connection.sendall(b"x")
            time.sleep(0.005)


def test_body_that_drips_after_its_refusal(connection: socket.socket) -> None:
    """A request that is refused before its body came does not hold the connection by sending on."""
    connection.sendall(b"POST /v2/x HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 1000000\r\n\r\n")
    assert connection.recv(65536).startswith(b"HTTP/1.1 400")
    with pytest.raises(OSError):
        for _ in range(10_000):
            connection.sendall(b"x")
            time.sleep(0.005)


def test_pause_between_requests(connection: socket.socket) -> None:
    """A connection may rest between requests for longer than a head may take."""
    for pause in (0, 0.5):
        time.sleep(pause)
        connection.sendall(HEAD + b"\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_garbage_behind_a_request(running: RunningSandbox, connection: socket.socket) -> None:
    """What is no HTTP and follows a request in the same breath ends the connection, and nothing else."""
    key = f"Authorization: Bearer {running.key}\r\n".encode()
    connection.sendall(
        b"GET /v2/video/1/status HTTP/1.1\r\nHost: sandbox\r\n" + key + b"\r\n" + b"\0garbage\r\n\r\n" * 9
    )
    assert _rest(connection).startswith(b"HTTP/1.1 4")
    assert httpx.get(f"{running.base_url}/_sandbox/books").status_code == 200
