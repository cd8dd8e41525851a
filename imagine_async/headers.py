"""Further HTTP headers of a call: checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping

from imagine_async.errors import InvalidRequestError

__all__ = ["checked_headers"]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset(
    {
        "accept-encoding",
        "authorization",
        "bearer",
        "connection",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
    }
)


def checked_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Check headers that a caller wants to send along.

    Args:
        headers: By name.

    Returns:
        The same, with names in lower case.

    Raises:
        InvalidRequestError: A name or value cannot stand in a request, or the SDK sets the header itself.
    """
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise InvalidRequestError("headers", type(headers).__name__, "pass a mapping of names to texts")
    return {_checked_name(name): _checked_value(name, value) for name, value in headers.items()}


def _checked_name(name: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidRequestError("headers", name, "this is no name of an HTTP header")
    if name.lower() in _OURS:
        raise InvalidRequestError("headers", name, "the SDK sets this header itself; the key goes into api_key=")
    return name.lower()


def _checked_value(name: str, value: str) -> str:
    # The value itself stays out of the message: it may be a secret.
    if not isinstance(value, str) or not value.isascii() or any(ord(sign) < 32 and sign != "\t" for sign in value):
        shown = f"<{type(value).__name__}>"
        raise InvalidRequestError(f"headers[{name!r}]", shown, "pass a text of ASCII characters on one line")
    if "\x7f" in value or value != value.strip():
        raise InvalidRequestError(
            f"headers[{name!r}]", "<text>", "remove white space at its ends and control characters"
        )
    return value
