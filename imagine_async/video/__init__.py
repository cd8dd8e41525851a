"""Videos: the job while it runs, the video that comes of it, and how a client follows the one to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagine_async.on_use import loaded_on_use

if TYPE_CHECKING:
    from imagine_async.video.results import Video, VideoJob
else:
    __getattr__ = loaded_on_use(__name__, {"results": ("Video", "VideoJob")})

__all__ = ["Video", "VideoJob"]
