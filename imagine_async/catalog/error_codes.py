"""The documented error table of v2."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen

__all__ = ["ERROR_CODES", "ErrorCode"]


@frozen
class ErrorCode:
    """One row of the documented error table.

    Args:
        code: The number in the reply's `code` member.
        status: The HTTP status it comes with.
        name: The text of the reply's `error` member.
        meaning: What went wrong.
        status_inferred: True where the page's sample shows no status.
    """

    code: int
    status: int
    name: str
    meaning: str
    status_inferred: bool = field(default=False, kw_only=True)


ERROR_CODES: Mapping[int, ErrorCode] = MappingProxyType(
    {
        row.code: row
        for row in (
            ErrorCode(1000, 400, "BadRequest", "bearer token missing"),
            ErrorCode(1001, 401, "Unauthorized", "bearer token invalid"),
            ErrorCode(1002, 406, "NotAcceptable", "bearer token expired"),
            ErrorCode(1003, 400, "BadRequest", "captcha could not be validated"),
            ErrorCode(1004, 400, "BadRequest", "captcha required"),
            ErrorCode(1005, 401, "Unauthorized", "application could not be validated"),
            ErrorCode(1006, 401, "Unauthorized", "device validation failed"),
            ErrorCode(1007, 401, "Unauthorized", "account could not be validated"),
            ErrorCode(1100, 400, "BadRequest", "request invalid"),
            ErrorCode(1101, 402, "PaymentRequired", "not enough tokens"),
            ErrorCode(1103, 400, "InvalidBody", "a field of the body is missing or wrong", status_inferred=True),
            ErrorCode(1200, 503, "ServiceUnavailable", "service not available"),
            ErrorCode(1201, 503, "ServiceUnavailable", "a part of the service cannot be reached"),
            ErrorCode(1202, 429, "TooManyRequests", "too many requests"),
            ErrorCode(1208, 401, "Unauthorized", "API key invalid", status_inferred=True),
        )
    }
)
"""The documented codes; source: errors. The table is cut after 1202 in the copy that could be read."""
