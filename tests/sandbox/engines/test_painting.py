"""What a prompt, a style, a size and a seed do to a painted picture."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from imagine_async.sandbox.engines import Engine, ProceduralEngine
from imagine_async.sandbox.engines.painting.styles import STYLES
from imagine_async.sandbox.engines.painting.subjects.catalogue import SUBJECTS
from imagine_async.sandbox.engines.painting.words import PLACES
from imagine_async.sandbox.engines.painting.words import SUBJECTS as SUBJECT_WORDS

SIZE = (96, 96)
ENGINE: Engine = ProceduralEngine()


def painted(prompt: str, *, style: str = "imagine-turbo", size: tuple[int, int] = SIZE, seed: int = 1) -> np.ndarray:
    return np.asarray(ENGINE.text_to_image(prompt, style=style, size=size, seed=seed), dtype=np.float64)


def test_equal_arguments_give_equal_pixels_in_another_process() -> None:
    """A prompt, style, size and seed give the same bytes in a process with another hash seed."""
    script = (
        "import hashlib; from imagine_async.sandbox.engines import ProceduralEngine as E;"
        "print(hashlib.sha256(E().text_to_image('a red fox in the snow', style='flux-dev', size=(64, 48), seed=7)"
        ".tobytes()).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    image = ENGINE.text_to_image("a red fox in the snow", style="flux-dev", size=(64, 48), seed=7)
    assert hashlib.sha256(image.tobytes()).hexdigest() == other.stdout.strip()


@pytest.mark.parametrize("prompt", ["mountains", "city at night", "abstract", "a cat", "something unheard of"])
def test_seeds_differ(prompt: str) -> None:
    """Two seeds give clearly different pictures."""
    assert np.abs(painted(prompt, seed=1) - painted(prompt, seed=2)).mean() > 4


def test_night_is_darker_than_noon() -> None:
    """The time of day sets the brightness."""
    assert painted("mountains at night").mean() < 0.6 * painted("mountains at noon").mean()


@pytest.mark.parametrize(
    ("colour", "channel", "other"), [("red", 0, 2), ("blue", 2, 0), ("green", 1, 0), ("purple", 2, 1)]
)
def test_a_colour_before_a_subject_tints_the_subject(colour: str, channel: int, other: int) -> None:
    """A cut-out's colour is the one the prompt names before it."""
    cut_out = np.asarray(ENGINE.text_to_png(f"a {colour} balloon", size=SIZE, seed=1), dtype=np.float64)
    plain = np.asarray(ENGINE.text_to_png("a grey balloon", size=SIZE, seed=1), dtype=np.float64)
    opaque = plain[..., 3] > 250

    def excess(picture: np.ndarray) -> float:
        return float((picture[..., channel] - picture[..., other])[opaque].mean())

    assert excess(cut_out) > excess(plain) + 10


def test_red_raises_red_in_a_scene() -> None:
    """A colour that belongs to no subject tints the scene."""
    red, blue = painted("red abstract"), painted("blue abstract")
    assert (red[..., 0] - red[..., 2]).mean() > (blue[..., 0] - blue[..., 2]).mean() + 40


def test_snow_is_brighter_than_grass() -> None:
    """Snow whitens the ground."""
    assert painted("snowy meadow at noon")[60:].mean() > painted("meadow at noon")[60:].mean() + 30


def test_the_sea_is_bluer_below_than_a_meadow() -> None:
    """The sea fills the lower half with blue."""
    sea, meadow = painted("sea at noon")[60:], painted("meadow at noon")[60:]
    assert (sea[..., 2] - sea[..., 0]).mean() > 10 > (meadow[..., 2] - meadow[..., 0]).mean()


def test_windows_are_lit_at_night() -> None:
    """Where a picture is large enough to have windows, more of them shine at night than by day."""
    night, noon = (painted(f"city skyline at {time}", size=(200, 200)) for time in ("night", "noon"))
    yellow = [(np.minimum(picture[..., 0], picture[..., 1]) - picture[..., 2] > 60).mean() for picture in (night, noon)]
    assert yellow[0] > 2 * yellow[1]


