"""The two endpoints that begin a video."""

from __future__ import annotations

import logging
import re
from io import BytesIO

from attrs import frozen
from PIL import Image
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from imagine_async.catalog import IMAGE_TO_VIDEO, TEXT_TO_VIDEO, Endpoint
from imagine_async.sandbox.accounts import Account
from imagine_async.sandbox.accounts.charges import Charge
from imagine_async.sandbox.admission import admitted, reserve
from imagine_async.sandbox.calls.call import LoggedCall
from imagine_async.sandbox.forms import Texts, check_texts, decode_files
from imagine_async.sandbox.multipart import read_form
from imagine_async.sandbox.pictures import flattened
from imagine_async.sandbox.replies import RefusedError
from imagine_async.sandbox.room import PixelRoom
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.threads import CHECKERS, in_thread
from imagine_async.sandbox.videos.framing import cut_to, film_size, nearest_film_size
from imagine_async.sandbox.videos.jobs import Job, Jobs, Task

__all__ = ["STYLE", "VideoCreation", "creation_routes"]

_logger = logging.getLogger(__name__)
# Every slug that was seen anywhere looks like this; which ones the live service knows is not published in full.
STYLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What the name of a model looks like."""
_QUALITY = 92


def creation_routes(settings: SandboxSettings, jobs: Jobs, room: PixelRoom) -> list[Route]:
    """Return the paths that begin a video.

    Args:
        settings: What is accepted and charged.
        jobs: Where jobs are kept.
        room: Where the pixels of uploaded pictures may lie.
    """
    creations = [VideoCreation(endpoint, settings, jobs, room) for endpoint in (TEXT_TO_VIDEO, IMAGE_TO_VIDEO)]
    return [Route(creation.endpoint.path, creation.serve, methods=["POST"]) for creation in creations]


@frozen
class VideoCreation:
    """One endpoint that begins a video, which is charged when its job is accepted.

    Args:
        endpoint: Which one.
        settings: What is accepted and charged.
        jobs: Where jobs are kept.
        room: Where the pixels of uploaded pictures may lie.
    """

    endpoint: Endpoint
    settings: SandboxSettings
    jobs: Jobs
    room: PixelRoom

    async def serve(self, request: Request) -> Response:
        """Answer one request.

        Args:
            request: The request.
        """
        settings, call = self.settings, request.state.call
        with admitted(request.state.account, settings):
            job = await self._begun(request, call)
        # The documented reply says so at once, although the job is still pending.
        return JSONResponse({"id": job.id, "status": "processing"})

    async def _begun(self, request: Request, call: LoggedCall) -> Job:
        settings = self.settings
        async with read_form(request, max_bytes=settings.max_body_bytes, patience=settings.body_patience) as form:
            texts = check_texts(self.endpoint, self._aliased(form), any_seed=True)
            call.describe(texts.endpoint.name, prompt=texts.values["prompt"], style=texts.style, seed=None)
            if not STYLE.fullmatch(texts.values["style"]):
                raise RefusedError(1100, "The style is not the name of a model.")
            task = await in_thread(lambda: self._task(texts), CHECKERS) if texts.files else self._task(texts)
        # In a thread, because the statement may be a file.
        return await in_thread(lambda: self._accept(request.state.account, texts, task, call), CHECKERS)

    def _aliased(self, form: FormData) -> FormData:
        if self.endpoint.field("file") is None or "file" in form or "image" not in form:
            return form
        _logger.warning("%s takes its picture as `file`; `image` may not do elsewhere", self.endpoint.path)
        return FormData([("file" if name == "image" else name, part) for name, part in form.multi_items()])

    def _task(self, texts: Texts) -> Task:
        return decode_files(
            texts, self.settings, self.room, lambda pictures: self._task_with(texts, pictures.get("file"))
        )

    def _task_with(self, texts: Texts, source: Image.Image | None) -> Task:
        size = self._size(texts.values.get("aspect_ratio"), source)
        coded = None if source is None else _coded(cut_to(flattened(source), size))
        return Task(self.endpoint.name, texts.values["prompt"], texts.values["style"], size, coded)

    def _size(self, ratio: str | None, source: Image.Image | None) -> tuple[int, int]:
        if ratio is None and source is not None:
            return nearest_film_size(source.size, self.settings.size("1:1"))
        return film_size(self.settings.size("1:1" if ratio is None else ratio))

    def _accept(self, account: Account, texts: Texts, task: Task, call: LoggedCall) -> Job:
        charge = reserve(account, texts, self.settings, call=call.id)
        try:
            job = self.jobs.add(account, task)
            account.settle(charge)
            call.tokens = charge.tokens
        finally:
            account.release(charge)
        self._promise_refund(account, charge, job)
        return job

    def _promise_refund(self, account: Account, charge: Charge, job: Job) -> None:
        if self.settings.refund_failed_jobs and self.jobs.fails(job):
            account.refund(charge, due=lambda: self.jobs.stage(job).is_over)


def _coded(picture: Image.Image) -> bytes:
    target = BytesIO()
    picture.save(target, "JPEG", quality=_QUALITY)
    return target.getvalue()
