"""What the two generations of the API do differently: where the key stands, and how a request is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType

from attrs import field, frozen
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from imagine_async.sandbox.replies import RefusedError

__all__ = ["V1", "V2", "Dialect", "dialect_of", "refused"]

# The vendor's clients for v1 know 424 as "not enough tokens", and no 406; the Python one breaks over unknown numbers.
_V1_STATUSES: Mapping[int, int] = MappingProxyType({1000: 401, 1002: 401, 1101: 424})


@frozen
class Dialect:
    """One generation of the API.

    Args:
        prefix: What its paths begin with.
        naked_key_header: A header that may hold the key without a scheme; `None` where there is none.
        refuse: Makes the reply to a refused request.
        statuses: The HTTP statuses of codes, where they are not those of the documented table.
    """

    prefix: str
    naked_key_header: str | None
    refuse: Callable[[RefusedError], Response] = field(eq=False)
    statuses: Mapping[int, int] = MappingProxyType({})

    def key(self, headers: Headers) -> str | None:
        """Find the key in a request's headers.

        Args:
            headers: The request's.

        Returns:
            The key, or `None` where there is none.
        """
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and key.strip():
            return key.strip()
        naked = "" if self.naked_key_header is None else headers.get(self.naked_key_header, "")
        return naked.strip() or None


def _refuse_in_v2(refusal: RefusedError) -> Response:
    """Return the documented body of an error."""
    row = refusal.row
    body = {"status": "error", "code": row.code, "error": row.name, "message": refusal.message}
    return JSONResponse(body, refusal.status, headers=refusal.headers)


def _refuse_in_v1(refusal: RefusedError) -> Response:
    """Return the body that the vendor's JavaScript client expects; what its members hold nobody says."""
    status = _V1_STATUSES.get(refusal.row.code, refusal.row.status)
    status = status if refusal.own_status is None else refusal.own_status
    body = {"code": status, "details": [refusal.message], "error": HTTPStatus(status).phrase}
    return JSONResponse(body, status, headers=refusal.headers)


V2 = Dialect("/v2/", None, _refuse_in_v2)
V1 = Dialect("/v1/imagine/api/", "bearer", _refuse_in_v1, _V1_STATUSES)
"""The first generation, whose Python client sends a header named `Bearer`; source: v1 SDKs."""


def dialect_of(path: str) -> Dialect | None:
    """Return the generation that a path belongs to.

    Args:
        path: The request's path.
    """
    return next((dialect for dialect in (V2, V1) if f"{path}/".startswith(dialect.prefix)), None)


def refused(request: Request, error: Exception) -> Response:
    """Answer a refused request, as an exception handler of the application.

    Args:
        request: The request; its path lies below a generation's prefix.
        error: The refusal.
    """
    assert isinstance(error, RefusedError)
    return (dialect_of(request.scope["path"]) or V2).refuse(error)
