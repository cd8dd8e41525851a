"""Engines by name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, get_args

from imagine_async.sandbox.engines.errors import EngineError
from imagine_async.sandbox.engines.procedural import ProceduralEngine
from imagine_async.sandbox.engines.protocol import Engine

if TYPE_CHECKING:
    from imagine_async.sandbox.engines.diffusion import DiffusersEngine

__all__ = ["ENGINE_NAMES", "EngineName", "chosen_engine"]

EngineName = Literal["procedural", "cv", "diffusers"]
ENGINE_NAMES: tuple[str, ...] = get_args(EngineName)


def chosen_engine(name: str, *, model: str | os.PathLike[str] | None = None) -> Engine:
    """Make an engine.

    Args:
        name: `procedural`, `cv` or `diffusers`.
        model: The folder of the diffusion pipeline, for `diffusers` and for no other.

    Returns:
        The engine; a pipeline is looked at and not loaded yet.

    Raises:
        EngineError: There is no such engine, its extra is not installed, or `model` does not
            go with it or holds no pipeline.
    """
    if name not in ENGINE_NAMES:
        raise EngineError(f"engine: one of {', '.join(ENGINE_NAMES)}, not {name!r}")
    if name == "diffusers":
        return _diffusers(model)
    if model is not None:
        raise EngineError(f"model: the engine {name!r} has none; choose the engine 'diffusers' or leave the model out")
    return _cv() if name == "cv" else ProceduralEngine()


def _cv() -> Engine:
    # OpenCV is slow to import, and an extra.
    from imagine_async.sandbox.engines.cv import CvEngine

    return CvEngine()


def _diffusers(model: str | os.PathLike[str] | None) -> DiffusersEngine:
    if model is None:
        raise EngineError("model: the engine 'diffusers' needs the folder of a pipeline (--model PATH)")
    from imagine_async.sandbox.engines.diffusion import DiffusersEngine

    return DiffusersEngine(model)
