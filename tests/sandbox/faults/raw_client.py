"""A client that sees the bytes on the wire, and servers of every make that uvicorn has."""

from __future__ import annotations

import contextlib
import importlib.util
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from attrs import frozen

from imagine_async.sandbox import SandboxSettings, create_app
from tests.flat_engine import FlatEngine

__all__ = ["KEY", "MAKES", "Received", "exchange", "form", "get", "post", "uvicorn_port"]

KEY = "vk-sandbox"
MAKES = [
    pytest.param(http, loop, id=f"{http}-{loop}")
    for http in ("h11", "httptools")
    for loop in ("asyncio", "uvloop")
    # httptools comes with `uvicorn[standard]`, which the sandbox does not ask for.
    if importlib.util.find_spec(http) and importlib.util.find_spec(loop)
]
"""The HTTP parsers and event loops that are installed."""


@frozen
class Received:
    """What came back over a connection until it ended.

    Args:
        data: The bytes.
        is_reset: Whether it was a reset that ended it.
    """

    data: bytes
    is_reset: bool

    @property
    def head(self) -> bytes:
        """Status line and headers."""
        return self.data.partition(b"\r\n\r\n")[0]

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.data.split()[1])

    @property
    def body(self) -> bytes:
        """What came of the body."""
        return self.data.partition(b"\r\n\r\n")[2]

    def headers(self, name: str) -> list[str]:
        """Return all values of a header."""
        lines = [line.partition(": ") for line in self.head.decode().split("\r\n")[1:]]
        return [value for found, _, value in lines if found.lower() == name]


def form(**texts: str) -> bytes:
    """Build the body of a multipart form."""
    parts = [f'--x\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{texts[name]}\r\n' for name in texts]
    return "".join([*parts, "--x--\r\n"]).encode()


BODY = form(prompt="a fox", style="anime", seed="7")


def post(path: str = "/v2/image/generations", body: bytes = BODY, *, headers: str = "") -> bytes:
    """Build a request for a picture, the last one of its connection."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n{headers}"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str) -> bytes:
    """Build a request for a page, without a key, the last one of its connection."""
    return f"GET {path} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n\r\n".encode()


def exchange(base_url: str, request: bytes) -> Received:
    """Send a request over a connection of its own, and read until that ends."""
    data = b""
    with socket.create_connection(("127.0.0.1", int(base_url.rpartition(":")[2])), timeout=20) as client:
        client.sendall(request)
        try:
            while piece := client.recv(65_536):
                data += piece
        except ConnectionResetError:
            return Received(data, is_reset=True)
    return Received(data, is_reset=False)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextlib.contextmanager
def uvicorn_port(http: Any, loop: Any, *, side: int = 16, **parts: Any) -> Iterator[tuple[str, Any]]:
    """Run a sandbox under a uvicorn of a certain make; yield its base URL and its application."""
    settings = SandboxSettings(side=side, rate_limit=None, credits=None)
    app = create_app(settings, engine=FlatEngine(), **parts)
    # Without a configuration of its own uvicorn tells its complaints to the root, where a test finds them.
    server = _Server(uvicorn.Config(app, http=http, loop=loop, lifespan="off", log_level="warning", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        assert server.ready.wait(20)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", app
        finally:
            server.should_exit = True
            thread.join(20)
