"""Replies of failure, as typed errors. No I/O.

The API's own code comes before the HTTP status, and no body, however odd, breaks the parser.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.client import responses

from imagine_async import errors
from imagine_async.errors import APIError
from imagine_async.replies.body import BODY_EXCERPT_CHARACTERS, excerpt, members
from imagine_async.replies.waiting import parse_retry_after

__all__ = ["error_from_reply"]

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
    held = members(body)
    code = _code(held.get("code"))
    name = _text(held.get("error"))
    said = _text(held.get("message")) or _text(held.get("details"))
    return _class_for(code, status)(
        _describe(status, code, name, said),
        status=status,
        code=code,
        name=name,
        body=excerpt(body),
        retry_after=parse_retry_after(headers, now=now),
        call_id=call_id,
    )


def _class_for(code: int | None, status: int) -> type[APIError]:
    known = None if code is None else _BY_CODE.get(code)
    # "The request is invalid" under 404 says that what it names does not exist.
    if known is not None and not (known is errors.BadRequestError and status == 404):
        return known
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return errors.ServerError
    return errors.BadRequestError if 400 <= status < 500 else APIError


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


def _describe(status: int, code: int | None, name: str | None, said: str | None) -> str:
    number = f"status {status}" if code is None else f"status {status}, code {code}"
    return ": ".join(text for text in (number, name, said or _meaning(status)) if text)


def _meaning(status: int) -> str:
    """Say what a status means where the body says nothing, as with a proxy's page."""
    phrase = responses.get(status, "a status that HTTP does not define")
    return f"{phrase}; the body holds no message of the API"
