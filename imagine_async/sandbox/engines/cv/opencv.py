"""OpenCV, the one package that this engine needs beyond the sandbox's own."""

from __future__ import annotations

import importlib
from typing import Any

from imagine_async.sandbox.engines.errors import MissingEngineExtraError

__all__ = ["cv2"]


def _loaded() -> Any:
    # By name, so that types are checked alike whether it is installed or not.
    try:
        return importlib.import_module("cv2")
    except ImportError:
        raise MissingEngineExtraError("cv", "sandbox-cv") from None


cv2: Any = _loaded()
