"""What edits change in a picture, and what they leave."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from imagine_async.sandbox.engines import ProceduralEngine

ENGINE = ProceduralEngine()


@pytest.fixture(scope="module")
def scene() -> Image.Image:
    return ENGINE.text_to_image("mountains at noon", style="realistic", size=(120, 90), seed=4)


def disc_mask(size: tuple[int, int], *, soft: bool = False) -> Image.Image:
    mask = Image.new("L", size)
    width, height = size
    ImageDraw.Draw(mask).ellipse((width * 0.3, height * 0.3, width * 0.7, height * 0.7), fill=255)
    return mask.filter(ImageFilter.GaussianBlur(3)) if soft else mask


def composite() -> tuple[Image.Image, np.ndarray]:
    """Return a picture of a blob on a graded, grainy background, and the blob's mask."""
    width, height = 160, 120
    generator = np.random.default_rng(3)
    rows = np.linspace(0, 1, height)[:, None, None]
    ground = np.array([200, 215, 230]) * (1 - 0.25 * rows) + generator.normal(0, 3, (height, width, 3))
    mask = Image.new("L", (width, height))
    draw = ImageDraw.Draw(mask)
    draw.ellipse((50, 30, 110, 95), fill=255)
    draw.rectangle((70, 80, 90, 110), fill=255)
    subject = np.array([180, 60, 40]) + generator.normal(0, 8, (height, width, 3))
    picture = np.where(np.asarray(mask)[..., None] > 127, subject, ground)
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)), np.asarray(mask) > 127


@pytest.mark.parametrize("prompt", ["a red balloon", "sea at sunset", "zzz", ""])
@pytest.mark.parametrize("soft", [False, True])
def test_a_fill_changes_only_the_mask(scene: Image.Image, prompt: str, soft: bool) -> None:
    """Pixels where the mask is black stay identical, and something changes where it is white."""
    mask = disc_mask(scene.size, soft=soft)
    filled = ENGINE.generative_fill(scene, mask, prompt)
    outside = np.asarray(mask) == 0
    assert (np.asarray(filled)[outside] == np.asarray(scene)[outside]).all()
    assert (np.asarray(filled)[~outside] != np.asarray(scene)[~outside]).any()
    assert (filled.mode, filled.size) == ("RGB", scene.size)


def test_retouching_removes_a_mark_and_changes_only_the_mask() -> None:
    """A dark blot on a gradient is gone afterwards."""
    rows = np.linspace(90, 200, 80)[:, None, None] * np.ones((1, 100, 3))
    clean = Image.fromarray(rows.astype(np.uint8))
    mask = disc_mask(clean.size)
    blotted = Image.composite(Image.new("RGB", clean.size, (0, 0, 0)), clean, mask)
    retouched = np.asarray(ENGINE.retouch(blotted, mask), dtype=int)
    outside = np.asarray(mask) == 0
    assert (retouched[outside] == np.asarray(blotted)[outside]).all()
    assert np.abs(retouched - np.asarray(clean)).mean() < 6


def test_an_empty_mask_changes_nothing(scene: Image.Image) -> None:
    """Nothing marked, nothing done."""
    mask = Image.new("L", scene.size)
    assert ENGINE.retouch(scene, mask).tobytes() == scene.tobytes()
    assert ENGINE.generative_fill(scene, mask, "a cat").tobytes() == scene.tobytes()


def test_a_mask_of_everything_is_filled(scene: Image.Image) -> None:
    """The whole picture may be marked."""
    mask = Image.new("L", scene.size, 255)
    assert ENGINE.retouch(scene, mask).size == scene.size
    assert ENGINE.generative_fill(scene, mask, "sea").size == scene.size


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_upscaling_doubles(scene: Image.Image, mode: str) -> None:
    """Width and height double, transparency stays."""
    enlarged = ENGINE.upscale(scene.convert(mode))
    assert enlarged.size == (240, 180)
    assert enlarged.mode == ("RGBA" if mode == "RGBA" else "RGB")


def test_upscaling_keeps_the_picture(scene: Image.Image) -> None:
    """Reduced again, the enlarged picture is nearly the original."""
    reduced = ENGINE.upscale(scene).resize(scene.size, Image.Resampling.BOX)
    assert np.abs(np.asarray(reduced, dtype=int) - np.asarray(scene, dtype=int)).mean() < 2


