"""Servers that run in a process of their own, so that they take no time from the one that is measured."""

from __future__ import annotations

import contextlib
import multiprocessing
import socket
from collections.abc import Callable, Generator

__all__ = ["served"]


@contextlib.contextmanager
def served(serve: Callable[[socket.socket], object]) -> Generator[str, None, None]:
    """Serve in a forked process until the block ends; yield the base URL.

    Args:
        serve: Gets a socket that listens, and serves until it is killed.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        process = multiprocessing.get_context("fork").Process(target=serve, args=(listener,), daemon=True)
        process.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            process.terminate()
            process.join()
