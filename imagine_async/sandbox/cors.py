"""Calls from web pages: the API and the results may be used from everywhere, as the live API may, and nothing else."""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from imagine_async.sandbox.dialects import dialect_of
from imagine_async.sandbox.results.signing import RESULTS_PATH

__all__ = ["OpenToBrowsers"]


class OpenToBrowsers:
    """Lets pages of any origin call the API and fetch results; books and admin API stay closed to them.

    It stands before the guard, because a browser asks without the key whether it may send one.

    Args:
        app: The application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._closed = app
        self._open = CORSMiddleware(
            app, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=["*"]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of any kind, as ASGI wants it."""
        app = self._open if scope["type"] == "http" and _is_open(scope["path"]) else self._closed
        await app(scope, receive, send)


def _is_open(path: str) -> bool:
    return dialect_of(path) is not None or path.startswith(f"{RESULTS_PATH}/")
