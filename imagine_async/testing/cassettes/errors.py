"""What can be wrong with a cassette."""

from __future__ import annotations

from imagine_async.transport import NothingSentError

__all__ = ["CassetteDamagedError", "NotRecordedError"]


class NotRecordedError(NothingSentError):
    """The cassette holds no reply to a request; the message names what differs from the nearest that it holds."""


class CassetteDamagedError(NothingSentError):
    """The cassette's file, or that of a body, is missing, is none, or was changed."""
