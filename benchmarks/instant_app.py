"""A server in this process that answers at once, so that nothing but the SDK takes time."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import httpx
from PIL import Image

from imagine_async import AsyncImagine

__all__ = ["INSTANT_PICTURE", "instant_client"]


def _picture() -> bytes:
    stream = BytesIO()
    Image.new("RGB", (16, 16)).save(stream, "PNG")
    return stream.getvalue()


INSTANT_PICTURE = _picture()
_HEADERS = [(b"content-type", b"image/png"), (b"content-length", str(len(INSTANT_PICTURE)).encode())]


async def _app(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": INSTANT_PICTURE})


def instant_client(**options: Any) -> AsyncImagine:
    """Make a client whose calls are answered at once, without a socket.

    Args:
        **options: As for the client; there is no rate limit unless one is given.
    """
    options = {"rate_limit": None, "concurrency": None, **options}
    http_client = httpx.AsyncClient(transport=httpx.ASGITransport(_app))
    return AsyncImagine("vk-benchmark", base_url="http://127.0.0.1:1", http_client=http_client, **options)
