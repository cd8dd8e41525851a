"""The bodies and queries of the admin API, checked member by member."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import aclosing
from typing import Any

from starlette.requests import Request

from imagine_async.sandbox.admin.access import AdminError

__all__ = ["number_in_query", "read_members", "text_or_none"]

_MAX_BYTES = 64 * 1024


async def read_members(request: Request, known: Collection[str]) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        request: The request. Its content type must be JSON, which no page of another origin may send without asking.
        known: The members that it may have.

    Raises:
        AdminError: It is none, is too large, or has other members.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise AdminError(415, "the body must be application/json")
    body = await _read(request)
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        raise AdminError(400, "the body is no JSON") from None
    if not isinstance(members, dict):
        raise AdminError(400, "the body must be a JSON object")
    if unknown := sorted(set(members) - set(known)):
        raise AdminError(400, f"{', '.join(unknown)}: not known; what is known: {', '.join(known)}")
    return members


async def _read(request: Request) -> bytes:
    body = bytearray()
    async with aclosing(request.stream()) as stream:
        async for piece in stream:
            body += piece
            if len(body) > _MAX_BYTES:
                raise AdminError(413, f"the body is larger than {_MAX_BYTES} bytes")
    return bytes(body)


def text_or_none(members: dict[str, Any], name: str) -> str | None:
    """Return a member that is text, where it is there.

    Args:
        members: The body.
        name: Which.

    Raises:
        AdminError: It is something else.
    """
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise AdminError(400, f"{name}: text, not {value!r}")
    return value


def number_in_query(request: Request, name: str, default: int, *, highest: int) -> int:
    """Read a whole number from the query.

    Args:
        request: The request.
        name: The number's name.
        default: What counts without it.
        highest: The largest that is taken.

    Raises:
        AdminError: It is no whole number from 0.
    """
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise AdminError(400, f"{name}: a whole number from 0, not {text[:40]!r}")
    return min(int(text), highest)
