"""The request's body on its way to the application: thrown away, or cut."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

__all__ = ["CutUpload", "discard"]

_GONE: Message = {"type": "http.disconnect"}


async def discard(receive: Receive) -> None:
    """Read a request's body and throw it away, as a proxy does before it answers by itself.

    Args:
        receive: Where it comes from.
    """
    message = await receive()
    while message["type"] == "http.request" and message.get("more_body"):
        message = await receive()


class CutUpload:
    """Gives the application the beginning of a request's body, and then lets its client be gone.

    Args:
        scope: The request.
        receive: Where the body comes from.
        share: Which part of it the application gets, from 0 to less than 1.
    """

    def __init__(self, scope: Scope, receive: Receive, share: float) -> None:
        announced = Headers(scope=scope).get("content-length", "")
        self._receive = receive
        self._share = share
        # Of a body without a length nobody knows the half: there the first piece is shared.
        self._left = int(int(announced) * share) if announced.isascii() and announced.isdigit() else None

    async def __call__(self) -> Message:
        """Return the next piece, as ASGI's `receive` does."""
        if self._left == 0:
            return _GONE
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        body: bytes = message.get("body", b"")
        if self._left is None:
            if not body:
                return message
            self._left = int(len(body) * self._share)
        piece = body[: self._left]
        self._left -= len(piece)
        return {"type": "http.request", "body": piece, "more_body": True}
