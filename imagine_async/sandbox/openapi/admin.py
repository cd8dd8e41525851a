"""The sandbox's own calls below `/_sandbox`; all of them invented."""

from __future__ import annotations

from typing import Any

from imagine_async.sandbox.openapi.admin_schemas import ACCOUNT, BOOKS, CALLS, STATEMENT, TERMS
from imagine_async.sandbox.openapi.invented import INVENTED
from imagine_async.sandbox.settings import SandboxSettings

__all__ = ["admin_operations"]

Operation = dict[str, Any]
Operations = dict[tuple[str, str], Operation]

_ADMIN: list[Any] = [{"adminToken": []}, {"adminPassword": []}]
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[^/]+$"}}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
_AFTER = {"name": "after", "in": "query", "description": "What is known already.", "schema": _NUMBER}
_LIMIT = {"name": "limit", "in": "query", "description": "How many at most; 1000 count.", "schema": _NUMBER}
_WHOSE = {"name": "account", "in": "query", "description": "The id of an account.", "schema": {"type": "string"}}
_EXPIRY = {"expires_in": {"type": ["number", "null"], "minimum": 0, "description": "Seconds; null for never."}}
_REFUSALS = {
    "400": "A member or parameter is wrong.",
    "401": "The admin token is missing or wrong.",
    "404": "There is no such thing, or no longer.",
    "409": "What stands in the books does not allow it.",
    "413": "The body is too large.",
    "415": "The body is not application/json.",
}


def admin_operations(settings: SandboxSettings) -> Operations:
    """Describe the books, the log of calls, and the administrator's calls.

    Args:
        settings: Whether books and calls may be read by anybody.

    Returns:
        Operations by path and method.
    """
    found = _reading(settings) | _changing(settings)
    return {place: {"tags": ["sandbox"], **operation, **INVENTED} for place, operation in found.items()}


def _reading(settings: SandboxSettings) -> Operations:
    who, refused = (_ADMIN, ("401",)) if settings.private else ([], ())
    return {
        ("/openapi.json", "get"): _read("openapi", "This description.", {"type": "object"}, []),
        ("/_sandbox/books", "get"): _read("books", "What every account was charged.", BOOKS, who, *refused),
        ("/_sandbox/statement", "get"): {
            **_read("statement", "Every grant, charge and refund.", STATEMENT, who, "400", *refused),
            "parameters": [_WHOSE, _AFTER, _LIMIT],
        },
        ("/_sandbox/calls", "get"): {
            **_read("calls", "The latest calls, the last change last.", CALLS, who, "400", *refused),
            "parameters": [_AFTER, _LIMIT],
        },
        ("/_sandbox/calls/{id}/picture", "get"): _picture(who, *refused),
    }


def _picture(who: list[Any], *refused: str) -> Operation:
    pictures = {media_type: {"schema": {"contentMediaType": media_type}} for media_type in ("image/jpeg", "image/png")}
    return {
        **_read("call_picture", "The picture that a call got.", {}, who, "404", *refused),
        "parameters": [_ID],
        "responses": {"200": {"description": "The picture.", "content": pictures}, **_refused("404", *refused)},
    }


def _changing(settings: SandboxSettings) -> Operations:
    plans = {"plan": {"enum": [None, *sorted({plan.name for plan in (settings.plan, *settings.plans)})]}}
    terms = {**plans, **TERMS, **_EXPIRY}
    opening = {
        "key": {"type": ["string", "null"], "pattern": "^[!-~]+$", "description": "A random one by default."},
        **terms,
    }
    changes = {name: schema for name, schema in terms.items() if name != "credits"}
    tokens = {"tokens": {"type": "integer", "minimum": 1 - 2**53, "maximum": 2**53 - 1, "not": {"const": 0}}}
    advance = {"advance": {"type": "number", "minimum": 0, "description": "Seconds."}}
    accounts = {"type": "object", "required": ["accounts"], "properties": {"accounts": _list_of(ACCOUNT)}}
    one = "/_sandbox/accounts/{id}"
    return {
        ("/_sandbox/accounts", "get"): _read("accounts", "Every account and its terms.", accounts, _ADMIN, "401"),
        ("/_sandbox/accounts", "post"): _write(
            "open_account", "Open an account.", opening, ACCOUNT, "409", status="201"
        ),
        (one, "patch"): _with_id(_write("change_account", "Change an account's terms.", changes, ACCOUNT)),
        (one, "delete"): _with_id(_read("revoke_key", "Revoke an account's key.", ACCOUNT, _ADMIN, "401")),
        (f"{one}/credits", "post"): _with_id(
            _write("grant", "Give an account tokens, or take some back.", tokens, ACCOUNT, "409", required=("tokens",))
        ),
        ("/_sandbox/clock", "post"): _write(
            "advance", "Move the clock of the video jobs on.", advance, _ADVANCED, required=("advance",)
        ),
    }


_ADVANCED = {"type": "object", "required": ["advanced"], "properties": {"advanced": {"type": "number"}}}


def _list_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def _read(name: str, summary: str, schema: dict[str, Any], who: list[Any], *refused: str) -> Operation:
    return {
        "operationId": f"sandbox.{name}",
        "summary": summary,
        "security": who,
        "responses": {"200": _json("Done.", schema), **_refused(*refused)},
    }


def _write(
    name: str,
    summary: str,
    members: dict[str, Any],
    schema: dict[str, Any],
    *refused: str,
    required: tuple[str, ...] = (),
    status: str = "200",
) -> Operation:
    body = {"type": "object", "required": list(required), "properties": members, "additionalProperties": False}
    return {
        **_read(name, summary, schema, _ADMIN),
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {status: _json("Done.", schema), **_refused("400", "401", "413", "415", *refused)},
    }


def _with_id(operation: Operation) -> Operation:
    responses = {**operation["responses"], **_refused("404")}
    # An id with a slash in it makes another path.
    responses["404"]["content"] |= {"text/plain": {"schema": {"type": "string"}}}
    return {**operation, "parameters": [_ID], "responses": responses}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _refused(*statuses: str) -> dict[str, Any]:
    return {status: _json(_REFUSALS[status], {"$ref": "#/components/schemas/AdminError"}) for status in statuses}
