"""A pipeline and its siblings, which paint over pictures with the same components."""

from __future__ import annotations

import inspect
from typing import Any

from imagine_async.sandbox.engines.diffusion.folder import PipelineFolder
from imagine_async.sandbox.engines.diffusion.libraries import load_diffusers, load_torch
from imagine_async.sandbox.engines.errors import EngineError

__all__ = ["Pipelines", "load_pipelines"]


class Pipelines:
    """What a folder's components can do.

    Args:
        painter: The pipeline that paints from a prompt.
    """

    def __init__(self, painter: Any) -> None:
        diffusers = load_diffusers()
        self.painter = painter
        self.filler = _sibling(diffusers.AutoPipelineForInpainting, painter)
        self.repainter = _sibling(diffusers.AutoPipelineForImage2Image, painter)

    @property
    def paints_over(self) -> bool:
        """Whether pictures can be painted over."""
        return self.filler is not None or self.repainter is not None


def load_pipelines(folder: PipelineFolder) -> Pipelines:
    """Load a pipeline, onto the graphics card where there is one.

    Args:
        folder: Where it is; nothing is fetched from elsewhere, and nothing but safetensors is read.

    Raises:
        EngineError: It paints no pictures from prompts, or a part of it is missing or broken.
    """
    try:
        painter = _loaded(folder)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        raise EngineError(f"model: {folder.path} cannot be loaded as a text-to-image pipeline: {error}") from error
    painter.set_progress_bar_config(disable=True)
    return Pipelines(painter)


def _loaded(folder: PipelineFolder) -> Any:
    torch, diffusers = load_torch(), load_diffusers()
    on_card = torch.cuda.is_available()
    painter = diffusers.AutoPipelineForText2Image.from_pretrained(
        str(folder.path),
        local_files_only=True,
        use_safetensors=True,
        dtype=torch.float16 if on_card else torch.float32,
        **dict.fromkeys(_absent(folder, diffusers)),
    )
    return painter.to("cuda" if on_card else "cpu")


def _absent(folder: PipelineFolder, diffusers: Any) -> list[str]:
    """Return the components that the pipeline's class asks for and the folder does not have."""
    known = getattr(diffusers, folder.index["_class_name"], None)
    if known is None:
        raise ValueError(f"diffusers knows no {folder.index['_class_name']}")
    parameters = inspect.signature(known.__init__).parameters.values()
    asked = [parameter.name for parameter in parameters if parameter.default is parameter.empty]
    return [name for name in asked if name not in ("self", "args", "kwargs") and not folder.has(name)]


def _sibling(kind: Any, painter: Any) -> Any:
    """Return the pipeline of another kind with the same components, or `None` where diffusers has none."""
    try:
        sibling = kind.from_pipe(painter)
    except ValueError:
        return None
    sibling.set_progress_bar_config(disable=True)
    return sibling
