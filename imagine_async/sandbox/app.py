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
from starlette.routing import Route

from imagine_async.sandbox.accounts import Accounts
from imagine_async.sandbox.admin.access import Access, AdminError, admin_refused
from imagine_async.sandbox.admin.changing import changing_routes
from imagine_async.sandbox.admin.reading import reading_routes
from imagine_async.sandbox.calls.log import CallLog
from imagine_async.sandbox.calls.recorder import CallRecorder
from imagine_async.sandbox.cors import OpenToBrowsers
from imagine_async.sandbox.creating import picture_routes
from imagine_async.sandbox.dialects import refused
from imagine_async.sandbox.faults import Faults
from imagine_async.sandbox.faults.application import FaultySandbox
from imagine_async.sandbox.guard import KeyGuard
from imagine_async.sandbox.openapi.document import description_route
from imagine_async.sandbox.replies import RefusedError, wrong_method, wrong_path
from imagine_async.sandbox.results.picture_replies import PictureReplies
from imagine_async.sandbox.results.serving import ResultRoute
from imagine_async.sandbox.results.signing import Signer
from imagine_async.sandbox.results.store import Result, ResultStore
from imagine_async.sandbox.room import PixelRoom
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.studio.routes import studio_routes
from imagine_async.sandbox.timeline import Timeline
from imagine_async.sandbox.videos.asking import asking_routes
from imagine_async.sandbox.videos.creating import creation_routes
from imagine_async.sandbox.videos.encoding import best_format
from imagine_async.sandbox.videos.films import Films
from imagine_async.sandbox.videos.job_clock import JobClock
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

    Its `state.accounts` are the `Accounts`, whose books `GET /_sandbox/books` shows as well, and its `state.calls` the
    latest calls.

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
    # First of all: what cannot be read shall leave no books open.
    committed = None if faults is None else Faults.of(faults)
    settings = SandboxSettings() if settings is None else settings
    engine = _default_engine() if engine is None else engine
    parts = _Parts(settings, engine, clock)
    app = FaultySandbox(
        committed,
        clock,
        routes=[*_api_routes(parts), *_admin_routes(parts), description_route(settings)],
        middleware=[
            Middleware(OpenToBrowsers),
            Middleware(CallRecorder, log=parts.log, timeline=parts.timeline),
            Middleware(KeyGuard, accounts=parts.accounts),
        ],
        exception_handlers={404: wrong_path, 405: wrong_method, RefusedError: refused, AdminError: admin_refused},
    )
    app.router.redirect_slashes = False
    app.state.accounts, app.state.calls = parts.accounts, parts.log
    return app


class _Parts:
    """What the routes of a sandbox share."""

    def __init__(self, settings: SandboxSettings, engine: Engine, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.engine = engine
        self.timeline = Timeline(clock)
        self.job_clock = JobClock(clock, settings.video_speed)
        self.accounts = Accounts(settings, clock=clock)
        self.log = CallLog(settings.max_calls)


def _api_routes(parts: _Parts) -> list[Route]:
    """Put together everything that the accounts pay for."""
    settings = parts.settings
    signer = Signer(parts.timeline, settings.result_url_seconds)
    pictures = ResultStore(settings.max_result_bytes)
    jobs = Jobs(settings, parts.timeline, parts.job_clock)
    room = PixelRoom(settings.max_pixels)
    films = Films(jobs, parts.engine, ResultStore(settings.max_result_bytes), best_format())
    return [
        *picture_routes(settings, parts.engine, PictureReplies(settings, pictures, signer), parts.log, room),
        *creation_routes(settings, jobs, room),
        *asking_routes(settings, jobs, films, signer),
        ResultRoute(signer, _Results(pictures, films).find).route(),
    ]


def _admin_routes(parts: _Parts) -> list[Route]:
    access = Access(parts.settings)
    return [
        *reading_routes(access, parts.accounts, parts.log),
        *changing_routes(access, parts.accounts, parts.settings, parts.job_clock),
        *studio_routes(access, parts.accounts, parts.log, parts.settings),
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
