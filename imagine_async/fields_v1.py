"""Converters of the fields of v1's requests, within the ranges that the catalog documents."""

from __future__ import annotations

from imagine_async.catalog import (
    V1_GENERATIONS,
    V1_GUIDED,
    V1_INPAINT,
    V1_REMIX,
    V1_VARIATIONS,
    Dialect,
    Endpoint,
    FormField,
    dialect_named,
)
from imagine_async.errors import ConfigurationError, InvalidRequestError
from imagine_async.field_numbers import as_index, as_truth, number_in, whole, whole_in
from imagine_async.fields import encodable

__all__ = [
    "to_aesthetics_weight",
    "to_any_seed",
    "to_any_steps",
    "to_artistic_noise",
    "to_cfg",
    "to_control",
    "to_dialect",
    "to_generation_bias",
    "to_high_res_results",
    "to_inpaint_strength",
    "to_model_version",
    "to_negative_prompt",
    "to_remix_strength",
    "to_remix_style_id",
    "to_steps",
    "to_style_id",
    "to_variation_strength",
]


def _known(endpoint: Endpoint, name: str) -> FormField:
    known = endpoint.field(name)
    assert known is not None
    return known


_CFG = _known(V1_GENERATIONS, "cfg")
_STEPS = _known(V1_GENERATIONS, "steps")
_VARIATION_STRENGTH = _known(V1_VARIATIONS, "strength")
_REMIX_STRENGTH = _known(V1_REMIX, "strength")
_REMIX_STYLES = _known(V1_REMIX, "style_id").allowed
_CONTROLS = _known(V1_REMIX, "control").allowed
_INPAINT_STRENGTH = _known(V1_INPAINT, "inpaint_strength")
_GENERATION_BIAS = _known(V1_GUIDED, "generation_bias")
_ARTISTIC_NOISE = _known(V1_GUIDED, "artistic_noise")
_AESTHETICS_WEIGHT = _known(V1_GUIDED, "aesthetics_weight")


def to_style_id(value: int | None) -> int | None:
    """Take a style's number, of at least 1; the catalog need not know it."""
    return whole("style_id", value, 1)


def to_remix_style_id(value: int | None) -> int | None:
    """Take the number of a style that remix has: the page and both clients list the same three."""
    if value is not None and as_index(value) not in [int(allowed) for allowed in _REMIX_STYLES]:
        raise InvalidRequestError("style_id", value, f"remix takes {_listed(_REMIX_STYLES)}, or None to leave it open")
    return as_index(value)


def to_model_version(value: int | None) -> int | None:
    """Take a model's number, of at least 1."""
    return whole("model_version", value, 1)


def to_control(value: str | None) -> str | None:
    """Take what a remix keeps of its picture, one of `V1Control`."""
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else ""
    if text not in _CONTROLS:
        raise InvalidRequestError("control", value, f"pass {_listed(_CONTROLS)}, or None to leave it open")
    return text


def to_negative_prompt(value: str | None) -> str | None:
    """Strip a negative prompt; an empty one is none, as with the API."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidRequestError("negative_prompt", value, "pass a text, or None for none")
    return encodable("negative_prompt", value.strip()) or None


def to_any_seed(value: int | None) -> int | None:
    """Take any whole number: v1 documents no smallest seed."""
    return whole("seed", value)


def to_steps(value: int | None) -> int | None:
    """Take a number of steps from 30 to 50."""
    return whole_in(_STEPS, value)


def to_any_steps(value: int | None) -> int | None:
    """Take a number of steps, of at least 1, where no range is documented."""
    return whole("steps", value, 1)


def to_cfg(value: float | None) -> float | None:
    """Take a number from 3 to 15."""
    return number_in(_CFG, value)


def to_variation_strength(value: float | None) -> float | None:
    """Take a number from 0 to 1."""
    return number_in(_VARIATION_STRENGTH, value)


def to_remix_strength(value: int | None) -> int | None:
    """Take a whole number from 0 to 100."""
    return whole_in(_REMIX_STRENGTH, value)


def to_inpaint_strength(value: float | None) -> float | None:
    """Take any number: no page describes the field."""
    return number_in(_INPAINT_STRENGTH, value)


def to_generation_bias(value: float | None) -> float | None:
    """Take a number from 0.2 to 1.2."""
    return number_in(_GENERATION_BIAS, value)


def to_artistic_noise(value: float | None) -> float | None:
    """Take a number from 0.1 to 0.2."""
    return number_in(_ARTISTIC_NOISE, value)


def to_aesthetics_weight(value: float | None) -> float | None:
    """Take a number from 0.4 to 1."""
    return number_in(_AESTHETICS_WEIGHT, value)


def to_high_res_results(value: bool) -> bool:
    """Take a truth value, or the 0 and 1 that the page names."""
    truth = as_truth(value)
    if truth is None and as_index(value) not in (0, 1):
        raise InvalidRequestError("high_res_results", value, "pass True or False")
    return bool(value) if truth is None else truth


def to_dialect(value: Dialect | str) -> Dialect:
    """Take a dialect, or its name."""
    if isinstance(value, Dialect):
        return value
    try:
        return dialect_named(value)
    except ConfigurationError:
        raise InvalidRequestError("dialect", value, "pass 'javascript', 'python' or a Dialect") from None


def _listed(allowed: tuple[str, ...]) -> str:
    return f"{', '.join(allowed[:-1])} or {allowed[-1]}"
