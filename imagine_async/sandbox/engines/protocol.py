"""The interface every picture engine offers to the sandbox server."""

from __future__ import annotations

from typing import Protocol

from PIL import Image


class Engine(Protocol):
    """Paints and edits pictures.

    Sizes are ``(width, height)`` in pixels. Calls may come from several threads at once. Equal arguments
    give equal pixels.
    """

    def text_to_image(self, prompt: str, *, style: str, size: tuple[int, int], seed: int) -> Image.Image:
        """Paint a prompt as an opaque RGB picture of the given size; an unknown style gets the default look."""
        ...

    def text_to_png(self, prompt: str, *, size: tuple[int, int], seed: int) -> Image.Image:
        """Paint a prompt's subject alone, as an RGBA cut-out on a transparent background."""
        ...

    def remove_background(self, image: Image.Image) -> Image.Image:
        """Cut the subject out: RGBA, same size; an image that already has transparency keeps it."""
        ...

    def upscale(self, image: Image.Image) -> Image.Image:
        """Enlarge an image to twice its width and height, keeping RGB or RGBA."""
        ...

    def generative_fill(self, image: Image.Image, mask: Image.Image, prompt: str) -> Image.Image:
        """Paint a prompt where the mask is white: RGB, same size; pixels where the mask is 0 stay identical."""
        ...

    def retouch(self, image: Image.Image, mask: Image.Image) -> Image.Image:
        """Remove what the mask marks: RGB, same size; pixels where the mask is 0 stay identical."""
        ...

    def ai_resize(self, image: Image.Image, *, size: tuple[int, int], prompt: str = "") -> Image.Image:
        """Extend an image to a new size and aspect: RGB, the whole image kept, scaled to fit and centred."""
        ...

    def ai_background(
        self, image: Image.Image, prompt: str, *, size: tuple[int, int] | None = None, seed: int
    ) -> Image.Image:
        """Put an image's subject before a background painted from a prompt: RGB, the image's size by default."""
        ...
