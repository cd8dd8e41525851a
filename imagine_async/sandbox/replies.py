"""What the sandbox answers when it does not answer with a picture."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from imagine_async.catalog import ERROR_CODES

__all__ = ["RefusedError", "page_not_found", "wrong_method", "wrong_path"]


class RefusedError(Exception):
    """A request that gets nothing, with the code of the documented table that says why.

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
        self.own_status = status
        self.headers = headers

    @property
    def status(self) -> int:
        """The HTTP status in v2."""
        return self.row.status if self.own_status is None else self.own_status


def wrong_path(request: Request, _error: Exception) -> Response:
    """Answer a path that is not there, in the plain text of an Express server.

    Args:
        request: The request.
        _error: Starlette's exception.
    """
    return PlainTextResponse(f"Cannot {request.method} {request.url.path}", 404)


def wrong_method(request: Request, _error: Exception) -> Response:
    """Answer a method that the path does not know, and name those that it does.

    Args:
        request: The request.
        _error: Starlette's exception, which names the methods of one route, where a path may have several.
    """
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    known = {method for route in routes if route.path_regex.match(request.url.path) for method in route.methods or ()}
    headers = {"allow": ", ".join(sorted(known))}
    return PlainTextResponse(f"Cannot {request.method} {request.url.path}", 405, headers=headers)


async def page_not_found(_request: Request) -> Response:
    """Answer a documented path that is switched off, with the page that the live service was once seen to send.

    Args:
        _request: The request.
    """
    return HTMLResponse("<!doctype html><title>404</title><h1>Page not found</h1>", 404)
