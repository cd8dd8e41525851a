"""The folder of a pipeline: what `save_pretrained` of diffusers writes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from attrs import frozen

from imagine_async.sandbox.engines.errors import EngineError

__all__ = ["PipelineFolder"]

_INDEX = "model_index.json"
_PICKLES = frozenset({".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"})
_ABSENT = (None, [None, None])


@frozen
class PipelineFolder:
    """A folder that holds a pipeline.

    Args:
        path: Where it is.
        index: What its `model_index.json` says.
    """

    path: Path
    index: dict[str, Any]

    @classmethod
    def at(cls, path: str | os.PathLike[str]) -> PipelineFolder:
        """Look at a folder, without loading anything from it.

        Args:
            path: Where it is.

        Raises:
            EngineError: There is no pipeline, or its weights are not in the safetensors format.
        """
        folder = Path(path)
        index = _index(folder)
        for component in index:
            _refuse_pickles(folder / component)
        return cls(folder, index)

    def has(self, component: str) -> bool:
        """Return whether the pipeline has a component.

        Args:
            component: Its name, for example `vae`.
        """
        return self.index.get(component) not in _ABSENT


def _index(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise EngineError(f"model: there is no folder {folder}; name one that pipeline.save_pretrained(path) wrote")
    try:
        index = json.loads((folder / _INDEX).read_text("utf-8"))
    except FileNotFoundError:
        raise EngineError(
            f"model: {folder} has no {_INDEX}, so it holds no diffusion pipeline; name the folder that "
            "pipeline.save_pretrained(path) wrote"
        ) from None
    except (OSError, ValueError) as error:
        raise EngineError(f"model: {folder / _INDEX} cannot be read: {error}") from None
    if not isinstance(index, dict) or not isinstance(index.get("_class_name"), str):
        raise EngineError(f"model: {folder / _INDEX} names no pipeline of diffusers as its _class_name")
    return index


def _refuse_pickles(folder: Path) -> None:
    """Refuse a component whose weights come as nothing but pickles, which can run code when they are read."""
    suffixes = {file.suffix for file in folder.glob("*")}
    if suffixes & _PICKLES and ".safetensors" not in suffixes:
        raise EngineError(
            f"model: the weights in {folder} are pickles, which can run code and are not read; save the pipeline anew "
            "with pipeline.save_pretrained(path, safe_serialization=True)"
        )
