"""From a finished job to its files, which are made when they are first asked for."""

from __future__ import annotations

import uuid
from io import BytesIO
from typing import TYPE_CHECKING

from attrs import frozen
from PIL import Image

from imagine_async.catalog import Style
from imagine_async.sandbox.results.store import Result, ResultStore
from imagine_async.sandbox.threads import PAINTERS, in_thread
from imagine_async.sandbox.videos.camera import frames
from imagine_async.sandbox.videos.encoding import FilmFormat
from imagine_async.sandbox.videos.framing import with_margin
from imagine_async.sandbox.videos.jobs import Job, Jobs

if TYPE_CHECKING:
    from imagine_async.sandbox.engines import Engine

__all__ = ["Films"]

_THUMBNAIL_QUALITY = 85


@frozen
class Films:
    """The files of finished jobs.

    Args:
        jobs: The jobs.
        engine: What paints the picture that the camera moves over.
        store: Where files are kept while there is room; one that is gone is made again.
        format: The kind of film.
    """

    jobs: Jobs
    engine: Engine
    store: ResultStore
    format: FilmFormat

    def names(self, job: Job) -> tuple[str, str]:
        """Return the names of a job's film and of its thumbnail.

        Args:
            job: The job.
        """
        return f"{job.id}.{self.format.suffix}", f"{job.id}.jpg"

    async def find(self, name: str) -> Result | None:
        """Look a file up, and make it where that has not been done yet.

        Args:
            name: The file's name.

        Returns:
            The file, or `None` where it belongs to no finished job.
        """
        job = self.jobs.finished(name.partition(".")[0])
        if job is None:
            return None
        return self.store.get(name) or await in_thread(lambda: self._made(job, name), PAINTERS)

    def _made(self, job: Job, name: str) -> Result | None:
        with job.lock:
            found = self.store.get(name)
            if found is not None:
                return found
            files = dict(zip(self.names(job), self._files(job), strict=True))
            for own_name, file in files.items():
                self.store.put(own_name, file)
            return files.get(name)

    def _files(self, job: Job) -> tuple[Result, Result]:
        picture, size = self._picture(job), job.task.size
        film = self.format.encode(frames(picture, size, seed=_seed(job)), size)
        thumbnail = BytesIO()
        picture.resize(size, Image.Resampling.BICUBIC).save(thumbnail, "JPEG", quality=_THUMBNAIL_QUALITY)
        return Result(film, self.format.media_type), Result(thumbnail.getvalue(), "image/jpeg")

    def _picture(self, job: Job) -> Image.Image:
        task = job.task
        if task.source is not None:
            return Image.open(BytesIO(task.source), formats=("JPEG",)).convert("RGB")
        size = with_margin(task.size)
        return self.engine.text_to_image(task.prompt, style=Style.IMAGINE_TURBO, size=size, seed=_seed(job))


def _seed(job: Job) -> int:
    """Return a seed that is the job's own, because no caller can choose one."""
    return 1 + uuid.UUID(job.id).int % (2**31 - 1)
