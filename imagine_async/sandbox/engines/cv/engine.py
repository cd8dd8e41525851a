"""The engine that paints like the procedural one and edits with OpenCV."""

from __future__ import annotations

from PIL import Image

from imagine_async.sandbox.engines.cv import background, fill, matting, outpaint, upscale
from imagine_async.sandbox.engines.painting.cutout import paint_cut_out
from imagine_async.sandbox.engines.painting.picture import paint_picture


class CvEngine:
    """Edits pictures with OpenCV: GrabCut, pull-push filling, back-projection, relighting.

    Implements :class:`~imagine_async.sandbox.engines.protocol.Engine`. Holds no state, so one instance may
    serve any number of threads.
    """

    def text_to_image(self, prompt: str, *, style: str, size: tuple[int, int], seed: int) -> Image.Image:
        """Paint a prompt as an opaque RGB picture of the given size (width, height)."""
        return paint_picture(prompt, style=style, size=size, seed=seed)

    def text_to_png(self, prompt: str, *, size: tuple[int, int], seed: int) -> Image.Image:
        """Paint a prompt's subject alone, as an RGBA cut-out of the given size (width, height)."""
        return paint_cut_out(prompt, size=size, seed=seed)

    def remove_background(self, image: Image.Image) -> Image.Image:
        """Cut the subject out: RGBA, same size; an image that already has transparency keeps it."""
        return matting.remove_background(image)

    def upscale(self, image: Image.Image) -> Image.Image:
        """Enlarge an image to twice its width and height, keeping RGB or RGBA."""
        return upscale.upscale(image)

    def generative_fill(self, image: Image.Image, mask: Image.Image, prompt: str) -> Image.Image:
        """Paint a prompt where the mask is white: RGB, same size; pixels where the mask is 0 stay identical."""
        return fill.generative_fill(image, mask, prompt)

    def retouch(self, image: Image.Image, mask: Image.Image) -> Image.Image:
        """Remove what the mask marks: RGB, same size; pixels where the mask is 0 stay identical."""
        return fill.retouch(image, mask)

    def ai_resize(self, image: Image.Image, *, size: tuple[int, int], prompt: str = "") -> Image.Image:
        """Extend an image to a new size (width, height): RGB; the prompt is not needed and not read."""
        return outpaint.outpaint(image, size)

    def ai_background(
        self, image: Image.Image, prompt: str, *, size: tuple[int, int] | None = None, seed: int
    ) -> Image.Image:
        """Put an image's subject, relit, before a background painted from a prompt: RGB."""
        return background.replace_background(image, prompt, size=size, seed=seed)
