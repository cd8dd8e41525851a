"""Rooms: they have a window with the hour's sky in it, and no weather inside."""

from __future__ import annotations

import numpy as np
import pytest

from imagine_async.sandbox.engines import ProceduralEngine
from imagine_async.sandbox.engines.painting.prompt import describe

ENGINE = ProceduralEngine()


def painted(prompt: str) -> np.ndarray:
    return np.asarray(ENGINE.text_to_image(prompt, style="", size=(128, 128), seed=1), dtype=np.float64)


@pytest.mark.parametrize(
    ("dry", "wet"), [("a room at noon", "rain"), ("a mug at noon", "snow"), ("a sofa, room", "fog")]
)
def test_it_neither_rains_nor_snows_indoors(dry: str, wet: str) -> None:
    """Weather changes the light of a room, and draws no drops or flakes: neighbours differ no more than before."""

    def texture(picture: np.ndarray) -> float:
        return float(np.abs(np.diff(picture[90:], axis=1)).mean())

    assert texture(painted(f"{dry}, {wet}")) < 1.25 * texture(painted(dry)) + 0.5


def test_a_rooms_window_shows_the_hour() -> None:
    """The brightest spot of a room's upper half, its window, is dark at night."""
    day, night = (
        np.percentile(painted(f"a living room at {time}")[:64].mean(axis=-1), 97) for time in ("noon", "night")
    )
    assert day > night + 60


def test_flowers_in_a_vase_are_one_thing() -> None:
    """A vase with flowers is not a vase and, beside it, flowers."""
    assert [mention.subject for mention in describe("a vase with flowers").mentions] == ["bouquet"]
    assert [mention.subject for mention in describe("a vase and a flower").mentions] == ["vase", "flower"]
