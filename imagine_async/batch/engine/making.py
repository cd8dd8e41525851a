"""Making what a row asks for: one call, or, for a video, a call and a long wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from attrs import frozen

from imagine_async.batch.engine.storing import Made
from imagine_async.batch.journal.claims import Claim
from imagine_async.batch.journal.keeping import Journal
from imagine_async.requests import Request
from imagine_async.results import Image
from imagine_async.video import Video, VideoJob

__all__ = ["Caller", "Making"]


class Caller(Protocol):
    """The client's way of making calls for a batch."""

    async def send(self, request: Request[Any]) -> Image | VideoJob:
        """Make a call."""
        ...

    async def finish(self, job: VideoJob) -> Video:
        """Wait for a video job, and fetch its video."""
        ...


@frozen
class Making:
    """Makes pictures and videos.

    Args:
        caller: The client.
        journal: Is told of video jobs.
        resolved: Puts the pictures of other rows into a row's request.
    """

    caller: Caller
    journal: Journal
    resolved: Callable[[Claim], Awaitable[Request[Any]]]

    async def make(self, claim: Claim) -> Made:
        """Make what a row asks for.

        Args:
            claim: The row; if its video job has begun already, that is followed, and nothing is sent.

        Returns:
            The picture or video.

        Raises:
            ImagineError: It failed.
        """
        if claim.job is not None:
            return await self._followed(claim, VideoJob(id=claim.job, request=claim.request))
        made = await self.caller.send(await self.resolved(claim))
        if isinstance(made, Image):
            return made
        claim.job = made.id
        self.journal.post_job(claim)
        return await self._followed(claim, made)

    async def _followed(self, claim: Claim, job: VideoJob) -> Video:
        if not claim.is_leased:
            await self.journal.confirm(claim)
        # Whatever breaks off from here on, the job is found again by its id.
        claim.is_sent = True
        return await self.caller.finish(job)
