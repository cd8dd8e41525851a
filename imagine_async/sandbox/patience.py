"""Connections that bring their requests slowly, or none at all, are closed: uvicorn waits for the head without end."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["PatientProtocol"]

# From the first byte of a request's head, or from the connection, to the head's last byte.
_HEAD_SECONDS = 20.0


class PatientProtocol(H11Protocol):
    """HTTP/1.1 over a connection that is closed when the head of a request takes too long."""

    head_seconds = _HEAD_SECONDS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first head."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Go on reading a head, a body, or what comes after the reply to a request that was refused early."""
        super().data_received(data)
        if self._is_answering():
            self._stop_waiting()
        else:
            self._await_head()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, unless a reply has been begun: then there is nothing left to say."""
        cycle: Any = self.cycle
        if self._is_answering():
            # Whatever the application says of this request from now on would be a second reply.
            cycle.disconnected = True
            cycle.message_event.set()
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _is_answering(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _give_up(self) -> None:
        self._deadline = None
        # A pipelined request may have begun to be answered since.
        if not self._is_answering():
            self.timeout_keep_alive_handler()