@pytest.mark.parametrize("size", [(240, 90), (120, 200), (60, 60), (120, 90)])
def test_extending_keeps_the_original_in_the_centre(scene: Image.Image, size: tuple[int, int]) -> None:
    """The picture is scaled to fit, centred, and the borders are filled without a seam."""
    extended = ENGINE.ai_resize(scene, size=size)
    scale = min(size[0] / 120, size[1] / 90)
    inner = (round(120 * scale), round(90 * scale))
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    centre = extended.crop((left, top, left + inner[0], top + inner[1]))
    expected = scene.resize(inner, Image.Resampling.LANCZOS)
    assert extended.size == size
    assert np.abs(np.asarray(centre, dtype=int) - np.asarray(expected, dtype=int)).max() <= 1


def test_extending_leaves_no_seam(scene: Image.Image) -> None:
    """The step across the seam is no larger than steps inside the picture."""
    pixels = np.asarray(ENGINE.ai_resize(scene, size=(240, 90)), dtype=float)
    steps = np.abs(np.diff(pixels, axis=1)).mean(axis=(0, 2))
    assert steps[59] < 3 * steps[60:180].mean() + 2


def test_a_background_is_removed_from_a_composite() -> None:
    """A subject of another colour is found with an overlap above 0.9."""
    picture, truth = composite()
    found = np.asarray(ENGINE.remove_background(picture).getchannel("A")) > 127
    assert (found & truth).sum() / (found | truth).sum() > 0.9


def test_a_glow_behind_the_subject_is_background() -> None:
    """Light that is brightest in the middle, as in a studio, is removed with the rest of the backdrop."""
    picture, truth = composite()
    height, width = truth.shape
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    glow = 110 * np.exp(-2.5 * (across**2 + down**2))[..., None]
    lit = np.where(truth[..., None], np.asarray(picture), np.asarray(picture) * 0.6 + glow)
    lit_picture = Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))
    found = np.asarray(ENGINE.remove_background(lit_picture).getchannel("A")) > 127
    assert (found & truth).sum() / (found | truth).sum() > 0.9


@pytest.mark.parametrize("subject", ["blue mug", "red apple", "robot", "green bottle"])
def test_a_background_is_removed_from_the_engines_own_products(subject: str) -> None:
    """A painted product leaves its backdrop: some of the picture is kept, the corners are not."""
    picture = ENGINE.text_to_image(f"a {subject}", style="imagine-turbo", size=(160, 160), seed=2)
    alpha = np.asarray(ENGINE.remove_background(picture).getchannel("A"))
    assert 0.03 < (alpha > 127).mean() < 0.6
    assert alpha[:8, :8].max() < 128


def test_a_scene_without_a_subject_is_neither_kept_nor_dropped_whole(scene: Image.Image) -> None:
    """A picture with no clear subject still gives a cut-out."""
    alpha = np.asarray(ENGINE.remove_background(scene).getchannel("A"))
    assert alpha.min() < 255
    assert alpha.max() > 0


def test_transparency_that_is_there_is_kept() -> None:
    """A cut-out stays the cut-out it is."""
    cut_out = ENGINE.text_to_png("a fox", size=(64, 64), seed=1)
    assert ENGINE.remove_background(cut_out).tobytes() == cut_out.tobytes()


def test_a_background_is_painted_behind_a_cut_out() -> None:
    """The subject stays, the ground around it is painted."""
    cut_out = ENGINE.text_to_png("a red apple", size=(96, 96), seed=1)
    placed = ENGINE.ai_background(cut_out, "a beach at noon", seed=3)
    alpha = np.asarray(cut_out.getchannel("A"))
    pixels = np.asarray(placed, dtype=float)
    assert (placed.mode, placed.size) == ("RGB", (96, 96))
    assert (pixels[..., 0] - pixels[..., 2])[alpha == 255].mean() > 60
    assert pixels[alpha == 0].std() > 10


def test_a_background_takes_the_size_asked_for(scene: Image.Image) -> None:
    """An opaque picture loses its own background first; the result has the size given."""
    placed = ENGINE.ai_background(scene, "", size=(50, 80), seed=1)
    assert (placed.mode, placed.size) == ("RGB", (50, 80))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (16, 16), (17, 301)])
def test_edits_take_any_size(size: tuple[int, int]) -> None:
    """Tiny and narrow pictures are edited too."""
    image = Image.effect_noise(size, 60).convert("RGB")
    mask = Image.new("L", size, 255)
    assert ENGINE.remove_background(image).size == size
    assert ENGINE.retouch(image, mask).size == size
    assert ENGINE.upscale(image).size == (size[0] * 2, size[1] * 2)
    assert ENGINE.ai_resize(image, size=(40, 24)).size == (40, 24)
