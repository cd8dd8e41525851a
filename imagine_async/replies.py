"""What a reply means: status, headers and body in; a picture's facts or a typed error out. No I/O.

The API's own code comes before the HTTP status, and no body, however odd, breaks the parser.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from http.client import responses
from math import isfinite

from imagine_async import errors
from imagine_async.errors import APIError, ReplyError
from imagine_async.sniff import Picture, begins_like_a_picture, is_complete, sniff_bytes

__all__ = ["BODY_EXCERPT_CHARACTERS", "error_from_reply", "parse_retry_after", "picture_from_reply"]

BODY_EXCERPT_CHARACTERS = 2000

_BY_CODE: Mapping[int, type[APIError]] = {
    **dict.fromkeys((*range(1000, 1008), 1208), errors.AuthenticationError),
    1100: errors.BadRequestError,
    1101: errors.InsufficientCreditsError,
    1103: errors.BadRequestError,
    1200: errors.ServiceUnavailableError,
    1201: errors.ServiceUnavailableError,
    1202: errors.RateLimitedError,
}
_BY_STATUS: Mapping[int, type[APIError]] = {
    401: errors.AuthenticationError,
    402: errors.InsufficientCreditsError,
    403: errors.AuthenticationError,
    404: errors.NotFoundError,
    424: errors.InsufficientCreditsError,
    429: errors.RateLimitedError,
    503: errors.ServiceUnavailableError,
}


def error_from_reply(
    status: int, headers: Mapping[str, str], body: bytes, *, now: float, call_id: str | None = None
) -> APIError:
    """Turn a reply of failure into an error.

    Args:
        status: The HTTP status.
        headers: The headers, with names in lower case.
        body: The body, or its beginning.
        now: Seconds since the epoch, to read a date in `Retry-After`.
        call_id: The call's id.

    Returns:
        The error, of the class that its code, else its status, names.
    """
    excerpt = _excerpt(body)
    members = _members(body)
    code = _code(members.get("code"))
    name = _text(members.get("error"))
    said = _text(members.get("message")) or _text(members.get("details"))
    return _class_for(code, status)(
        _describe(status, code, name, said),
        status=status,
        code=code,
        name=name,
        body=excerpt,
        retry_after=parse_retry_after(headers, now=now),
        call_id=call_id,
    )


def picture_from_reply(
    status: int, headers: Mapping[str, str], body: bytes, *, now: float, call_id: str | None = None
) -> Picture:
    """Find the picture in a reply of success.

    Args:
        status: The HTTP status, of 2xx.
        headers: The headers, with names in lower case.
        body: The whole body.
        now: Seconds since the epoch.
        call_id: The call's id.

    Returns:
        The picture's format and size.

    Raises:
        APIError: The body is one of the API's own errors.
        UnexpectedReplyError: The body is no picture.
        TruncatedReplyError: The picture is cut.
    """
    picture = sniff_bytes(body)
    if picture is None:
        raise _no_picture(status, headers, body, now, call_id)
    if not is_complete(body, picture):
        raise errors.TruncatedReplyError(
            f"the {picture.format} of {picture.width}x{picture.height} pixels is cut after {len(body)} bytes; "
            "it was made and probably charged",
            status=status,
            call_id=call_id,
        )
    return picture


def parse_retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Read how long a server asks to wait.

    Args:
        headers: The headers, with names in lower case.
        now: Seconds since the epoch.

    Returns:
        Seconds, 0 for a date that has passed; `None` where nothing sensible is said.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _number(value)
    return _seconds_until(value, now) if seconds is None and value else seconds


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None


def _seconds_until(date: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
        # A date that names no zone is in UTC; Python would take it for local time.
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, aware.timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


def _no_picture(
    status: int, headers: Mapping[str, str], body: bytes, now: float, call_id: str | None
) -> APIError | ReplyError:
    if str(_members(body).get("status", "")).lower() == "error":
        return error_from_reply(status, headers, body, now=now, call_id=call_id)
    if begins_like_a_picture(body):
        return errors.TruncatedReplyError(
            f"the picture is cut within its header, after {len(body)} bytes", status=status, call_id=call_id
        )
    kind = headers.get("content-type", "no content type")
    return errors.UnexpectedReplyError(
        f"status {status} with {len(body)} bytes of {kind} where a picture belongs; it may have been charged",
        status=status,
        body=_excerpt(body),
        call_id=call_id,
    )


def _class_for(code: int | None, status: int) -> type[APIError]:
    if code is not None and code in _BY_CODE:
        return _BY_CODE[code]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return errors.ServerError
    return errors.BadRequestError if 400 <= status < 500 else APIError


def _members(body: bytes) -> Mapping[str, object]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _code(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def _text(value: object) -> str | None:
    if isinstance(value, list):
        value = "; ".join(str(item) for item in value)
    if not isinstance(value, str) or not value:
        return None
    # JSON can hold lone surrogates, with which no log could be written.
    return value[:BODY_EXCERPT_CHARACTERS].encode(errors="replace").decode()


def _excerpt(body: bytes) -> str:
    return body[: 4 * BODY_EXCERPT_CHARACTERS].decode("utf-8", "replace")[:BODY_EXCERPT_CHARACTERS]


def _describe(status: int, code: int | None, name: str | None, said: str | None) -> str:
    number = f"status {status}" if code is None else f"status {status}, code {code}"
    return ": ".join(text for text in (number, name, said or _meaning(status)) if text)


def _meaning(status: int) -> str:
    """Say what a status means where the body says nothing, as with a proxy's page."""
    phrase = responses.get(status, "a status that HTTP does not define")
    return f"{phrase}; the body holds no message of the API"
