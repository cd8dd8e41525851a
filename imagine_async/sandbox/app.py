"""The sandbox as an ASGI application.

Nothing that belongs to an event loop is kept between requests, so one application serves asyncio and trio, and several
loops at once; no lifespan events are needed.
"""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from attrs import frozen
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from imagine_async.catalog import ENDPOINTS, Endpoint
from imagine_async.sandbox.accounts import Account, Accounts
from imagine_async.sandbox.forms import Texts, check_texts, decode_order
from imagine_async.sandbox.guard import KeyGuard
from imagine_async.sandbox.multipart import read_form
from imagine_async.sandbox.painting import paint
from imagine_async.sandbox.replies import RefusedError, wrong_method, wrong_path
from imagine_async.sandbox.resizing import RESIZE_WITH_SIZE
from imagine_async.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from imagine_async.sandbox.engines import Engine

__all__ = ["create_app"]

T = TypeVar("T")

_logger = logging.getLogger(__name__)
# Two queues, so that a bad form need not wait for other people's pictures to be told so.
_checkers: RunVar[CapacityLimiter] = RunVar("imagine_async_sandbox_checkers")
_painters: RunVar[CapacityLimiter] = RunVar("imagine_async_sandbox_painters")


def create_app(
    settings: SandboxSettings | None = None,
    *,
    engine: Engine | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Starlette:
    """Build a sandbox.

    Its `state.accounts` are the `Accounts`, whose books `GET /_sandbox/books` shows as well.

    Args:
        settings: Keys, credits, limits and sizes; all have defaults.
        engine: What paints; the procedural engine by default.
        clock: Seconds on a clock that never steps back, for the rate limit.

    Returns:
        An ASGI application.
    """
    settings = SandboxSettings() if settings is None else settings
    engine = _default_engine() if engine is None else engine
    accounts = Accounts(settings, clock=clock)
    app = Starlette(
        routes=[
            *(_Creation(_extended(endpoint), settings, engine).route() for endpoint in ENDPOINTS),
            Route("/_sandbox/books", _Books(accounts).show, methods=["GET"]),
        ],
        middleware=[Middleware(KeyGuard, accounts=accounts)],
        exception_handlers={404: wrong_path, 405: wrong_method},
    )
    app.router.redirect_slashes = False
    app.state.accounts = accounts
    return app


def _default_engine() -> Engine:
    # NumPy and the painters are slow to import, and a caller with an engine of its own needs neither.
    from imagine_async.sandbox.engines import ProceduralEngine

    return ProceduralEngine()


def _extended(endpoint: Endpoint) -> Endpoint:
    return RESIZE_WITH_SIZE if endpoint.name == RESIZE_WITH_SIZE.name else endpoint


@frozen
class _Books:
    accounts: Accounts

    async def show(self, _request: Request) -> Response:
        return JSONResponse(self.accounts.books())


@frozen
class _Creation:
    """One creating endpoint: limit, form, credits, engine, in the order of the live service as far as it is known."""

    endpoint: Endpoint
    settings: SandboxSettings
    engine: Engine

    def route(self) -> Route:
        return Route(self.endpoint.path, self.serve, methods=["POST"])

    async def serve(self, request: Request) -> Response:
        try:
            return await self._create(request, request.state.account)
        except RefusedError as refusal:
            return refusal.reply()

    async def _create(self, request: Request, account: Account) -> Response:
        self._admit(account)
        settings = self.settings
        async with read_form(request, max_bytes=settings.max_body_bytes, patience=settings.body_patience) as form:
            texts = check_texts(self.endpoint, form, any_seed=settings.accept_any_seed)
            if texts.files:
                await _in_thread(lambda: decode_order(texts, settings), _checkers)
            body = await self._sell(texts, account)
        named = f"image/{self.endpoint.reply}" if self.settings.image_content_type else "application/octet-stream"
        return Response(body, media_type=named)

    def _admit(self, account: Account) -> None:
        quota = account.admit()
        if quota is None or quota.admitted:
            return
        headers = {"retry-after": str(math.ceil(quota.reset))} if self.settings.retry_after else None
        raise RefusedError(1202, "Too many requests.", headers=headers)

    async def _sell(self, texts: Texts, account: Account) -> bytes:
        charge = account.reserve(texts.line, self.settings.price(self.endpoint, texts.style))
        if charge is None:
            raise RefusedError(1101, "Not enough tokens.")

        def paint_and_settle() -> bytes:
            # Decoded once more: the pixels of all who wait for their turn would fill the memory.
            body = paint(self.engine, decode_order(texts, self.settings))
            account.settle(charge)
            return body

        try:
            return await _in_thread(paint_and_settle, _painters)
        except Exception as error:
            _logger.exception("The engine failed at %s", charge.line)
            raise RefusedError(1200, "The service is not available.") from error
        finally:
            # Does nothing once the picture is there, even if its client has gone by now.
            account.release(charge)


async def _in_thread(work: Callable[[], T], limiters: RunVar[CapacityLimiter]) -> T:
    """Run work in a thread, on as many at once as there are cores; a limiter belongs to the loop that runs."""
    limiter = limiters.get(None)
    if limiter is None:
        limiter = CapacityLimiter(os.cpu_count() or 1)
        limiters.set(limiter)
    return await to_thread.run_sync(work, limiter=limiter)
