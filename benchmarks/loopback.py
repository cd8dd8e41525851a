"""A server that is never the bottleneck: it reads requests, waits if it is told to, and answers from memory.

It runs on uvloop in a process of its own and does next to nothing for a request; what a client by hand gets out of it
stands in `RESULTS.md`. It answers every peer in the form that the peer expects.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import ssl
import struct
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from io import BytesIO
from typing import cast

import trustme
import uvloop
from attrs import frozen
from PIL import Image

from benchmarks.own_process import served

__all__ = ["Loopback", "loopback", "picture_of"]

_LIMIT_BYTES = 64 * 1024


@frozen
class Loopback:
    """Where a server listens.

    Args:
        url: Its root.
        authority: The file with the certificate to trust; `None` where nothing is encrypted.
    """

    url: str
    authority: str | None = None


@contextlib.contextmanager
def loopback(*, reply_bytes: int = 1024, seconds: float = 0.0, tls: bool = False) -> Generator[Loopback, None, None]:
    """Serve in a process of its own until the block ends.

    Args:
        reply_bytes: How large the picture is that every call is answered with.
        seconds: How long the server waits, from the last byte of a request on.
        tls: Whether to encrypt, with a certificate of an authority made for this.
    """
    with contextlib.ExitStack() as stack:
        context, authority = stack.enter_context(_certified()) if tls else (None, None)
        serve = partial(_serve, answers=_answers(picture_of(reply_bytes)), seconds=seconds, context=context)
        url = stack.enter_context(served(serve))
        yield Loopback(url.replace("http:", "https:", 1) if tls else url, authority)


def picture_of(size: int) -> bytes:
    """Make a whole PNG of about so many bytes: its text says nothing, at length.

    Args:
        size: In bytes; a picture is never smaller than some 100.
    """
    stream = BytesIO()
    Image.new("RGB", (16, 16)).save(stream, "PNG")
    picture = stream.getvalue()
    text = b"tEXt" + b"padding\0" + b"a" * max(0, size - len(picture) - 20)
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return picture[:-12] + chunk + picture[-12:]


@contextlib.contextmanager
def _certified() -> Iterator[tuple[ssl.SSLContext, str]]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with authority.cert_pem.tempfile() as path:
        yield context, path


def _answers(picture: bytes) -> Mapping[bytes, bytes]:
    """Put answers together, by a word in the path: what each peer takes for a picture."""
    text = base64.b64encode(picture).decode()
    inline = f"data:image/png;base64,{text}"
    prediction = {
        "id": "1",
        "model": "owner/model",
        "version": "1",
        "status": "succeeded",
        "input": {},
        "output": inline,
        "source": "api",
        "urls": {"get": "/predictions/1", "cancel": "/predictions/1/cancel"},
    }
    return {
        b"/images/": _as_json({"created": 1, "data": [{"b64_json": text}]}),
        b"/predictions": _as_json(prediction, status="201 Created"),
        b"/fal/": _as_json({"images": [{"url": inline, "content_type": "image/png"}]}),
        b"": _reply("image/png", picture),
    }


def _as_json(answer: object, status: str = "200 OK") -> bytes:
    return _reply("application/json", json.dumps(answer).encode(), status)


def _reply(media_type: str, body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _serve(
    listener: socket.socket, *, answers: Mapping[bytes, bytes], seconds: float, context: ssl.SSLContext | None
) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        delay = partial(loop.call_later, seconds) if seconds else None
        server = await loop.create_server(lambda: _Protocol(answers, delay), sock=listener, ssl=context)
        await server.serve_forever()

    uvloop.run(serve())


class _Protocol(asyncio.Protocol):
    """One connection."""

    def __init__(self, answers: Mapping[bytes, bytes], delay: Callable[..., object] | None) -> None:
        self._answers = answers
        self._delay = delay
        self._held = b""
        self._left = 0
        self._answer = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Count down the body of the request; nobody sends two at once."""
        if self._left:
            self._left -= len(data)
        elif not self._begin(self._held + data):
            return
        if self._left <= 0:
            self._left = 0
            self._reply()

    def _begin(self, held: bytes) -> bool:
        """Read the head, if it is whole; note how much of the body has still to come."""
        end = held.find(b"\r\n\r\n")
        if end < 0:
            assert len(held) < _LIMIT_BYTES, "this is no request"
            self._held = held
            return False
        head = held[:end]
        path = head[: head.index(b"\r\n")]
        self._answer = next(answer for word, answer in self._answers.items() if word in path)
        _, _, after = head.lower().partition(b"\r\ncontent-length:")
        self._left = int(after.split(b"\r\n", 1)[0] or 0) - (len(held) - end - 4)
        self._held = b""
        return True

    def _reply(self) -> None:
        assert self._transport is not None
        if self._delay is None:
            self._transport.write(self._answer)
        else:
            self._delay(self._transport.write, self._answer)
