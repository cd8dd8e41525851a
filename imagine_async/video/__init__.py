"""Videos: the job while it runs, the video that comes of it, and how a client follows the one to the other."""

from __future__ import annotations

from imagine_async.video.results import Video, VideoJob

__all__ = ["Video", "VideoJob"]