def test_fog_lowers_contrast() -> None:
    """Fog fades what is far."""
    assert painted("mountains at noon in fog")[40:60].std() < painted("mountains at noon")[40:60].std()


def test_a_subject_changes_the_picture_where_it_stands() -> None:
    """A named subject is drawn large enough to see."""
    with_fox = painted("a fox in a meadow at noon")
    assert (with_fox[..., 0] - with_fox[..., 2] > 80).mean() > 0.01


def test_every_style_looks_its_own() -> None:
    """No two styles give nearly the same picture."""
    pictures = [painted("a lighthouse by the sea at sunset", style=style) for style in STYLES]
    differences = [np.abs(first - second).mean() for index, first in enumerate(pictures) for second in pictures[:index]]
    assert min(differences) > 1.0


def test_an_unknown_style_is_the_default_look() -> None:
    """A style that is not known paints like the default."""
    assert (painted("a lake", style="no-such-style") == painted("a lake")).all()


@pytest.mark.parametrize("size", [(16, 16), (17, 301), (301, 17), (64, 40)])
@pytest.mark.parametrize("prompt", ["a fox in the snow", "city in the rain", "fish", "a planet", "a mug", "swirls"])
def test_any_size_is_painted_exactly(size: tuple[int, int], prompt: str) -> None:
    """Small and narrow pictures come out in the size asked for."""
    image = ENGINE.text_to_image(prompt, style="anime", size=size, seed=3)
    assert (image.size, image.mode) == (size, "RGB")


@pytest.mark.parametrize("prompt", ["", "   ", "zxqv brlp", "!?", "日本"])
def test_a_prompt_without_known_words_gives_a_picture(prompt: str) -> None:
    """Nothing known gives a picture all the same, not a flat one."""
    assert painted(prompt).std() > 8


@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_painted(place: str) -> None:
    """Every place of the vocabulary has a painter."""
    assert painted(place, size=(48, 48)).std() > 4


def test_every_subject_of_the_vocabulary_has_a_drawing() -> None:
    """The words and the drawings name the same subjects."""
    assert set(SUBJECTS) == set(SUBJECT_WORDS)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_cut_out_holds_its_subject_on_nothing(subject: str) -> None:
    """A subject's cut-out is opaque within and transparent around, and touches no edge."""
    image = ENGINE.text_to_png(f"a {subject}", size=(64, 64), seed=1)
    alpha = np.asarray(image.getchannel("A"))
    assert image.mode == "RGBA"
    assert 0.04 < (alpha > 200).mean() < 0.8
    assert not np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]]).any()


def test_a_cut_out_without_a_subject_is_a_badge() -> None:
    """A scene without a subject is cut to a disc."""
    alpha = np.asarray(ENGINE.text_to_png("mountains", size=(64, 64), seed=1).getchannel("A"))
    assert alpha[0, 0] == 0
    assert alpha[32, 32] == 255


def test_several_subjects_are_several() -> None:
    """A plural draws more than one."""
    one, five = painted("a red balloon at noon"), painted("five red balloons at noon")
    assert np.abs(one - five).mean() > 0.5


def test_painting_in_threads_gives_the_same_pixels() -> None:
    """The engine holds no state that threads could share."""
    from concurrent.futures import ThreadPoolExecutor

    def digest(_: int) -> bytes:
        return ENGINE.text_to_image("a boat on a lake", style="sdxl-1.0", size=(48, 48), seed=5).tobytes()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(digest, range(8)))) == 1


def test_pictures_are_plain_pillow_images() -> None:
    """A painted picture can be saved as any RGB image."""
    assert isinstance(ENGINE.text_to_image("sea", style="", size=(32, 32), seed=0), Image.Image)


def test_noise_that_overshoots_makes_no_holes() -> None:
    """A seed whose noise leaves its range is painted without a warning, which would be an error here."""
    picture = ENGINE.text_to_image("a", style="imagine-turbo", size=(64, 64), seed=195210042)
    assert picture.size == (64, 64)
