"""What a connection gives back for a request: a head, and a body that has still to come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from attrs import frozen

__all__ = ["Reply", "ReplyPieces"]


class ReplyPieces(Protocol):
    """The body of a reply, piece by piece."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return the iterator."""
        ...

    @property
    def is_whole(self) -> bool:
        """Whether it has ended in order, so that the connection can be used again."""
        ...

    async def aclose(self) -> None:
        """Read no further."""
        ...


@frozen(eq=False, repr=False)
class Reply:
    """A reply whose body has still to come.

    Args:
        status: The HTTP status.
        headers: Names and values.
        pieces: The body.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    pieces: ReplyPieces
