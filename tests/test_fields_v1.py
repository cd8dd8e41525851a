"""The fields of v1's requests: what each takes, how it is written, and what it refuses by name."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.catalog import DIALECTS, FormField, V1AspectRatio, V1Control, V1Style
from imagine_async.errors import InvalidRequestError
from imagine_async.requests_v1 import (
    V1Generations,
    V1Guided,
    V1Inpaint,
    V1Remix,
    V1Request,
    V1Variations,
)
from tests.pictures import texts
from tests.v1_samples import PNG, REQUESTS, attempt, build, every_request, part, refusal, wire

# More digits than Python turns into text.
ENDLESS_NUMBER = 10**5000


def ranged() -> list[tuple[type[V1Request], FormField]]:
    return [(cls, known) for cls, endpoint in REQUESTS.items() for known in endpoint.fields if known.low is not None]


every_range = pytest.mark.parametrize(
    ("cls", "known"), ranged(), ids=lambda value: getattr(value, "__name__", None) or value.name
)


@pytest.mark.parametrize("value", [1, 0, True, False, np.True_, np.False_, np.int64(1), np.array(True)], ids=repr)
def test_truth_values(value: Any) -> None:
    """Truth values of any kind are taken, and the 0 and 1 that the page names."""
    assert V1Generations(prompt="fox", high_res_results=value).high_res_results is bool(value)


@pytest.mark.parametrize("value", [2, -1, None, "1", 1.0, np.array([True, False]), ENDLESS_NUMBER, object], ids=type)
def test_bad_truth_values_are_refused(value: Any) -> None:
    """What is neither true nor false is refused."""
    assert refusal(V1Generations, high_res_results=value).field == "high_res_results"


@every_range
@pytest.mark.parametrize("dialect", DIALECTS)
@settings(deadline=None, max_examples=60)
@given(number=st.one_of(st.floats(), st.integers(), st.floats(-1, 110), st.integers(-1, 110)))
def test_no_number_out_of_its_range_gets_through(
    cls: type[V1Request], known: FormField, dialect: str, number: float
) -> None:
    """Any number is either refused by name, value and range, or stands in the form within its documented range."""
    assert known.low is not None
    assert known.high is not None
    made = attempt(cls, {known.name: number, "dialect": dialect})
    if isinstance(made, InvalidRequestError):
        assert made.field == known.name
        assert f"{known.low:g} to {known.high:g}" in made.advice
        fits = isinstance(number, int) or known.kind == "number"
        assert not (fits and known.low <= number <= known.high)
        return
    sent = wire(made)[known.name]
    assert known.low <= float(sent) <= known.high
    assert float(sent) == number
    assert "e" not in sent
    assert sent.isdecimal() or known.kind == "number"


@every_range
def test_ranges_include_their_ends(cls: type[V1Request], known: FormField) -> None:
    """Both ends of a documented range pass, also as numpy's numbers; the next ones beyond are refused."""
    assert known.low is not None
    assert known.high is not None
    whole = known.kind == "integer"
    for end, beyond in ((known.low, -1), (known.high, 1)):
        ends: list[Any] = [np.int16(end), int(end)] if whole else [end, np.float32(end), np.float64(end)]
        for value in ends:
            assert float(wire(build(cls, **{known.name: value}))[known.name]) == end
        step: Any = int(end) + beyond if whole else np.nextafter(end, end + beyond)
        assert refusal(cls, **{known.name: step}).field == known.name


PLACES = [
    (cls, each.name) for cls in REQUESTS for each in attrs.fields(cls) if each.name not in ("image", "mask", "extra")
]
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    texts(),
    st.binary(max_size=9),
    st.decimals(),
    st.lists(st.integers(), max_size=2),
    st.sampled_from([object(), np.datetime64("2020"), np.array([40, 40]), np.array("7.5"), np.complex64(1), 1j]),
)


