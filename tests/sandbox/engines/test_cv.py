"""What the engine of OpenCV changes in a picture, and what it leaves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from imagine_async.sandbox.engines import Engine
from imagine_async.sandbox.engines.cv import CvEngine
from imagine_async.sandbox.engines.cv.relight import relit

ENGINE: Engine = CvEngine()
SIDES = st.one_of(st.integers(1, 40), st.just(1), st.integers(150, 300))
KINDS = st.sampled_from(["noise", "black", "white", "clear"])


@pytest.fixture(scope="module")
def scene() -> Image.Image:
    return ENGINE.text_to_image("mountains at noon", style="realistic", size=(120, 90), seed=4)


def disc(size: tuple[int, int], *, soft: bool = False) -> Image.Image:
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).ellipse((size[0] * 0.3, size[1] * 0.3, size[0] * 0.7, size[1] * 0.7), fill=255)
    return mask.filter(ImageFilter.GaussianBlur(3)) if soft else mask


def picture_of(kind: str, size: tuple[int, int]) -> Image.Image:
    if kind == "clear":
        return Image.new("RGBA", size)
    return Image.effect_noise(size, 80).convert("RGB") if kind == "noise" else Image.new("RGB", size, kind)


@pytest.mark.parametrize("prompt", ["a red balloon", "sea at sunset", "zzz", ""])
@pytest.mark.parametrize("soft", [False, True])
def test_a_fill_changes_only_the_mask(scene: Image.Image, prompt: str, soft: bool) -> None:
    """Pixels where the mask is black stay identical, and something changes where it is white."""
    mask = disc(scene.size, soft=soft)
    filled = ENGINE.generative_fill(scene, mask, prompt)
    outside = np.asarray(mask) == 0
    assert (np.asarray(filled)[outside] == np.asarray(scene)[outside]).all()
    assert (np.asarray(filled)[~outside] != np.asarray(scene)[~outside]).any()
    assert (filled.mode, filled.size) == ("RGB", scene.size)


@pytest.mark.parametrize("width", [3, 30])
def test_retouching_removes_a_mark_and_changes_only_the_mask(scene: Image.Image, width: int) -> None:
    """Of a dark line, narrow or wide, nothing is left."""
    mask = Image.new("L", scene.size)
    ImageDraw.Draw(mask).line((20, 60, 100, 66), fill=255, width=width)
    marked = Image.composite(Image.new("RGB", scene.size), scene, mask)
    retouched = np.asarray(ENGINE.retouch(marked, mask), dtype=float)
    inside = np.asarray(mask) > 0
    assert (retouched[~inside] == np.asarray(marked)[~inside]).all()
    assert retouched[inside].mean() > 0.9 * np.asarray(scene)[inside].mean()


def test_an_empty_mask_changes_nothing(scene: Image.Image) -> None:
    """Nothing marked, nothing done."""
    mask = Image.new("L", scene.size)
    assert ENGINE.retouch(scene, mask).tobytes() == scene.tobytes()
    assert ENGINE.generative_fill(scene, mask, "a cat").tobytes() == scene.tobytes()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_upscaling_doubles(scene: Image.Image, mode: str) -> None:
    """Width and height double, transparency stays."""
    enlarged = ENGINE.upscale(scene.convert(mode))
    assert enlarged.size == (240, 180)
    assert enlarged.mode == ("RGBA" if mode == "RGBA" else "RGB")


@pytest.mark.parametrize("size", [(240, 90), (120, 200), (60, 60), (120, 90), (700, 90)])
def test_extending_keeps_the_original_in_the_centre(scene: Image.Image, size: tuple[int, int]) -> None:
    """The picture is scaled to fit and centred, and every pixel of it is kept."""
    extended = ENGINE.ai_resize(scene, size=size)
    scale = min(size[0] / 120, size[1] / 90)
    inner = (round(120 * scale), round(90 * scale))
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    centre = extended.crop((left, top, left + inner[0], top + inner[1]))
    assert extended.size == size
    assert centre.tobytes() == scene.resize(inner, Image.Resampling.LANCZOS).tobytes()


@pytest.mark.parametrize(("size", "axis", "seams"), [((240, 90), 1, (59, 179)), ((120, 180), 0, (44, 134))])
def test_extending_leaves_no_seam(scene: Image.Image, size: tuple[int, int], axis: int, seams: tuple[int, int]) -> None:
    """The steps across the picture's edges are no larger than steps inside it."""
    pixels = np.asarray(ENGINE.ai_resize(scene, size=size), dtype=float)
    steps = np.abs(np.diff(pixels, axis=axis)).mean(axis=(1 - axis, 2))
    inside = steps[seams[0] + 1 : seams[1]]
    assert max(steps[seams[0]], steps[seams[1]]) < 1.2 * inside.max()


