"""What the sandbox answers when it does not answer with a picture."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from imagine_async.catalog import ERROR_CODES

__all__ = ["RefusedError", "wrong_method", "wrong_path"]


class RefusedError(Exception):
    """A request that gets no picture, with the code of the documented table that says why.

    Args:
        code: A key of `catalog.ERROR_CODES`.
        message: What is wrong, for people. Never holds a key.
        status: The HTTP status, where it is not the table's.
        headers: Headers that belong to the refusal.
    """

    def __init__(
        self, code: int, message: str, *, status: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.row = ERROR_CODES[code]
        self.message = message
        self.status = self.row.status if status is None else status
        self.headers = headers

    def reply(self) -> Response:
        """Return the documented error body as a reply."""
        body = {"status": "error", "code": self.row.code, "error": self.row.name, "message": self.message}
        return JSONResponse(body, self.status, headers=self.headers)


def wrong_path(request: Request, _error: Exception) -> Response:
    """Answer a path that is not there, in the plain text of an Express server.

    Args:
        request: The request.
        _error: Starlette's exception.
    """
    return PlainTextResponse(f"Cannot {request.method} {request.url.path}", 404)


def wrong_method(request: Request, error: Exception) -> Response:
    """Answer a method that the path does not know.

    Args:
        request: The request.
        error: Starlette's exception, which names the methods that would do.
    """
    return PlainTextResponse(
        f"Cannot {request.method} {request.url.path}", 405, headers=getattr(error, "headers", None)
    )
