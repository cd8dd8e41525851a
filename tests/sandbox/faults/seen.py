"""What the SDK makes of every kind of fault, and whether the server has charged."""

from __future__ import annotations

from imagine_async import (
    DisconnectedError,
    ImagineError,
    Outcome,
    RateLimitedError,
    ServerError,
    ServiceUnavailableError,
    UnexpectedReplyError,
)

__all__ = ["SEEN"]

SEEN: dict[str, tuple[type[ImagineError] | None, Outcome | None, int]] = {
    "drop:before_headers": (DisconnectedError, Outcome.UNKNOWN, 0),
    "drop:before_headers:reset": (DisconnectedError, Outcome.UNKNOWN, 0),
    "drop:during_upload": (DisconnectedError, Outcome.UNKNOWN, 0),
    "drop:during_upload:reset": (DisconnectedError, Outcome.UNKNOWN, 0),
    "drop:after_upload": (DisconnectedError, Outcome.UNKNOWN, 1),
    "drop:after_upload:reset": (DisconnectedError, Outcome.UNKNOWN, 1),
    "drop:after_headers": (DisconnectedError, Outcome.COMPLETED, 1),
    "drop:after_headers:reset": (DisconnectedError, Outcome.COMPLETED, 1),
    "drop:in_body": (DisconnectedError, Outcome.COMPLETED, 1),
    "drop:in_body:reset": (DisconnectedError, Outcome.COMPLETED, 1),
    "truncate:0.5": (DisconnectedError, Outcome.COMPLETED, 1),
    "storm": (RateLimitedError, Outcome.REJECTED, 0),
    "storm:absurd": (RateLimitedError, Outcome.REJECTED, 0),
    "html:502": (ServerError, Outcome.UNKNOWN, 0),
    "html:503": (ServiceUnavailableError, Outcome.REJECTED, 0),
    "html:504": (ServerError, Outcome.UNKNOWN, 0),
    "malformed_json": (UnexpectedReplyError, Outcome.UNKNOWN, 1),
    "wrong_type": (None, None, 1),
    "duplicate_headers": (None, None, 1),
    "clock_skew:-3600": (None, None, 1),
    "trickle:1000000": (None, None, 1),
    "latency:0": (None, None, 1),
}
"""The error, its outcome, and how many calls the server has charged; the guide's table says the same."""
