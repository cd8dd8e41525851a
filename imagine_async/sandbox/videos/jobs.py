"""The video jobs of every account. Nothing here knows about an event loop, and nothing runs while a job is running."""

from __future__ import annotations

import itertools
import threading
import uuid
from datetime import datetime
from enum import Enum

from attrs import field, frozen

from imagine_async.sandbox.accounts import Account
from imagine_async.sandbox.replies import RefusedError
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.timeline import Timeline
from imagine_async.sandbox.videos.job_clock import JobClock

__all__ = ["Job", "Jobs", "Stage", "Task"]

# The number in the vendor's example, so that it is plain where ours come from.
_FIRST_NUMBER = 1265


class Stage(Enum):
    """Where a job stands, as the word of one documented reply and the number of the other."""

    PENDING = ("pending", 0)
    PROCESSING = ("processing", 1)
    FINISHED = ("finished", 2)
    FAILED = ("failed", 3)

    @property
    def word(self) -> str:
        """The `status` in the replies that have one."""
        return self.value[0]

    @property
    def code(self) -> int:
        """The `code` in the replies that have one."""
        return self.value[1]

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self in (Stage.FINISHED, Stage.FAILED)


@frozen
class Task:
    """What a job is to film.

    Args:
        variation: `text_to_video` or `image_to_video`.
        prompt: What its caller asked for.
        style: The video model.
        size: Pixels of the film, width and height.
        source: The picture that the film moves over, coded as JPEG; `None` where it is to be painted.
    """

    variation: str
    prompt: str
    style: str
    size: tuple[int, int]
    source: bytes | None = field(repr=False)


@frozen(eq=False)
class Job:
    """An accepted job.

    Args:
        task: What to film.
        begun: When it was accepted, on the jobs' clock.
        created_at: The same as a date.
        number: The number that one of the documented replies shows in place of the id.
        id: What the job is asked for with.
        lock: Held while the film is made, so that it is made once.
    """

    task: Task
    begun: float
    created_at: datetime
    number: int
    id: str = field(factory=lambda: str(uuid.uuid4()))
    lock: threading.Lock = field(factory=threading.Lock, repr=False)


class Jobs:
    """Every job that is remembered. Safe to use from several threads.

    Args:
        settings: How long jobs take, which of them fail, and how many are remembered for each account.
        timeline: The sandbox's clock, for the dates of jobs.
        clock: What their stages go by.
    """

    def __init__(self, settings: SandboxSettings, timeline: Timeline, clock: JobClock) -> None:
        self._settings = settings
        self._timeline = timeline
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = itertools.count(_FIRST_NUMBER)
        self._jobs: dict[Account, dict[str, Job]] = {}

    def add(self, account: Account, task: Task) -> Job:
        """Accept a job.

        Args:
            account: Whose it is.
            task: What to film.

        Raises:
            RefusedError: As many jobs of the account are running as are remembered.
        """
        with self._lock:
            own = self._jobs.setdefault(account, {})
            self._make_room(own)
            job = Job(task, self._clock.seconds(), self._timeline.shown_date(), next(self._numbers))
            own[job.id] = job
        return job

    def find(self, account: Account, job_id: str) -> Job:
        """Look up a job of an account.

        Args:
            account: Who asks.
            job_id: The id that its creation answered.

        Raises:
            RefusedError: There is none, or it is somebody else's.
        """
        with self._lock:
            job = self._jobs.get(account, {}).get(job_id)
        if job is None:
            raise _unknown()
        return job

    def delete(self, account: Account, job_id: str) -> None:
        """Forget a job of an account.

        Args:
            account: Who asks.
            job_id: The id that its creation answered.

        Raises:
            RefusedError: There is none, or it is somebody else's.
        """
        with self._lock:
            if self._jobs.get(account, {}).pop(job_id, None) is None:
                raise _unknown()

    def finished(self, job_id: str) -> Job | None:
        """Look up a job of any account whose film is there; `None` where there is none.

        Args:
            job_id: The id that its creation answered.
        """
        with self._lock:
            job = next((own[job_id] for own in self._jobs.values() if job_id in own), None)
        return job if job is not None and self.stage(job) is Stage.FINISHED else None

    def stage(self, job: Job) -> Stage:
        """Tell where a job stands now.

        Args:
            job: The job.
        """
        passed, needed = self._clock.seconds() - job.begun, self._settings.video_seconds
        if passed >= needed:
            return Stage.FAILED if self.fails(job) else Stage.FINISHED
        return Stage.PENDING if passed < needed / 2 else Stage.PROCESSING

    def fails(self, job: Job) -> bool:
        """Tell whether a job will fail or has failed.

        Args:
            job: The job.
        """
        prompt = job.task.prompt.casefold()
        return any(text.casefold() in prompt for text in self._settings.fail_prompts)

    def _make_room(self, own: dict[str, Job]) -> None:
        if len(own) < self._settings.max_jobs:
            return
        oldest = next((job for job in own.values() if self.stage(job).is_over), None)
        if oldest is None:
            raise RefusedError(1202, "Too many videos are being made.")
        del own[oldest.id]


def _unknown() -> RefusedError:
    return RefusedError(1100, "There is no such video.", status=404)