@settings(deadline=None, max_examples=400)
@given(place=st.sampled_from(PLACES), value=ANYTHING, dialect=st.sampled_from(list(DIALECTS)))
def test_wild_values(place: tuple[type[V1Request], str], value: Any, dialect: str) -> None:
    """Anything at all is either refused by the argument's name, or makes a form whose texts the catalog allows."""
    cls, name = place
    made = attempt(cls, {"dialect": dialect, name: value})
    if isinstance(made, InvalidRequestError):
        assert made.field == name
        assert str(made)
        return
    for part_name, sent in made.form():
        known = REQUESTS[cls].field(part_name)
        assert known is not None
        if isinstance(sent, str):
            sent.encode()
            check(known, sent)


def check(known: FormField, sent: str) -> None:
    """See that a text is of its field's kind and within its range."""
    if known.kind == "integer":
        int(sent)
    if known.kind == "number":
        float(sent)
    if known.low is not None and known.high is not None:
        assert known.low <= float(sent) <= known.high
    if known.name == "control":
        assert sent in known.allowed


@pytest.mark.parametrize(
    ("number", "sent"),
    [
        (7.5, "7.5"),
        (8.0, "8"),
        (8, "8"),
        (np.float32(7.1), "7.1"),
        (np.float64(7.25), "7.25"),
        (np.int8(9), "9"),
        (np.array(7.5), "7.5"),
        (Fraction(15, 2), "7.5"),
        (Decimal("7.50"), "7.5"),
        (10.0, "10"),
    ],
    ids=repr,
)
def test_numbers_are_written_in_one_way(number: Any, sent: str) -> None:
    """Equal numbers of any kind are one text, as short as can be."""
    assert wire(V1Generations(prompt="fox", cfg=number))["cfg"] == sent


@pytest.mark.parametrize(
    ("number", "sent"), [(1e-7, "0.0000001"), (-0.0, "0"), (1e20, "100000000000000000000"), (-2.5, "-2.5")], ids=repr
)
def test_numbers_have_no_exponent(number: float, sent: str) -> None:
    """Very small and very large numbers are written out, and zero has no sign."""
    form = wire(V1Inpaint(prompt="fox", image=PNG, mask=PNG, inpaint_strength=number))
    assert form["inpaint_strength"] == sent


@pytest.mark.parametrize("value", [True, np.True_, "7.5", b"7", np.array("7.5"), np.array([7.5]), [7.5], 1j], ids=repr)
def test_what_is_no_number_is_refused(value: Any) -> None:
    """Texts and truth values are no numbers, even where they could be read as such."""
    assert refusal(V1Generations, cfg=value).field == "cfg"


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), np.float32("inf")], ids=repr)
def test_endless_numbers_are_refused(value: float) -> None:
    """Where no range is documented, a number has to be finite all the same."""
    assert refusal(V1Inpaint, inpaint_strength=value).field == "inpaint_strength"


class OldTruth:
    """A truth value as older releases of numpy have it, which can be taken for a whole number."""

    dtype = np.dtype(bool)

    def __index__(self) -> int:
        return 1


def test_old_truth_values_are_no_numbers() -> None:
    """A truth value that claims to be a whole number is refused as one."""
    assert refusal(V1Generations, style_id=OldTruth()).field == "style_id"


class Moody:
    """A number of somebody else's, which fails in its own way."""

    def __float__(self) -> float:
        raise RuntimeError("two elements")


def test_numbers_that_fail_are_refused() -> None:
    """Whatever a foreign number raises becomes a refusal by name."""
    assert refusal(V1Generations, cfg=Moody()).field == "cfg"


@pytest.mark.parametrize("value", [True, np.False_, 40.0, np.float64(40), "40", [40], np.array([True])], ids=repr)
@pytest.mark.parametrize("name", ["steps", "seed", "style_id"])
def test_what_is_no_whole_number_is_refused(name: str, value: Any) -> None:
    """Fractions, texts and truth values are no whole numbers."""
    assert refusal(V1Generations, **{name: value}).field == name
    assert refusal(V1Remix, **{name: value}).field == name


