"""A proxy that breaks its connections after so many bytes, and takes none from then on."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

__all__ = ["cutting_proxy"]


@contextlib.contextmanager
def cutting_proxy(port: int, after: int) -> Iterator[int]:
    """Run a proxy for the length of a block; yield its port.

    Args:
        port: Where the server listens.
        after: Bytes from the client to the server, all connections together.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    open_sockets: list[socket.socket] = [listener]
    left = [after]

    def close_all() -> None:
        for opened in open_sockets:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()

    def pump(source: socket.socket, target: socket.socket, *, is_counted: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if is_counted:
                    left[0] -= len(piece)
                    if left[0] < 0:
                        close_all()
                        return
                target.sendall(piece)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                open_sockets.extend([client, server])
                threading.Thread(target=pump, args=(client, server), kwargs={"is_counted": True}).start()
                threading.Thread(target=pump, args=(server, client), kwargs={"is_counted": False}).start()

    threading.Thread(target=accept).start()
    try:
        yield listener.getsockname()[1]
    finally:
        close_all()
