"""How a batch makes its calls: by a client of its own, derived from the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from imagine_async.requests import Request
from imagine_async.results import Image
from imagine_async.video import Video, VideoJob

if TYPE_CHECKING:
    from imagine_async.client import AsyncImagine

__all__ = ["ClientCaller"]

_VIDEO_SECONDS = 1800.0


@frozen
class ClientCaller:
    """Makes calls with a client.

    Args:
        client: The client.
    """

    client: AsyncImagine

    async def send(self, request: Request[Any]) -> Image | VideoJob:
        """Make a call."""
        made: Image | VideoJob = await self.client.send(request)
        return made

    async def finish(self, job: VideoJob) -> Video:
        """Wait for a video job, and fetch its video."""
        videos = self.client._videos
        return await videos.finish(job, end=videos.end_of(_VIDEO_SECONDS), on_update=None, headers=None)