@pytest.mark.parametrize("name", ["seed", "style_id", "steps"])
@pytest.mark.parametrize("sign", [1, -1])
@every_request
def test_numbers_of_too_many_digits_are_refused(cls: type[V1Request], name: str, sign: int) -> None:
    """A number that Python itself will not write out is refused, and the refusal can be shown."""
    if name in attrs.fields_dict(cls):
        assert "int" in str(refusal(cls, **{name: sign * ENDLESS_NUMBER}))


@pytest.mark.parametrize("seed", [0, -1, 2**64, np.uint8(3)], ids=repr)
def test_any_whole_seed_passes(seed: int) -> None:
    """No page of v1 names a smallest seed."""
    assert wire(V1Generations(prompt="fox", seed=seed))["seed"] == str(seed)


@pytest.mark.parametrize("name", ["steps", "style_id", "model_version"])
@every_request
def test_counts_begin_at_one(cls: type[V1Request], name: str) -> None:
    """Where no range is documented, numbers of styles, models and steps are at least 1."""
    if name in attrs.fields_dict(cls):
        assert refusal(cls, **{name: 0}).field == name


@pytest.mark.parametrize("cls", [V1Variations, V1Guided], ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("steps", [1, 20, 200])
def test_steps_without_a_documented_range(cls: type[V1Request], steps: int) -> None:
    """Variations and guided document no range of steps."""
    assert wire(build(cls, steps=steps))["steps"] == str(steps)


@pytest.mark.parametrize("cls", [V1Generations, V1Variations, V1Guided], ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("style", [*V1Style, 777], ids=str)
def test_any_style_passes(cls: type[V1Request], style: int) -> None:
    """The catalog's styles and unknown numbers pass, as plain numbers."""
    request: Any = build(cls, style_id=style)
    assert type(request.style_id) is int
    assert wire(request)["style_id"] == str(int(style))


@pytest.mark.parametrize("style", V1Style, ids=str)
def test_remix_has_three_styles(style: V1Style) -> None:
    """Remix takes the three styles that page and clients list, and names them where it refuses another."""
    if style in (21, 22, 29):
        assert wire(build(V1Remix, style_id=style))["style_id"] == str(int(style))
    else:
        assert "21, 22 or 29" in refusal(V1Remix, style_id=style).advice


@pytest.mark.parametrize("control", [*V1Control, " depth "], ids=str)
def test_controls(control: str) -> None:
    """Every documented control passes, as a plain text."""
    assert wire(build(V1Remix, control=control))["control"] == str(control).strip()


@pytest.mark.parametrize("control", ["", "pose", "Canny", 1, b"canny", ["canny"]], ids=repr)
def test_unknown_controls_are_refused(control: Any) -> None:
    """Any other control is refused with those that there are."""
    assert "openpose, scribble, canny, lineart or depth" in refusal(V1Remix, control=control).advice


@pytest.mark.parametrize("ratio", [*V1AspectRatio, "21:9"], ids=str)
def test_any_ratio_passes(ratio: str) -> None:
    """The catalog's ratios and unlisted ones pass."""
    assert wire(V1Generations(prompt="fox", aspect_ratio=ratio))["aspect_ratio"] == str(ratio)


@pytest.mark.parametrize(("text", "sent"), [(" dogs\n", "dogs"), ("", None), ("  ", None), (None, None)])
@pytest.mark.parametrize("cls", [V1Generations, V1Inpaint, V1Guided], ids=lambda cls: cls.__name__)
def test_empty_negative_prompt_is_none(cls: type[V1Request], text: str | None, sent: str | None) -> None:
    """A negative prompt is stripped, and an empty one is not sent."""
    form = wire(build(cls, negative_prompt=text))
    assert form.get(part(cls, "negative_prompt")) == sent


@pytest.mark.parametrize("text", [7, b"dogs", ["dogs"], "\ud800"], ids=repr)
def test_bad_negative_prompt_is_refused(text: Any) -> None:
    """What is no text, or cannot be sent, is refused by name."""
    assert refusal(V1Guided, negative_prompt=text).field == "negative_prompt"
