"""A port that takes connections, and what is sent over them, and never answers but by hanging up."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self

__all__ = ["Listener"]


class Listener:
    """Listens for the length of a `with` block."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._data: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def received(self) -> bytes:
        """Hang up, and return what was sent."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        return b"".join(self._data)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.received()
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                with client:
                    self._data.append(client.recv(65536))
