"""What a diffusion pipeline paints, and what it leaves."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imagine_async.sandbox.engines import Engine, EngineError, ProceduralEngine
from imagine_async.sandbox.engines.diffusion import DiffusersEngine, DiffusionSettings
from imagine_async.sandbox.engines.diffusion import engine as engine_module
from imagine_async.sandbox.engines.diffusion.pipelines import Pipelines

# Loading PyTorch and diffusers alone takes ten seconds of a core that has nothing else to do.
pytestmark = pytest.mark.timeout(600)

FEW_STEPS = DiffusionSettings(steps=2)


@pytest.fixture(scope="module", params=["pipeline_folder", "wordless_folder"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """An engine whose pipeline reads prompts, and one that has no text encoder."""
    return DiffusersEngine(request.getfixturevalue(request.param), FEW_STEPS)


@pytest.fixture
def picture() -> Image.Image:
    return ProceduralEngine().text_to_image("a red apple", style="", size=(96, 72), seed=2)


@pytest.fixture
def mask() -> Image.Image:
    mask = Image.new("L", (96, 72))
    ImageDraw.Draw(mask).ellipse((20, 20, 60, 60), fill=255)
    return mask


def painted(engine: Engine, prompt: str = "a red fox", **changes: Any) -> bytes:
    arguments: dict[str, Any] = {"style": "anime", "size": (64, 64), "seed": 1} | changes
    return engine.text_to_image(prompt, **arguments).tobytes()


def test_a_picture_depends_on_prompt_style_and_seed_and_on_nothing_else(engine: Engine) -> None:
    """Equal arguments give equal pixels; each argument that differs changes them."""
    first = painted(engine)
    assert painted(engine) == first
    assert len({first, painted(engine, "a blue fox"), painted(engine, style="realistic"), painted(engine, seed=2)}) == 4


def test_a_new_engine_paints_the_same(pipeline_folder: Path) -> None:
    """The seed lies in the arguments, not in the process."""
    engines = [DiffusersEngine(pipeline_folder, FEW_STEPS) for _ in range(2)]
    assert painted(engines[0]) == painted(engines[1])


def test_calls_from_threads_wait_for_each_other(pipeline_folder: Path) -> None:
    """A pipeline serves one call at a time, and is loaded once; so threads get what one of them would."""
    engine = DiffusersEngine(pipeline_folder, FEW_STEPS)
    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(lambda seed: painted(engine, seed=seed % 2), range(6)))
    assert len(set(pictures)) == 2
    assert pictures[0] == pictures[2] == painted(engine, seed=0)


@pytest.mark.parametrize("size", [(64, 64), (70, 50), (16, 200), (1, 1)])
def test_any_size_is_painted_exactly(engine: Engine, size: tuple[int, int]) -> None:
    """What the model cannot paint in that size is painted near it and resized."""
    image = engine.text_to_image("a fox", style="", size=size, seed=1)
    assert (image.size, image.mode) == (size, "RGB")


@pytest.mark.parametrize("prompt", ["a green tree", ""])
def test_a_fill_changes_only_the_mask(engine: Engine, picture: Image.Image, mask: Image.Image, prompt: str) -> None:
    """Pixels where the mask is black stay identical, and most change where it is white; again the same."""
    filled = engine.generative_fill(picture, mask, prompt)
    inside = np.asarray(mask) > 0
    changed = (np.asarray(filled) != np.asarray(picture)).any(axis=-1)
    assert not changed[~inside].any()
    assert changed[inside].mean() > 0.9
    assert engine.generative_fill(picture, mask, prompt).tobytes() == filled.tobytes()


def test_retouching_changes_only_the_mask(engine: Engine, picture: Image.Image, mask: Image.Image) -> None:
    """Pixels where the mask is black stay identical."""
    changed = (np.asarray(engine.retouch(picture, mask)) != np.asarray(picture)).any(axis=-1)
    assert not changed[np.asarray(mask) == 0].any()
    assert changed.any()


def test_an_empty_mask_changes_nothing(engine: Engine, picture: Image.Image) -> None:
    """Nothing marked, nothing done."""
    assert engine.generative_fill(picture, Image.new("L", picture.size), "x").tobytes() == picture.tobytes()


def test_extending_keeps_the_original(engine: Engine, picture: Image.Image) -> None:
    """Every pixel of the picture is there, in the middle, and what is added comes from the prompt."""
    extended = engine.ai_resize(picture, size=(144, 72), prompt="sea")
    assert extended.size == (144, 72)
    assert extended.crop((24, 0, 120, 72)).tobytes() == picture.tobytes()
    assert extended.tobytes() != engine.ai_resize(picture, size=(144, 72), prompt="wood").tobytes()


def test_a_background_is_painted_around_the_subject(engine: Engine) -> None:
    """The subject's own pixels stay, and all around is the pipeline's."""
    cut_out = ProceduralEngine().text_to_png("a red apple", size=(80, 80), seed=1)
    placed = engine.ai_background(cut_out, "a beach", seed=3)
    opaque = np.asarray(cut_out.getchannel("A")) == 255
    assert (placed.mode, placed.size) == ("RGB", (80, 80))
    assert (np.asarray(placed)[opaque] == np.asarray(cut_out.convert("RGB"))[opaque]).all()
    assert placed.tobytes() != engine.ai_background(cut_out, "a beach", seed=4).tobytes()
    assert engine.ai_background(cut_out, "", size=(40, 60), seed=4).size == (40, 60)


def test_what_no_pipeline_does_is_done_by_another_engine(engine: Engine, picture: Image.Image) -> None:
    """Cut-outs and enlargement come from OpenCV, where it is installed."""
    assert engine.upscale(picture).size == (192, 144)
    assert engine.remove_background(picture).mode == "RGBA"
    assert engine.text_to_png("a mug", size=(48, 64), seed=1).mode == "RGBA"


def test_without_opencv_the_procedural_engine_helps(
    pipeline_folder: Path, picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenCV is no must."""
    monkeypatch.setattr(engine_module, "_editor", ProceduralEngine)
    engine = DiffusersEngine(pipeline_folder, FEW_STEPS)
    assert engine.upscale(picture).tobytes() == ProceduralEngine().upscale(picture).tobytes()


