"""Where a connection may break, and the error that says so within a process: the words of faults, wherever they strike.

The sandbox's faults and the fault proxy of `imagine_async.testing` share them; neither needs the other.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["ConnectionDroppedError", "DropPoint"]


class DropPoint(StrEnum):
    """Where a call breaks; the further down, the more the client can know of what became of it."""

    IDLE = "idle"
    """Before a request comes: as soon as the connection is made, or right after the reply before."""
    BEFORE_HEADERS = "before_headers"
    """The request has arrived at the machine, and the server has read nothing of it."""
    DURING_UPLOAD = "during_upload"
    """The server has the headers and half of the request's body, and never gets the rest."""
    AFTER_UPLOAD = "after_upload"
    """The server has the whole request and has answered; nothing of the reply gets through."""
    AFTER_HEADERS = "after_headers"
    """The status line and the headers of the reply get through, and nothing of its body."""
    IN_BODY = "in_body"
    """Half of the reply's body gets through."""


class ConnectionDroppedError(ConnectionError):
    """A connection that a fault has broken, where there is no socket to break: an application in this process.

    Args:
        resets: Whether the connection is reset; otherwise it ends in order.
    """

    def __init__(self, *, resets: bool) -> None:
        how = "was reset" if resets else "ended"
        super().__init__(f"the connection {how} before the reply was whole, as a fault wants it")
        self.resets = resets
