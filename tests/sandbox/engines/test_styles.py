"""The styles of the procedural engine are told apart at a glance, by what each of them is about."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from imagine_async.sandbox.engines import ProceduralEngine
from imagine_async.sandbox.engines.painting.styles import STYLES

ENGINE = ProceduralEngine()
PROMPTS = ("a red fox in the snow", "city skyline at night", "a mug", "a mountain lake at dawn", "abstract swirls")


def painted(prompt: str, style: str, side: int = 256) -> np.ndarray:
    return np.asarray(ENGINE.text_to_image(prompt, style=style, size=(side, side), seed=1), dtype=np.float64)


def saturation(picture: np.ndarray) -> float:
    return float((picture.max(axis=-1) - picture.min(axis=-1)).mean())


def edges(picture: np.ndarray) -> float:
    """Return the mean difference between neighbours, in 0..255."""
    grey = picture.mean(axis=-1)
    return float(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean())


@pytest.mark.parametrize("prompt", PROMPTS)
def test_any_two_styles_differ_at_a_glance(prompt: str) -> None:
    """Two styles' pictures of one scene differ by more than one could miss: 4 levels of 255 on average."""
    pictures = {style: painted(prompt, style, 160) for style in STYLES}
    differences = {pair: np.abs(pictures[pair[0]] - pictures[pair[1]]).mean() for pair in combinations(STYLES, 2)}
    assert min(differences.values()) > 4, min(differences, key=differences.__getitem__)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_watercolour_lies_on_white_paper(prompt: str) -> None:
    """The sheet stays bare at the edges, and no other style has such a border."""
    borders = {style: np.mean([painted(prompt, style)[row].mean() for row in (0, -1)]) for style in STYLES}
    assert borders.pop("flux-schnell") > 235
    assert max(borders.values()) < 235


def test_anime_is_more_vivid_than_a_photograph() -> None:
    """Drawn colours are stronger than photographed ones."""
    assert saturation(painted("a meadow at noon", "anime")) > 1.3 * saturation(painted("a meadow at noon", "realistic"))


def test_cinema_darkens_the_corners() -> None:
    """The cinematic style's corners are darker beside the middle than the default's."""

    def corner(style: str) -> float:
        picture = painted("a mug", style)
        return float(picture[:40, :40].mean() / picture[60:100, 108:148].mean())

    assert corner("flux-dev") < 0.8 * corner("imagine-turbo")


def test_pastel_has_no_blacks() -> None:
    """The pastel style's darkest tones are far lighter than the default's."""
    dark = {style: np.percentile(painted("a city at night", style), 5) for style in ("flux-dev-fast", "imagine-turbo")}
    assert dark["flux-dev-fast"] > dark["imagine-turbo"] + 20


def test_oil_shows_its_strokes() -> None:
    """The relief of thick paint is a texture where the default is smooth."""
    assert edges(painted("a mug", "sdxl-1.0")) > 2 * edges(painted("a mug", "imagine-turbo"))


def test_a_photograph_is_focused_on_its_subject() -> None:
    """What lies behind the subject is softer than in the default style, grain aside; what is near is not."""

    def sharpness(style: str, rows: slice) -> float:
        picture = painted("a fox in a forest at noon", style, 512)
        coarse = picture.reshape(256, 2, 256, 2, 3).mean(axis=(1, 3))
        return edges(coarse[rows])

    far, near = slice(90, 130), slice(215, 250)
    loss = [sharpness("realistic", rows) / sharpness("imagine-turbo", rows) for rows in (far, near)]
    assert loss[0] < 0.8 * loss[1]
