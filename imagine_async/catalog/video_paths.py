"""Where video jobs are asked for and deleted: pages disagree, so each has several paths, the likeliest first."""

from __future__ import annotations

__all__ = ["VIDEO_DELETE_PATHS", "VIDEO_STATUS_PATHS"]

VIDEO_STATUS_PATHS = ("/v2/video/{id}/status", "/v2/assets/{id}/status", "/v2/video/status/{id}")
"""Where the status was documented, the current page first (reference), then platform, then the deprecated one."""

VIDEO_DELETE_PATHS = ("/v2/video/delete/{id}", "/v2/video/{id}", "/v2/video/{id}/delete")
"""Where deletion may live: only the first is written down; the others are inferred from the pair of status pages."""
