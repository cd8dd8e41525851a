"""The sandbox as an ASGI application.

Nothing that belongs to an event loop is kept between requests, so one application serves asyncio and trio, and several
loops at once; no lifespan events are needed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from imagine_async.sandbox.accounts import Accounts
from imagine_async.sandbox.creating import picture_routes
from imagine_async.sandbox.dialects import refused
from imagine_async.sandbox.faults import Faults
from imagine_async.sandbox.faults.application import FaultySandbox
from imagine_async.sandbox.guard import KeyGuard
from imagine_async.sandbox.replies import RefusedError, wrong_method, wrong_path
from imagine_async.sandbox.results.picture_replies import PictureReplies
from imagine_async.sandbox.results.serving import ResultRoute
from imagine_async.sandbox.results.signing import Signer
from imagine_async.sandbox.results.store import Result, ResultStore
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.timeline import Timeline
from imagine_async.sandbox.videos.asking import asking_routes
from imagine_async.sandbox.videos.creating import creation_routes
from imagine_async.sandbox.videos.encoding import best_format
from imagine_async.sandbox.videos.films import Films
from imagine_async.sandbox.videos.jobs import Jobs

if TYPE_CHECKING:
    from imagine_async.sandbox.engines import Engine
    from imagine_async.sandbox.faults.loading import GivenFaults

__all__ = ["create_app"]


def create_app(
    settings: SandboxSettings | None = None,
    *,
    engine: Engine | None = None,
    clock: Callable[[], float] = time.monotonic,
    faults: GivenFaults | None = None,
) -> Starlette:
    """Build a sandbox.

    Its `state.accounts` are the `Accounts`, whose books `GET /_sandbox/books` shows as well.

    Args:
        settings: Keys, credits, limits and sizes; all have defaults.
        engine: What paints; the procedural engine by default.
        clock: Seconds on a clock that never steps back, for the rate limit, the video jobs and the URLs of results.
        faults: Faults to commit: a file's path, what such a file holds, a script of words, or `Faults`. Its
            `state.faults.struck` then counts, rule by rule, the requests that were struck.

    Returns:
        An ASGI application.

    Raises:
        FaultsError: The faults cannot be read, or hold what is no rule.
    """
    settings = SandboxSettings() if settings is None else settings
    engine = _default_engine() if engine is None else engine
    accounts = Accounts(settings, clock=clock)
    app = FaultySandbox(
        None if faults is None else Faults.of(faults),
        clock,
        routes=[*_routes(settings, engine, clock), Route("/_sandbox/books", _Books(accounts).show, methods=["GET"])],
        middleware=[Middleware(KeyGuard, accounts=accounts)],
        exception_handlers={404: wrong_path, 405: wrong_method, RefusedError: refused},
    )
    app.router.redirect_slashes = False
    app.state.accounts = accounts
    return app


def _routes(settings: SandboxSettings, engine: Engine, clock: Callable[[], float]) -> list[Route]:
    """Put together everything that the accounts pay for."""
    timeline = Timeline(clock)
    signer = Signer(timeline, settings.result_url_seconds)
    pictures = ResultStore(settings.max_result_bytes)
    jobs = Jobs(settings, timeline)
    films = Films(jobs, engine, ResultStore(settings.max_result_bytes), best_format())
    return [
        *picture_routes(settings, engine, PictureReplies(settings, pictures, signer)),
        *creation_routes(settings, jobs),
        *asking_routes(settings, jobs, films, signer),
        ResultRoute(signer, _Results(pictures, films).find).route(),
    ]


def _default_engine() -> Engine:
    # NumPy and the painters are slow to import, and a caller with an engine of its own needs neither.
    from imagine_async.sandbox.engines import ProceduralEngine

    return ProceduralEngine()


@frozen
class _Results:
    pictures: ResultStore
    films: Films

    async def find(self, name: str) -> Result | None:
        return self.pictures.get(name) or await self.films.find(name)


@frozen
class _Books:
    accounts: Accounts

    async def show(self, _request: Request) -> Response:
        return JSONResponse(self.accounts.books())
