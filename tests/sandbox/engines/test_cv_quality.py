"""How well the engine of OpenCV edits, beside the usual means on the same picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from imagine_async.sandbox.engines import ProceduralEngine
from imagine_async.sandbox.engines.cv import CvEngine
from imagine_async.sandbox.engines.cv.holes import filled

ENGINE = CvEngine()
SIDE = 256
MASKED = 0.057
SCENES = ["a red fox in a meadow at noon", "mountains by a lake at sunset", "city skyline at dusk"]
MORE_SCENES = ["forest with a waterfall", "beach at noon", "a lighthouse by the sea at sunset"]


def painted(prompt: str, side: int = SIDE) -> Image.Image:
    return ProceduralEngine().text_to_image(prompt, style="realistic", size=(side, side), seed=3)


def strokes() -> Image.Image:
    """Mark a share of the picture with lines across it: wires, scratches."""
    generator = np.random.default_rng(1)
    mask = Image.new("L", (SIDE, SIDE))
    while np.asarray(mask).mean() < 255 * MASKED:
        ImageDraw.Draw(mask).line([*map(float, generator.uniform(0, SIDE, 4))], fill=255, width=6)
    return mask


def blot() -> Image.Image:
    """Mark the same share in one piece."""
    mask = Image.new("L", (SIDE, SIDE))
    radius = (MASKED * SIDE * SIDE / np.pi) ** 0.5
    x, y = 0.55 * SIDE, 0.5 * SIDE
    ImageDraw.Draw(mask).ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return mask


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / ((one.astype(float) - other) ** 2).mean()))


def usual_fills(holed: np.ndarray, hole: np.ndarray, truth: np.ndarray) -> list[float]:
    """Return the PSNR, within the hole, of OpenCV's own two ways to fill it."""
    fills = (cv2.inpaint(holed, hole.astype(np.uint8), 3, way) for way in (cv2.INPAINT_TELEA, cv2.INPAINT_NS))
    return [psnr(fill[hole], truth[hole]) for fill in fills]


def compared_fills(prompt: str, mask: Image.Image) -> tuple[float, float]:
    """Return the PSNR, within the mask, of our fill and of the better of OpenCV's own two."""
    truth, hole = np.asarray(painted(prompt)), np.asarray(mask) > 0
    holed = np.where(hole[..., None], 0, truth).astype(np.uint8)
    ours = filled(holed.astype(np.float32) / 255, (~hole).astype(np.float32)) * 255
    return psnr(ours[hole], truth[hole]), max(usual_fills(holed, hole, truth))


@pytest.mark.parametrize("prompt", SCENES)
def test_thin_holes_are_filled_nearer_to_the_truth_than_by_telea_and_navier_stokes(prompt: str) -> None:
    """Pull-push with relaxation beats both of what OpenCV has, in every scene."""
    ours, best = compared_fills(prompt, strokes())
    assert ours > best


def test_wide_holes_are_filled_nearer_to_the_truth_than_by_telea_and_navier_stokes() -> None:
    """What a wide hole hid is anybody's guess: over several scenes ours is better, not in each."""
    pairs = np.array([compared_fills(prompt, blot()) for prompt in (*SCENES, *MORE_SCENES)])
    assert pairs[:, 0].mean() > pairs[:, 1].mean() + 0.5


@pytest.mark.parametrize("prompt", SCENES)
def test_retouching_scratches_beats_telea_and_navier_stokes(prompt: str) -> None:
    """The same holds for the operation as a whole, in bytes."""
    truth, hole = np.asarray(painted(prompt)), np.asarray(strokes()) > 0
    holed = np.where(hole[..., None], 0, truth).astype(np.uint8)
    retouched = np.asarray(ENGINE.retouch(Image.fromarray(holed), strokes()))
    assert psnr(retouched[hole], truth[hole]) > max(usual_fills(holed, hole, truth))


@pytest.mark.parametrize("prompt", SCENES)
def test_upscaling_beats_lanczos(prompt: str) -> None:
    """A picture that was halved comes back nearer to what it was."""
    truth = painted(prompt)
    small = truth.resize((SIDE // 2, SIDE // 2), Image.Resampling.BOX)
    lanczos = np.asarray(small.resize(truth.size, Image.Resampling.LANCZOS))
    assert psnr(np.asarray(ENGINE.upscale(small)), np.asarray(truth)) > psnr(lanczos, np.asarray(truth)) + 0.05


def on_ground(ground: Image.Image) -> tuple[Image.Image, np.ndarray]:
    """Return a shaded, grainy blob before a ground, and where it is."""
    side = ground.width
    mask = Image.new("L", ground.size)
    draw = ImageDraw.Draw(mask)
    draw.ellipse((side * 0.3, side * 0.25, side * 0.7, side * 0.6), fill=255)
    draw.rectangle((side * 0.42, side * 0.5, side * 0.6, side * 0.85), fill=255)
    grain = np.random.default_rng(5).normal(0, 20, (side, side, 3)) + np.linspace(-40, 40, side)[:, None, None]
    blob = np.clip(np.array([200, 40, 150]) + grain, 0, 255).astype(np.uint8)
    return Image.composite(Image.fromarray(blob), ground, mask), np.asarray(mask) > 127


@pytest.mark.parametrize("ground", ["beach at noon", "a forest with a lake at noon", "city skyline at dusk"])
def test_a_subject_of_another_colour_is_cut_out_exactly(ground: str) -> None:
    """Subject and truth overlap by at least 0.97."""
    picture, truth = on_ground(painted(ground, 160))
    found = np.asarray(ENGINE.remove_background(picture).getchannel("A")) > 127
    assert (found & truth).sum() / (found | truth).sum() >= 0.97


@pytest.mark.parametrize("subject", ["blue mug", "red apple", "green bottle"])
def test_a_product_is_cut_out_of_a_studio(subject: str) -> None:
    """The gradients of a studio's light belong to the background, up to the corners of the picture."""
    picture = ProceduralEngine().text_to_image(f"a {subject}", style="imagine-turbo", size=(160, 160), seed=2)
    alpha = np.asarray(ENGINE.remove_background(picture).getchannel("A")) > 127
    assert 0.03 < alpha.mean() < 0.2
    assert not alpha[:20].any()
    assert not alpha[:, :20].any()