@pytest.fixture
def spoilt(pipeline_folder: Path) -> DiffusersEngine:
    """An engine whose autoencoder gives no numbers."""
    import torch

    engine = DiffusersEngine(pipeline_folder, FEW_STEPS)
    painted(engine)
    assert engine._pipelines is not None
    with torch.no_grad():
        engine._pipelines.painter.vae.decoder.conv_out.bias.fill_(float("nan"))
    return engine


def test_what_is_no_number_is_black(spoilt: DiffusersEngine) -> None:
    """A pipeline that overflows gives a black picture, as a safety checker does, and no error."""
    assert not any(painted(spoilt))


def test_a_black_fill_keeps_to_the_mask(spoilt: DiffusersEngine, picture: Image.Image, mask: Image.Image) -> None:
    """What a safety checker blacks out is black in the mask alone."""
    filled = np.asarray(spoilt.generative_fill(picture, mask, "x"))
    inside = np.asarray(mask) > 0
    assert not filled[inside].any()
    assert (filled[~inside] == np.asarray(picture)[~inside]).all()


@pytest.mark.parametrize("siblings", ["repainter", "none"])
def test_pipelines_without_inpainting(
    pipeline_folder: Path, picture: Image.Image, mask: Image.Image, siblings: str
) -> None:
    """Where there is no pipeline that fills, one that repaints does it, or else the other engine."""
    engine = DiffusersEngine(pipeline_folder, FEW_STEPS)
    painted(engine)
    pipelines = engine._pipelines
    assert isinstance(pipelines, Pipelines)
    pipelines.filler = None
    if siblings == "none":
        pipelines.repainter = None
    filled = np.asarray(engine.generative_fill(picture, mask, "a balloon"))
    changed = (filled != np.asarray(picture)).any(axis=-1)
    assert not changed[np.asarray(mask) == 0].any()
    assert changed.any()
    assert engine.retouch(picture, mask).size == picture.size
    assert engine.ai_resize(picture, size=(120, 72)).size == (120, 72)
    assert engine.ai_background(picture, "sea", seed=1).size == picture.size


def test_a_pipeline_with_a_part_missing(pipeline_folder: Path, tmp_path: Path) -> None:
    """What cannot be loaded is named, when it is loaded."""
    broken = shutil.copytree(pipeline_folder, tmp_path / "broken")
    shutil.rmtree(broken / "vae")
    with pytest.raises(EngineError, match="broken cannot be loaded as a text-to-image pipeline"):
        painted(DiffusersEngine(broken, FEW_STEPS))


def test_a_pipeline_of_another_kind(pipeline_folder: Path, tmp_path: Path) -> None:
    """A class that diffusers does not have, or that paints no prompts, is refused."""
    for name in ("NoSuchPipeline", "DDPMPipeline"):
        other = shutil.copytree(pipeline_folder, tmp_path / name)
        index = (other / "model_index.json").read_text()
        (other / "model_index.json").write_text(index.replace("StableDiffusionPipeline", name))
        with pytest.raises(EngineError, match=name):
            painted(DiffusersEngine(other, FEW_STEPS))
