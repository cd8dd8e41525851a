"""An engine that paints flat colours, for tests that do not look at pictures.

`python -m tests.flat_engine [RATE_LIMIT [SECONDS [PATIENCE]]]` serves a sandbox with it, without an end of credits and
with videos that are there at once, on a free port; without a rate limit unless one is named. Each picture takes so many
seconds; it waits for so many seconds for the head of a request, and for the next piece of a body.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from PIL import Image

from imagine_async.sandbox import SandboxSettings, serve
from imagine_async.sandbox.patience import PatientProtocol

__all__ = ["FlatEngine"]


class FlatEngine:
    """Paints flat colours, remembers what it was asked unless told otherwise, and fails when told to."""

    def __init__(self, *, seconds: float = 0.0, remembers: bool = True) -> None:
        self.seconds = seconds
        self.remembers = remembers
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.failure: Exception | None = None
        self.gate: threading.Event | None = None
        self.entered = threading.Event()

    def text_to_image(self, prompt: str, *, style: str, size: tuple[int, int], seed: int) -> Image.Image:
        return self._paint("text_to_image", "RGB", size, prompt=prompt, style=style, seed=seed)

    def text_to_png(self, prompt: str, *, size: tuple[int, int], seed: int) -> Image.Image:
        return self._paint("text_to_png", "RGBA", size, prompt=prompt, seed=seed)

    def remove_background(self, image: Image.Image) -> Image.Image:
        return self._paint("remove_background", "RGBA", image.size, image=image)

    def upscale(self, image: Image.Image) -> Image.Image:
        return self._paint("upscale", image.mode, (image.width * 2, image.height * 2), image=image)

    def generative_fill(self, image: Image.Image, mask: Image.Image, prompt: str) -> Image.Image:
        return self._paint("generative_fill", "RGB", image.size, image=image, mask=mask, prompt=prompt)

    def retouch(self, image: Image.Image, mask: Image.Image) -> Image.Image:
        return self._paint("retouch", "RGB", image.size, image=image, mask=mask)

    def ai_resize(self, image: Image.Image, *, size: tuple[int, int], prompt: str = "") -> Image.Image:
        return self._paint("ai_resize", "RGB", size, image=image, prompt=prompt)

    def ai_background(
        self, image: Image.Image, prompt: str, *, size: tuple[int, int] | None = None, seed: int
    ) -> Image.Image:
        return self._paint("ai_background", "RGB", size or image.size, image=image, prompt=prompt, seed=seed)

    def _paint(self, name: str, mode: str, size: tuple[int, int], **asked: Any) -> Image.Image:
        if self.remembers:
            self.calls.append((name, {**asked, "size": size}))
        self.entered.set()
        if self.seconds:
            time.sleep(self.seconds)
        if self.gate is not None:
            assert self.gate.wait(10)
        if self.failure is not None:
            raise self.failure
        return Image.new(mode, size, (200, 40, 40, 0)[: len(mode)])


if __name__ == "__main__":
    limit, seconds, patience = (*sys.argv[1:], *("none", "0", "60")[len(sys.argv) - 1 :])
    PatientProtocol.head_seconds = float(patience)
    serve(
        SandboxSettings(
            credits=None,
            rate_limit=None if limit == "none" else limit,
            side=16,
            video_seconds=0,
            body_patience=float(patience),
        ),
        port=0,
        announce=lambda base_url, key: print(base_url, key, flush=True),  # noqa: T201 - the test reads it
        # Pictures that it remembered would fill the memory.
        engine=FlatEngine(seconds=float(seconds), remembers=False),
    )
