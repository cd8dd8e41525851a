"""Who may look at the books, and who may change accounts."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable

from attrs import frozen
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from imagine_async.sandbox.settings import SandboxSettings

__all__ = ["Access", "AdminError", "Serve", "admin_refused"]

Serve = Callable[[Request], Awaitable[Response]]


class AdminError(Exception):
    """A request to the admin API that gets nothing.

    Args:
        status: The HTTP status.
        message: What is wrong, and what would do.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def admin_refused(_request: Request, error: Exception) -> Response:
    """Answer a refused request, as an exception handler of the application.

    Args:
        _request: The request.
        error: The refusal.
    """
    assert isinstance(error, AdminError)
    # A browser then asks for the token: as the password, with any name.
    headers = {"www-authenticate": 'Basic realm="sandbox"'} if error.status == 401 else None
    return JSONResponse({"error": error.message}, error.status, headers=headers)


@frozen
class Access:
    """Asks for the admin token, as a bearer token or as the password of basic authentication.

    Args:
        settings: The token, and whether books and calls may be read without it.
    """

    settings: SandboxSettings

    def to_read(self, path: str, serve: Serve) -> Route:
        """Return a path that only shows something.

        Args:
            path: The path.
            serve: What answers.
        """
        return Route(path, self._behind_token(serve) if self.settings.private else serve, methods=["GET"])

    def to_change(self, path: str, serve: Serve, *methods: str) -> Route:
        """Return a path that is for the administrator alone.

        Args:
            path: The path.
            serve: What answers.
            *methods: The HTTP methods.
        """
        return Route(path, self._behind_token(serve), methods=list(methods))

    def _behind_token(self, serve: Serve) -> Serve:
        async def serve_administrator(request: Request) -> Response:
            given = _token(request.headers.get("authorization", ""))
            if not hmac.compare_digest(given, self.settings.admin_token.encode()):
                raise AdminError(401, "the admin token is missing or wrong: send it as `Authorization: Bearer ...`")
            return await serve(request)

        return serve_administrator


def _token(header: str) -> bytes:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode("latin-1")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""
