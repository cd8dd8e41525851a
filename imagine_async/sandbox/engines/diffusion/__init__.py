"""The engine that paints with a diffusion pipeline on this machine; needs the extra `sandbox-diffusion`."""

from __future__ import annotations

from imagine_async.sandbox.engines.diffusion.engine import DiffusersEngine
from imagine_async.sandbox.engines.diffusion.settings import DiffusionSettings

__all__ = ["DiffusersEngine", "DiffusionSettings"]