def test_what_is_added_is_no_blur() -> None:
    """Beside the picture there is about as much detail as in it."""
    scene = ENGINE.text_to_image("mountains by a lake", style="realistic", size=(128, 128), seed=3)
    extended = np.asarray(ENGINE.ai_resize(scene, size=(228, 128)).convert("L"), dtype=float)
    detail = np.abs(np.diff(extended, axis=1))
    assert detail[:, 5:45].mean() > 0.5 * detail[:, 60:170].mean()


def test_transparency_that_is_there_is_kept() -> None:
    """A cut-out stays the cut-out it is."""
    cut_out = ENGINE.text_to_png("a fox", size=(64, 64), seed=1)
    assert ENGINE.remove_background(cut_out).tobytes() == cut_out.tobytes()


def test_the_subject_takes_on_the_light_of_the_scene() -> None:
    """A subject is darker before a dark scene, and warmer before a warm one; it keeps its hue."""
    cut_out = np.asarray(ENGINE.text_to_png("a blue mug", size=(96, 96), seed=1), dtype=np.float32) / 255
    subject, alpha = cut_out[..., :3], cut_out[..., 3]
    scenes = {"dark": (0.05, 0.05, 0.08), "bright": (0.95, 0.95, 0.9), "warm": (0.8, 0.5, 0.2), "cold": (0.4, 0.5, 0.7)}
    means = {
        name: relit(subject, alpha, np.full_like(subject, colour))[alpha > 0.9].mean(axis=0)
        for name, colour in scenes.items()
    }
    assert means["dark"].mean() < 0.75 * means["bright"].mean()
    assert means["warm"][0] - means["warm"][2] > means["cold"][0] - means["cold"][2] + 0.05
    assert all(mean[2] > mean[0] for mean in means.values())


def test_a_subject_throws_a_shadow() -> None:
    """The ground beside a subject is darker than without it."""
    cut_out = ENGINE.text_to_png("a red apple", size=(128, 128), seed=1)
    placed = ENGINE.ai_background(cut_out, "snowy meadow at noon", seed=3)
    empty = ENGINE.ai_background(Image.new("RGBA", (128, 128)), "snowy meadow at noon", seed=3)
    difference = np.asarray(empty, dtype=float).mean(axis=2) - np.asarray(placed, dtype=float).mean(axis=2)
    clear = np.asarray(cut_out.getchannel("A")) == 0
    assert (placed.mode, placed.size) == ("RGB", (128, 128))
    assert difference[clear].max() > 25
    assert difference[:10].max() == 0


def test_calls_in_threads_give_the_same_pixels() -> None:
    """GrabCut's random numbers belong to the thread."""
    picture = ENGINE.text_to_image("a blue mug", style="imagine-turbo", size=(64, 64), seed=2)
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: ENGINE.remove_background(picture).tobytes(), range(8)))) == 1


@settings(max_examples=40, deadline=None)
@given(width=SIDES, height=SIDES, kind=KINDS, mask=st.sampled_from(["black", "white", "disc"]))
def test_edits_take_anything(width: int, height: int, kind: str, mask: str) -> None:
    """Tiny pictures, long strips, flat ones and clear ones are edited without an error, in the sizes promised."""
    size = (width, height)
    picture = picture_of(kind, size)
    marked = disc(size) if mask == "disc" else Image.new("L", size, mask)
    assert ENGINE.remove_background(picture).size == size
    assert ENGINE.upscale(picture).size == (2 * width, 2 * height)
    assert ENGINE.retouch(picture, marked).size == size
    assert ENGINE.generative_fill(picture, marked, "a cat").size == size
    assert ENGINE.ai_resize(picture, size=(60, 33)).size == (60, 33)
    assert ENGINE.ai_background(picture, "beach", size=(33, 60), seed=1).size == (33, 60)
