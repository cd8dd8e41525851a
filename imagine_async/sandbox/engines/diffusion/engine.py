"""The engine that paints with a diffusion pipeline, and leaves to another what no pipeline does."""

from __future__ import annotations

import os
import threading
import zlib

from PIL import Image

from imagine_async.sandbox.engines.arrays import Size
from imagine_async.sandbox.engines.diffusion.folder import PipelineFolder
from imagine_async.sandbox.engines.diffusion.libraries import require_libraries
from imagine_async.sandbox.engines.diffusion.painting import paint, paint_over
from imagine_async.sandbox.engines.diffusion.pipelines import Pipelines, load_pipelines
from imagine_async.sandbox.engines.diffusion.prompts import CUT_OUT, NOTHING, styled
from imagine_async.sandbox.engines.diffusion.settings import DiffusionSettings
from imagine_async.sandbox.engines.editing.composite import fitted
from imagine_async.sandbox.engines.editing.inpaint import mask_plane, restore_outside
from imagine_async.sandbox.engines.editing.outpaint import fitted_box
from imagine_async.sandbox.engines.errors import MissingEngineExtraError
from imagine_async.sandbox.engines.procedural import ProceduralEngine
from imagine_async.sandbox.engines.protocol import Engine

__all__ = ["DiffusersEngine"]


class DiffusersEngine:
    """Paints and fills with a pipeline of diffusers that lies on this machine.

    Implements :class:`~imagine_async.sandbox.engines.protocol.Engine`. The pipeline is loaded when the first picture is
    asked for. It serves one call at a time; others wait. Backgrounds are removed and pictures enlarged by OpenCV,
    where it is installed, or by the procedural engine.

    Args:
        model: The folder of a text-to-image pipeline, as `save_pretrained` writes it, with weights as safetensors.
        settings: How the pipeline is asked.

    Raises:
        EngineError: The folder holds no such pipeline, or the extra `sandbox-diffusion` is not installed.
    """

    def __init__(self, model: str | os.PathLike[str], settings: DiffusionSettings | None = None) -> None:
        self._folder = PipelineFolder.at(model)
        require_libraries()
        self._settings = DiffusionSettings() if settings is None else settings
        self._editor = _editor()
        self._lock = threading.Lock()
        self._pipelines: Pipelines | None = None

    def text_to_image(self, prompt: str, *, style: str, size: tuple[int, int], seed: int) -> Image.Image:
        """Paint a prompt as an opaque RGB picture of the given size (width, height)."""
        return self._paint(styled(prompt, style), size, seed)

    def text_to_png(self, prompt: str, *, size: tuple[int, int], seed: int) -> Image.Image:
        """Paint a prompt's subject alone, as an RGBA cut-out of the given size (width, height)."""
        return self._editor.remove_background(self._paint(f"{prompt}, {CUT_OUT}", size, seed))

    def remove_background(self, image: Image.Image) -> Image.Image:
        """Cut the subject out: RGBA, same size; an image that already has transparency keeps it."""
        return self._editor.remove_background(image)

    def upscale(self, image: Image.Image) -> Image.Image:
        """Enlarge an image to twice its width and height, keeping RGB or RGBA."""
        return self._editor.upscale(image)

    def generative_fill(self, image: Image.Image, mask: Image.Image, prompt: str) -> Image.Image:
        """Paint a prompt where the mask is white: RGB, same size; pixels where the mask is 0 stay identical."""
        if not self._paints_over():
            return self._editor.generative_fill(image, mask, prompt)
        return self._fill(image.convert("RGB"), mask, prompt or NOTHING)

    def retouch(self, image: Image.Image, mask: Image.Image) -> Image.Image:
        """Remove what the mask marks: RGB, same size; pixels where the mask is 0 stay identical."""
        return self._fill(self._editor.retouch(image, mask), mask, NOTHING)

    def ai_resize(self, image: Image.Image, *, size: tuple[int, int], prompt: str = "") -> Image.Image:
        """Extend an image to a new size (width, height): RGB, the whole image kept, scaled to fit and centred."""
        mask = Image.new("L", size, 255)
        mask.paste(0, fitted_box(image.size, size))
        return self._fill(self._editor.ai_resize(image, size=size), mask, prompt or NOTHING)

    def ai_background(
        self, image: Image.Image, prompt: str, *, size: tuple[int, int] | None = None, seed: int
    ) -> Image.Image:
        """Put an image's subject before a background painted from a prompt: RGB."""
        cut_out = fitted(self._editor.remove_background(image), size or image.size)
        scene = self._editor.ai_background(cut_out, prompt, seed=seed)
        if not self._paints_over():
            return scene
        around = cut_out.getchannel("A").point([255 - level for level in range(256)])
        painted = self._fill(scene, around, prompt or "studio", seed=seed)
        return Image.alpha_composite(painted.convert("RGBA"), cut_out).convert("RGB")

    def _paint(self, prompt: str, size: Size, seed: int) -> Image.Image:
        with self._lock:
            return paint(self._loaded(), self._settings, prompt, size=size, seed=seed)

    def _fill(self, image: Image.Image, mask: Image.Image, prompt: str, *, seed: int | None = None) -> Image.Image:
        """Paint a prompt into a mask, where the pipeline can, and put back every pixel that it does not mark."""
        plane = mask_plane(mask, image.size)
        if not plane.any() or not self._paints_over():
            return image
        marked = mask.convert("L").resize(image.size, Image.Resampling.NEAREST)
        chosen = _seed_of(image, marked, prompt) if seed is None else seed
        with self._lock:
            painted = paint_over(self._loaded(), self._settings, prompt, image, marked, seed=chosen)
        return restore_outside(Image.composite(painted, image, marked), image, plane)

    def _paints_over(self) -> bool:
        """Return whether a pipeline with these components can paint over pictures; of some models there is none."""
        with self._lock:
            return self._loaded().paints_over

    def _loaded(self) -> Pipelines:
        if self._pipelines is None:
            self._pipelines = load_pipelines(self._folder)
        return self._pipelines


def _editor() -> Engine:
    try:
        from imagine_async.sandbox.engines.cv import CvEngine
    except MissingEngineExtraError:
        return ProceduralEngine()
    return CvEngine()


def _seed_of(image: Image.Image, mask: Image.Image, prompt: str) -> int:
    """Return a seed for calls that have none: equal arguments have to give equal pixels."""
    return zlib.crc32(prompt.encode(), zlib.crc32(mask.tobytes(), zlib.crc32(image.tobytes())))
