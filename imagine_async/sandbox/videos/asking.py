"""Asking how a video stands, and deleting it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import frozen
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from imagine_async.catalog import DELETE_VIDEO, VIDEO_DELETE_PATHS, VIDEO_STATUS_PATHS
from imagine_async.sandbox.admission import admit
from imagine_async.sandbox.replies import page_not_found
from imagine_async.sandbox.results.signing import Signer
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.videos.films import Films
from imagine_async.sandbox.videos.jobs import Job, Jobs, Stage
from imagine_async.sandbox.videos.shapes import SHAPES, Shape, Urls

__all__ = ["ALSO_POST", "asking_routes"]

# The pages of these two say POST in their text, and use another method in their examples.
ALSO_POST = ("/v2/assets/{id}/status", DELETE_VIDEO.path)
"""The paths that answer to POST as well."""


def asking_routes(settings: SandboxSettings, jobs: Jobs, films: Films, signer: Signer) -> list[Route]:
    """Return every documented path of status and deletion; those that are switched off answer 404.

    Args:
        settings: Which paths are served.
        jobs: The jobs.
        films: The names of their files.
        signer: What makes URLs of these.
    """
    routes = []
    for path in VIDEO_STATUS_PATHS:
        status = _Status(settings, jobs, films, signer, SHAPES[path])
        routes.append(_route(path, "GET", status.serve if path in settings.status_paths else page_not_found))
    for path in VIDEO_DELETE_PATHS:
        deletion = _Deletion(settings, jobs)
        routes.append(_route(path, "DELETE", deletion.serve if path in settings.delete_paths else page_not_found))
    return routes


def _route(path: str, method: str, serve: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(path, serve, methods=[method, "POST"] if path in ALSO_POST else [method])


@frozen
class _Status:
    """One path of status."""

    settings: SandboxSettings
    jobs: Jobs
    films: Films
    signer: Signer
    shape: Shape

    async def serve(self, request: Request) -> Response:
        account = request.state.account
        admit(account, self.settings)
        job = self.jobs.find(account, request.path_params["id"])
        stage = self.jobs.stage(job)
        urls = self._urls(str(request.base_url), job) if stage is Stage.FINISHED else None
        return JSONResponse({"status": "success", "video": self.shape(job, stage, urls)})

    def _urls(self, base_url: str, job: Job) -> Urls:
        film, thumbnail = self.films.names(job)
        return self.signer.url(base_url, film), self.signer.url(base_url, thumbnail)


@frozen
class _Deletion:
    """One path of deletion."""

    settings: SandboxSettings
    jobs: Jobs

    async def serve(self, request: Request) -> Response:
        account = request.state.account
        admit(account, self.settings)
        self.jobs.delete(account, request.path_params["id"])
        return JSONResponse({"message": "video deleted", "status": "success"})
