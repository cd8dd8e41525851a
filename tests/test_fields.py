"""The converters of single fields: what they normalise, and what they refuse by name."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.catalog import AspectRatio, Style
from imagine_async.errors import InvalidRequestError
from imagine_async.fields import to_aspect_ratio, to_extra, to_image, to_mask, to_prompt, to_seed, to_style
from tests.pictures import texts, variety

TEXT_FIELDS = {"prompt": to_prompt, "style": to_style, "aspect_ratio": to_aspect_ratio}
# More digits than Python turns into text.
ENDLESS_NUMBER = 10**5000

text_field = pytest.mark.parametrize("name", TEXT_FIELDS)


class House(StrEnum):
    """A user's own names of styles."""

    BRAND = "brand-style"


@text_field
@pytest.mark.parametrize("given_text", ["fox", "  fox\n", "\tfox\u3000", "\N{NO-BREAK SPACE}fox"])
def test_text_is_stripped(name: str, given_text: str) -> None:
    """White space around a text goes."""
    assert TEXT_FIELDS[name](given_text) == "fox"


@text_field
def test_text_inside_is_kept(name: str) -> None:
    """Everything between the ends is kept as it is, also line ends, quotation marks and other scripts."""
    text = 'a "red"\r\nfox\0; 狐 🦊 %22'
    assert TEXT_FIELDS[name](text) == text


@text_field
@pytest.mark.parametrize("value", ["", "  \n", None, 7, b"fox", ["fox"], "\ud800"], ids=repr)
def test_bad_text_is_refused(name: str, value: Any) -> None:
    """What is empty, no text, or cannot be sent as UTF-8 is refused by the field's name."""
    with pytest.raises(InvalidRequestError) as caught:
        TEXT_FIELDS[name](value)
    assert caught.value.field == name


@settings(deadline=None)
@given(texts())
def test_any_text(text: str) -> None:
    """Any text is either refused, or stripped and encodable."""
    try:
        kept = to_prompt(text)
    except InvalidRequestError:
        return
    assert kept == text.strip()
    assert kept.encode().decode() == kept


@pytest.mark.parametrize("style", [*Style, House.BRAND, "not-yet-known"], ids=str)
def test_styles_become_plain_texts(style: str) -> None:
    """The catalog's styles, a user's own enum and unknown names all pass."""
    assert to_style(style) == str(style)
    assert type(to_style(style)) is str


@pytest.mark.parametrize("ratio", [*AspectRatio, "21:9"], ids=str)
def test_ratios_become_plain_texts(ratio: str) -> None:
    """The catalog's ratios and unknown ones pass."""
    assert to_aspect_ratio(ratio) == str(ratio)


@pytest.mark.parametrize("seed", [1, 42, 2**64, np.int64(7), np.uint8(255), np.array(9)], ids=repr)
def test_seed_is_a_plain_number(seed: Any) -> None:
    """Whole numbers of any kind pass and become Python's own."""
    assert to_seed(seed) == int(seed)
    assert type(to_seed(seed)) is int


def test_no_seed_stays_none() -> None:
    """`None` leaves the choice to the SDK."""
    assert to_seed(None) is None


@pytest.mark.parametrize(
    "seed", [0, -1, True, False, np.True_, 1.0, np.float64(2), "7", b"7", "", [1], np.int64(-3)], ids=repr
)
def test_bad_seed_is_refused(seed: Any) -> None:
    """What is below 1 or no whole number is refused, `True` included."""
    with pytest.raises(InvalidRequestError) as caught:
        to_seed(seed)
    assert caught.value.field == "seed"


@pytest.mark.parametrize("seed", [ENDLESS_NUMBER, -ENDLESS_NUMBER], ids=["positive", "negative"])
def test_seed_of_too_many_digits_is_refused(seed: int) -> None:
    """A number that Python itself will not write out is refused, and the refusal can be shown."""
    with pytest.raises(InvalidRequestError):
        to_seed(seed)


@settings(deadline=None)
@given(st.integers())
def test_any_whole_number(seed: int) -> None:
    """A seed passes exactly if it is at least 1."""
    try:
        assert to_seed(seed) == seed
    except InvalidRequestError:
        assert seed < 1
    else:
        assert seed >= 1


@pytest.mark.parametrize(("name", "convert"), [("image", to_image), ("mask", to_mask)])
def test_picture_fields(name: str, convert: Any) -> None:
    """A picture becomes a source; a bad one is refused by the field's name."""
    assert convert(variety("png")).size == len(variety("png"))
    with pytest.raises(InvalidRequestError) as caught:
        convert(b"no picture")
    assert caught.value.field == name


@pytest.mark.parametrize(
    ("extra", "wire"),
    [
        (None, {}),
        ({}, {}),
        ({"negative_prompt": "dogs"}, {"negative_prompt": "dogs"}),
        ({"steps": 30, "cfg": 7.5}, {"steps": "30", "cfg": "7.5"}),
        ({"empty": ""}, {"empty": ""}),
        (MappingProxyType({"size": "2048"}), {"size": "2048"}),
        ({"kept": "  as it is "}, {"kept": "  as it is "}),
    ],
    ids=["none", "empty", "text", "numbers", "empty-text", "read-only", "white-space"],
)
def test_extra_becomes_wire_text(extra: Any, wire: dict[str, str]) -> None:
    """Further fields become texts, in their order, and are otherwise passed on as they are."""
    assert to_extra(extra) == wire


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ([("steps", 30)], "extra"),
        ("steps=30", "extra"),
        ({"": "x"}, "extra"),
        ({7: "x"}, "extra"),
        ({"\ud800": "x"}, "extra"),
        ({"hires": True}, "extra['hires']"),
        ({"hires": None}, "extra['hires']"),
        ({"hires": b"1"}, "extra['hires']"),
        ({"hires": [1]}, "extra['hires']"),
        ({"hires": "\ud800"}, "extra['hires']"),
        ({"hires": ENDLESS_NUMBER}, "extra['hires']"),
    ],
    ids=[
        "pairs",
        "text",
        "no-name",
        "number-as-name",
        "surrogate-in-name",
        "bool",
        "none",
        "bytes",
        "list",
        "surrogate",
        "too-many-digits",
    ],
)
def test_bad_extra_is_refused(extra: Any, field: str) -> None:
    """A field that cannot be sent is refused with the name that it has in `extra`."""
    with pytest.raises(InvalidRequestError) as caught:
        to_extra(extra)
    assert caught.value.field == field


def test_extra_is_copied() -> None:
    """What the caller does to the mapping afterwards changes nothing."""
    mine: dict[str, str | int | float] = {"steps": 30}
    kept = to_extra(mine)
    mine.clear()
    assert kept == {"steps": "30"}
