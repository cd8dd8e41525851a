"""One call on its way through a fault proxy: how far request and reply get, how fast, and how the connection ends."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

from attrs import frozen

from imagine_async.testing.fault_plans import DropPoint, Fault
from imagine_async.testing.http_framing import Head, exactly, read_body, read_head, reply_body

__all__ = ["Way"]

_PIECE_BYTES = 64 * 1024
_PIECES_PER_SECOND = 20
_CONTINUE = range(100, 200)


@frozen
class Way:
    """The two connections that requests go over, one after the other.

    Args:
        client: The client's.
        onward: The one to the server behind.
        sleep: Waits so many seconds.
    """

    client: socket.socket
    onward: socket.socket
    sleep: Callable[[float], None]

    def awaits_request(self) -> bool:
        """Wait for the first byte of a request and leave it unread; tell whether one came."""
        return bool(self.client.recv(1, socket.MSG_PEEK))

    def carries(self, fault: Fault) -> bool:
        """Carry a request and its reply as far as they get; tell whether the connection goes on.

        Args:
            fault: How they break.
        """
        if fault.hangs:
            self._swallow()
            return False
        passing, goes_on = self._passing(fault.point)
        if fault.delay:
            self.sleep(fault.delay)
        self._send(passing, fault.bytes_per_second)
        if fault.point is None and goes_on:
            return True
        # First the server behind: it shall not be read on while a client already tells of the fault.
        self.onward.close()
        (_reset if fault.resets else _end)(self.client)
        return False

    def _swallow(self) -> None:
        """Read and never answer, for as long as the client is there."""
        self.client.settimeout(None)
        while self.client.recv(_PIECE_BYTES):
            pass

    def _passing(self, point: DropPoint | None) -> tuple[bytes, bool]:
        """Send the request on; return what gets through of the reply, and whether the server behind goes on."""
        if point in (DropPoint.IDLE, DropPoint.BEFORE_HEADERS):
            return b"", False
        asked = read_head(self.client)
        if point is DropPoint.DURING_UPLOAD:
            self.onward.sendall(asked.data + self._half(asked))
            return b"", False
        self.onward.sendall(asked.data + read_body(self.client, asked))
        answered = self._final_head()
        body, is_last = reply_body(self.onward, answered, method=asked.method)
        return _beginning(point, answered, body), not is_last

    def _half(self, asked: Head) -> bytes:
        """Read half of a request's body; of one in chunks the whole, because its half is not known before."""
        if not asked.is_chunked:
            return exactly(self.client, (asked.length or 0) // 2)
        body = read_body(self.client, asked)
        return body[: len(body) // 2]

    def _final_head(self) -> Head:
        """Read past the leave to send a body, which has been sent by then."""
        head = read_head(self.onward)
        while head.status in _CONTINUE:
            head = read_head(self.onward)
        return head

    def _send(self, data: bytes, bytes_per_second: float | None) -> None:
        if bytes_per_second is None:
            self.client.sendall(data)
            return
        step = max(1, int(bytes_per_second / _PIECES_PER_SECOND))
        for start in range(0, len(data), step):
            self.sleep(step / bytes_per_second)
            self.client.sendall(data[start : start + step])


def _beginning(point: DropPoint | None, head: Head, body: bytes) -> bytes:
    if point is DropPoint.AFTER_UPLOAD:
        return b""
    if point is DropPoint.AFTER_HEADERS:
        return head.data
    return head.data + (body[: len(body) // 2] if point is DropPoint.IN_BODY else body)


def _end(end: socket.socket) -> None:
    """End in order, as web servers do: what still comes is thrown away, because closing upon it would reset."""
    end.shutdown(socket.SHUT_WR)
    while end.recv(_PIECE_BYTES):
        pass


def _reset(end: socket.socket) -> None:
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
