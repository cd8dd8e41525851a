"""A reply as faults see it: whole and in memory, with what shall become of it on its way."""

from __future__ import annotations

from typing import Self, TypeAlias

from attrs import evolve, field, frozen

__all__ = ["Cut", "Headers", "Pace", "Reply"]

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]


@frozen
class Cut:
    """Where a reply breaks off.

    Args:
        head: Whether status line and headers get through.
        body: Bytes of the body that get through.
        resets: Whether the connection is reset; otherwise it ends in order.
    """

    head: bool
    body: int
    resets: bool


@frozen
class Pace:
    """How slowly a body leaves.

    Args:
        piece: Bytes that leave at once, at least 1.
        bytes_per_second: How many leave in a second, over 0.
    """

    piece: int
    bytes_per_second: float


@frozen
class Reply:
    """A reply, and what shall become of it.

    Args:
        status: The HTTP status.
        headers: Names, in lower case, and values.
        body: The whole body.
        delay: Seconds before it begins to leave.
        pace: How slowly the body leaves; `None` for at once.
        cut: Where it breaks off; `None` where it gets through.
    """

    status: int
    headers: Headers
    body: bytes = field(default=b"", repr=False)
    delay: float = 0.0
    pace: Pace | None = None
    cut: Cut | None = None

    @classmethod
    def dropped(cls, *, resets: bool) -> Self:
        """Make a reply of which nothing gets through, whatever it might have been."""
        return cls(500, (), cut=Cut(head=False, body=0, resets=resets))

    def header(self, name: bytes) -> bytes:
        """Return a header's value; empty where it is not there.

        Args:
            name: The name, in lower case.
        """
        return dict(reversed(self.headers)).get(name, b"")

    def with_header(self, name: bytes, value: bytes) -> Self:
        """Return the reply with a header in place of those of its name.

        Args:
            name: The name, in lower case.
            value: The value.
        """
        return evolve(self, headers=(*(each for each in self.headers if each[0] != name), (name, value)))

    def with_body(self, body: bytes) -> Self:
        """Return the reply with another body, whose length it announces.

        Args:
            body: The body.
        """
        return evolve(self, body=body).with_header(b"content-length", str(len(body)).encode())
