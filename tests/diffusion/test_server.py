"""A sandbox with a diffusion pipeline, as a process of its own, asked through the SDK."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imagine_async import Imagine

# Loading PyTorch and diffusers alone takes ten seconds of a core that has nothing else to do.
pytestmark = pytest.mark.timeout(600)

_MAIN = "from imagine_async.cli import main; main()"
_OPTIONS = ("--port", "0", "--side", "64", "--credits", "none", "--rate-limit", "none")


@pytest.fixture(scope="module")
def client(pipeline_folder: Path) -> Iterator[Imagine]:
    """A client of `imagine sandbox --engine diffusers`."""
    command = [sys.executable, "-c", _MAIN, "sandbox", "--engine", "diffusers", "--model", str(pipeline_folder)]
    # So small a model is slower on several threads, and on a busy machine very much so.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen([*command, *_OPTIONS], stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        exports = {}
        for line in process.stdout:
            if line.strip().startswith("export "):
                name, _, value = line.split()[1].partition("=")
                exports[name] = value
            if "Ctrl-C" in line:
                break
        try:
            with Imagine(exports["IMAGINE_API_KEY"], base_url=exports["IMAGINE_BASE_URL"], rate_limit=None) as client:
                yield client
        finally:
            process.terminate()
            process.wait(20)


def png(image: Image.Image) -> bytes:
    target = BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


@pytest.fixture(scope="module")
def picture() -> bytes:
    image = Image.new("RGB", (96, 64), "skyblue")
    ImageDraw.Draw(image).ellipse((34, 18, 62, 46), fill="firebrick")
    return png(image)


@pytest.fixture(scope="module")
def mask() -> bytes:
    image = Image.new("L", (96, 64))
    ImageDraw.Draw(image).rectangle((0, 0, 30, 30), fill=255)
    return png(image)


def test_seeds_repeat(client: Imagine) -> None:
    """A prompt and a seed give the same picture again, byte for byte, and another seed another."""
    first, again, other = (client.text_to_image("a red fox", style="anime", seed=seed) for seed in (5, 5, 6))
    assert (first.width, first.height) == (64, 64)
    assert first.content == again.content != other.content


def test_a_region_is_filled(client: Imagine, picture: bytes, mask: bytes) -> None:
    """What comes back differs from the picture within the mask, and is near it elsewhere."""
    sent = np.asarray(Image.open(BytesIO(picture)), dtype=int)
    changes = np.abs(np.asarray(Image.open(BytesIO(client.generative_fill(picture, mask, "a tree").content))) - sent)
    marked = np.asarray(Image.open(BytesIO(mask))) > 0
    assert changes[marked].mean() > 30
    assert changes[~marked].mean() < 3


def test_a_picture_is_extended(client: Imagine, picture: bytes) -> None:
    """The result is wider than what was sent."""
    extended = client.ai_resize(picture)
    assert extended.width is not None
    assert extended.width > 96


def test_a_background_is_painted(client: Imagine, picture: bytes) -> None:
    """With a seed, the same again."""
    first, again = (client.ai_background(picture, "a beach", seed=2) for _ in range(2))
    assert (first.width, first.height) == (96, 64)
    assert first.content == again.content


def test_what_the_pipeline_does_not_do_is_done(client: Imagine, picture: bytes, mask: bytes) -> None:
    """Every picture endpoint answers."""
    assert client.upscale(picture).width == 192
    assert client.remove_background(picture).format == "png"
    assert client.text_to_png("a mug", seed=1).format == "png"
    assert client.retouch(picture, mask).width == 96
