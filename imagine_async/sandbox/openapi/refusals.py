"""The replies to refused calls, from the documented table of codes."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from attrs import frozen

from imagine_async.catalog import ERROR_CODES, SOURCES
from imagine_async.sandbox.dialects import V1, Dialect
from imagine_async.sandbox.openapi.headers import QUOTA, RETRY_AFTER
from imagine_async.sandbox.openapi.invented import INVENTED
from imagine_async.sandbox.settings import SandboxSettings

__all__ = ["ERROR_SCHEMAS", "NO_SUCH_PATH", "OF_FORMS", "OF_KEYS", "UNKNOWN_VIDEO", "Refusal", "refusals"]

NO_SUCH_PATH = {"text/plain": {"schema": {"type": "string"}}}
"""The body of a path or method that is not there."""


@frozen
class Refusal:
    """One reason to refuse.

    Args:
        code: A key of `catalog.ERROR_CODES`.
        status: The HTTP status, where it is not the code's own.
    """

    code: int
    status: int | None = None

    def status_in(self, dialect: Dialect) -> int:
        """Return the HTTP status in a generation of the API.

        Args:
            dialect: The generation.
        """
        return self.status or dialect.statuses.get(self.code, ERROR_CODES[self.code].status)


OF_KEYS = (Refusal(1000), Refusal(1001), Refusal(1002), Refusal(1202))
"""Why any call is refused."""
OF_FORMS = (Refusal(1100), Refusal(1103), Refusal(1100, 408), Refusal(1100, 413), Refusal(1101), Refusal(1200))
"""Why a creating call is refused as well."""
UNKNOWN_VIDEO = (Refusal(1100, 404),)
"""Why a call about a video is refused as well."""

ERROR_SCHEMAS: dict[str, Any] = {
    "Error": {
        "type": "object",
        "description": f"An error of v2. Source: {SOURCES['errors']}.",
        "x-source": "errors",
        "required": ["status", "code", "error", "message"],
        "properties": {
            "status": {"const": "error"},
            "code": {"type": "integer", "enum": list(ERROR_CODES)},
            "error": {"type": "string", "enum": sorted({row.name for row in ERROR_CODES.values()})},
            "message": {"type": "string"},
        },
        "x-codes": {
            str(row.code): {
                "status": row.status,
                "error": row.name,
                "meaning": row.meaning,
                "x-inferred-status": row.status_inferred,
            }
            for row in ERROR_CODES.values()
        },
    },
    "V1Error": {
        "type": "object",
        "description": "An error of v1. The vendor's JavaScript client names the members; what they hold is invented.",
        "x-source": "v1 SDKs",
        "required": ["code", "details", "error"],
        "properties": {
            "code": {"type": "integer", "description": "The HTTP status.", **INVENTED},
            "details": {"type": "array", "items": {"type": "string"}},
            "error": {"type": "string", **INVENTED},
        },
    },
}
"""The bodies of errors."""


def refusals(dialect: Dialect, reasons: Iterable[Refusal], settings: SandboxSettings) -> dict[str, Any]:
    """Describe the replies to refused calls.

    Args:
        dialect: The generation of the API.
        reasons: Why calls are refused.
        settings: Whether a 429 names its wait.

    Returns:
        Replies by status.
    """
    codes: dict[int, list[int]] = {}
    for reason in reasons:
        codes.setdefault(reason.status_in(dialect), []).append(reason.code)
    return {str(status): _reply(dialect, status, codes[status], settings) for status in sorted(codes)}


def _reply(dialect: Dialect, status: int, codes: list[int], settings: SandboxSettings) -> dict[str, Any]:
    meanings = "; ".join(f"{code}: {ERROR_CODES[code].meaning}" for code in codes)
    headers = {**QUOTA, **(RETRY_AFTER if status == HTTPStatus.TOO_MANY_REQUESTS and settings.retry_after else {})}
    return {
        "description": f"{HTTPStatus(status).phrase}. {meanings}.",
        "headers": headers,
        "content": {"application/json": {"schema": _body(dialect, codes)}},
    }


def _body(dialect: Dialect, codes: list[int]) -> dict[str, Any]:
    if dialect is V1:
        return {"$ref": "#/components/schemas/V1Error"}
    return {"allOf": [{"$ref": "#/components/schemas/Error"}, {"properties": {"code": {"enum": sorted(set(codes))}}}]}
