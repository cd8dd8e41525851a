"""PyTorch and diffusers, which take seconds to load and are loaded when the first picture is asked for."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from imagine_async.sandbox.engines.errors import MissingEngineExtraError

__all__ = ["load_diffusers", "load_torch", "require_libraries"]

_NEEDED = ("diffusers", "safetensors", "torch", "transformers")


def require_libraries() -> None:
    """Look whether the packages are installed, without loading them.

    Raises:
        MissingEngineExtraError: One is not.
    """
    if not all(map(_is_installed, _NEEDED)):
        raise MissingEngineExtraError("diffusers", "sandbox-diffusion")


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:
        # What is blocked in `sys.modules` has no spec.
        return False


# By name, so that types are checked alike whether they are installed or not.
def load_torch() -> Any:
    """Return PyTorch."""
    return importlib.import_module("torch")


def load_diffusers() -> Any:
    """Return diffusers."""
    return importlib.import_module("diffusers")
