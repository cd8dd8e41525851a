"""The engine that edits with OpenCV; needs the extra `sandbox-cv`."""

from __future__ import annotations

from imagine_async.sandbox.engines.cv.engine import CvEngine

__all__ = ["CvEngine"]
