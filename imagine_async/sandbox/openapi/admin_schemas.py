"""What the sandbox's own calls answer."""

from __future__ import annotations

from typing import Any

__all__ = ["ACCOUNT", "ADMIN_SCHEMAS", "BOOKS", "CALLS", "STATEMENT", "TERMS"]

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_TOKENS = {"type": "integer"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_COUNT_OR_NULL = {"type": ["integer", "null"]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


TERMS: dict[str, Any] = {
    "credits": {"type": ["integer", "null"], "minimum": 0, "description": "Tokens; null for no end of them."},
    "rate_limit": {
        "type": ["string", "null"],
        "pattern": r"^[1-9][0-9]{0,8}/([1-9][0-9]{0,8})?(s|min)$",
        "description": "Requests in any window, as 50/60s, 5/s or 100/min; null for no limit.",
    },
    "concurrency": {
        "type": ["integer", "null"],
        "minimum": 1,
        "description": "Calls that cost tokens at one time; null for no limit.",
    },
}
"""What a plan says."""

BOOKS, STATEMENT, CALLS, ACCOUNT = _ref("Books"), _ref("Statement"), _ref("Calls"), _ref("Account")
"""References to the replies."""

_LINE = _object({"calls": _COUNT, "tokens": _COUNT})
_PLAN = _object({"name": _TEXT, "credits": _COUNT_OR_NULL, "rate_limit": _TEXT_OR_NULL, "concurrency": _COUNT_OR_NULL})
_BOOKS_OF_ONE = _object(
    {
        "id": _TEXT,
        "account": {**_TEXT, "description": "The end of its key."},
        "calls": _COUNT,
        "tokens": _COUNT,
        "credits_left": _COUNT_OR_NULL,
        "tokens_reserved": _COUNT,
        "calls_released": _COUNT,
        "calls_refunded": _COUNT,
        "lines": {"type": "object", "additionalProperties": _LINE},
    }
)
_ENTRY = _object(
    {
        "number": _COUNT,
        "at": {**_TEXT, "format": "date-time"},
        "account": _TEXT,
        "kind": {"enum": ["grant", "charge", "refund"]},
        "line": _TEXT,
        "tokens": _TOKENS,
        "call": _TEXT,
    }
)
_CALL = _object(
    {
        "at": {**_TEXT, "format": "date-time"},
        "method": _TEXT,
        "path": _TEXT,
        "id": _TEXT,
        "sequence": _COUNT,
        "account": _TEXT_OR_NULL,
        "endpoint": _TEXT_OR_NULL,
        "prompt": _TEXT_OR_NULL,
        "style": _TEXT_OR_NULL,
        "seed": _COUNT_OR_NULL,
        "tokens": _COUNT,
        "status": _COUNT_OR_NULL,
        "code": _COUNT_OR_NULL,
        "message": _TEXT_OR_NULL,
        "media_type": _TEXT_OR_NULL,
        "bytes_sent": _COUNT,
        "seconds": {"type": ["number", "null"]},
        "whole": {"type": "boolean"},
    }
)
_ACCOUNT = _object(
    {
        "id": _TEXT,
        "account": {**_TEXT, "description": "The end of its key."},
        "plan": _PLAN,
        "credits_left": _COUNT_OR_NULL,
        "expires_at": {"type": ["number", "null"], "description": "Seconds since 1970."},
        "revoked": {"type": "boolean"},
        "created_at": {**_TEXT, "format": "date-time"},
    }
)
# Only the reply that opens an account shows its key.
_ACCOUNT["properties"]["key"] = _TEXT

ADMIN_SCHEMAS: dict[str, Any] = {
    "AdminError": _object({"error": _TEXT}),
    "Books": _object({"accounts": _list_of(_BOOKS_OF_ONE)}),
    "Statement": _object({"entries": _list_of(_ENTRY)}),
    "Calls": _object({"calls": _list_of(_CALL), "last": _COUNT}),
    "Account": _ACCOUNT,
}
"""The components."""
