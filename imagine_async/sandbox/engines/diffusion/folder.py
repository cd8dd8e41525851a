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
        if not any(folder.rglob("*.safetensors")):
            raise EngineError(
                f"model: {folder} holds no weights as .safetensors, and others are not loaded, because they can run "
                "code; save it anew with pipeline.save_pretrained(path, safe_serialization=True)"
            )
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
