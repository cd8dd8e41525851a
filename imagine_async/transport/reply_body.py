"""The body of a reply, piece by piece, for results that go to disk."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Self

import anyio
import httpx

from imagine_async.errors import ImagineError
from imagine_async.transport.own_requests import pieces_of

__all__ = ["ReplyBody", "close_in_order"]


class ReplyBody:
    """An iterator over the pieces of a reply's body.

    Args:
        response: The reply; its body is not read yet.
        max_bytes: The largest body to take.
        too_large: Makes the error for one that is larger.
        errors: What the HTTP library raises.
    """

    def __init__(
        self,
        response: httpx.Response,
        max_bytes: int,
        *,
        too_large: Callable[[], ImagineError],
        errors: tuple[type[Exception], ...],
    ) -> None:
        self._response = response
        self._pieces = pieces_of(response)
        self._left = max_bytes
        self._too_large = too_large
        self._errors = errors

    def __aiter__(self) -> Self:
        """Return the iterator itself."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece."""
        piece = await anext(self._pieces)
        self._left -= len(piece)
        if self._left < 0:
            raise self._too_large()
        return piece

    async def aclose(self) -> None:
        """Close it, wherever it stands; the connection is kept only where the body was read to its end."""
        await close_in_order(self._response, self._pieces, self._errors)


async def close_in_order(
    response: httpx.Response, pieces: AsyncIterator[bytes], errors: tuple[type[Exception], ...]
) -> None:
    """Close a response whose body may stand anywhere, also while the task is being cancelled.

    Args:
        response: The response.
        pieces: The library's iterator over its body.
        errors: What the library raises.
    """
    with anyio.CancelScope(shield=True):
        with contextlib.suppress(*errors):
            await response.aclose()
        # This ends the library's iterators with an error of theirs. Leaving them as they are would leave them to
        # the garbage collector, at a moment when nobody can await their end.
        with contextlib.suppress(*errors):
            async for _ in pieces:
                pass
