"""What a picture of full size costs the sandbox: time on one core, painting and coding together."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from benchmarks.report import Figure
from imagine_async.catalog import TEXT_TO_IMAGE, Style
from imagine_async.sandbox.engines import ProceduralEngine
from imagine_async.sandbox.pictures import encode

__all__ = ["measure_painting"]

_SIZE = (1024, 1024)
_RUNS = 3
_PROMPTS = (
    "a mountain lake at dawn",
    "a meadow of wildflowers in spring",
    "a stormy sea with lightning",
    "a river through an autumn forest",
    "city skyline at night",
    "a cozy room with an armchair and a lamp",
    "a coral reef with five orange fish",
    "an astronaut in space",
    "a coffee mug on a table",
    "a red fox in the snow",
    "a stag in a foggy forest",
    "a woman walking on a beach at sunset",
    "a castle on a hill in a thunderstorm",
    "a sailing boat on a lake at golden hour",
    "abstract swirls in purple",
)


def measure_painting() -> list[Figure]:
    """Paint every prompt in every style, each several times, and keep each picture's shortest time.

    Returns:
        The picture in the middle and the longest one, in milliseconds on one core, and the middle one as a
        multiple of a fixed piece of work, which a slow machine does as slowly.
    """
    _picture(_PROMPTS[0], Style.IMAGINE_TURBO)
    _fixed_work()
    pictures = list(itertools.product(_PROMPTS, Style))
    milliseconds = [min(_timed(_picture, prompt, style) for _ in range(_RUNS)) for prompt, style in pictures]
    slowest, (prompt, style) = max(zip(milliseconds, pictures, strict=True))
    fixed = [_timed(_fixed_work) for _ in range(_RUNS * 5)]
    ratios = [taken / statistics.median(fixed) for taken in milliseconds]
    name = f"a picture of {_SIZE[0]} x {_SIZE[1]} on one core"
    return [
        Figure(f"{name}, {len(pictures)} of them", "ms", milliseconds, target=300),
        Figure(f"{name}, the slowest: {prompt}, {style}", "ms", [slowest], target=300),
        Figure(f"{name}, beside a fixed piece of work", "times", ratios, target=6),
    ]


def _picture(prompt: str, style: Style) -> None:
    encode(ProceduralEngine().text_to_image(prompt, style=style, size=_SIZE, seed=1), TEXT_TO_IMAGE)


def _fixed_work() -> None:
    """Do what painting is made of, a little of each: arithmetic on a picture, enlarging, coding."""
    light = np.full((*_SIZE, 3), 0.5, dtype=np.float32)
    for _ in range(4):
        light = np.clip(light * 0.9 + 0.05, 0, 1)
    image = Image.fromarray((light * 255).astype(np.uint8))
    image = image.resize((700, 700), Image.Resampling.BICUBIC).resize(_SIZE, Image.Resampling.BICUBIC)
    encode(image, TEXT_TO_IMAGE)


def _timed(work: Callable[..., None], *arguments: object) -> float:
    """Return the milliseconds of processor time that a piece of work takes."""
    start = time.process_time()
    work(*arguments)
    return 1000 * (time.process_time() - start)
