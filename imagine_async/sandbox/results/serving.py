"""The path of the results, which refuses in the XML of an S3-compatible store."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from xml.sax.saxutils import escape

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imagine_async.sandbox.results.ranges import reply_with
from imagine_async.sandbox.results.signing import RESULTS_PATH, Signer
from imagine_async.sandbox.results.store import Result

__all__ = ["ResultRoute"]

_logger = logging.getLogger(__name__)


@frozen
class ResultRoute:
    """Serves results to whoever has a URL that is signed and has not ended.

    Args:
        signer: What checks the URLs.
        find: Looks a result up by name, which may take long.
    """

    signer: Signer
    find: Callable[[str], Awaitable[Result | None]]

    def route(self) -> Route:
        """Return the path, for the application."""
        return Route(f"{RESULTS_PATH}/{{name}}", self.serve, methods=["GET"])

    async def serve(self, request: Request) -> Response:
        """Answer one request.

        Args:
            request: The request.
        """
        name = request.path_params["name"]
        if "authorization" in request.headers:
            return _error(400, "InvalidArgument", "Only one auth mechanism allowed.")
        if objection := self.signer.objection(name, request.query_params):
            return _error(403, "AccessDenied", objection)
        try:
            result = await self.find(name)
        except Exception:
            _logger.exception("The result %s cannot be made", name)
            return _error(500, "InternalError", "The result cannot be made.")
        if result is None:
            return _error(404, "NoSuchKey", "The specified key does not exist.")
        return reply_with(result, request.headers.get("range"))


def _error(status: int, code: str, message: str) -> Response:
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{error}', status, media_type="application/xml")
