"""A client of a running sandbox, and what that sandbox has charged."""

from __future__ import annotations

from typing import Any

from imagine_async import Middleware
from imagine_async.sandbox import RunningSandbox

__all__ = ["charged", "options"]


def options(server: RunningSandbox, *middleware: Middleware, **more: Any) -> dict[str, Any]:
    """Put together what a client is made with that has some middleware and no pacing."""
    return {"api_key": server.key, "base_url": server.base_url, "rate_limit": None, "middleware": middleware, **more}


def charged(server: RunningSandbox) -> dict[str, Any]:
    """Return the server's books of its only account."""
    (account,) = server.books()["accounts"]
    books: dict[str, Any] = account
    return books
