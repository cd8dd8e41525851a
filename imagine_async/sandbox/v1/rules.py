"""What v1 takes and refuses beside what stands in the catalog's fields."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from attrs import evolve

from imagine_async.catalog import V1_GENERATIONS, Endpoint, V1AspectRatio, V1Style
from imagine_async.sandbox.replies import RefusedError

__all__ = ["GENERATIONS_OF_ANY_RATIO", "check_v1", "is_v1", "unprocessable_values"]

_WRONG_VALUE = 1100

_STYLES = frozenset(map(int, V1Style))

GENERATIONS_OF_ANY_RATIO = evolve(
    V1_GENERATIONS,
    fields=tuple(
        evolve(field, allowed=()) if field.name == "aspect_ratio" else field for field in V1_GENERATIONS.fields
    ),
)
"""The catalog's endpoint without its list of ratios, because the live service fails over any other instead."""


def is_v1(endpoint: Endpoint) -> bool:
    """Tell whether an endpoint belongs to v1.

    Args:
        endpoint: The endpoint.
    """
    return endpoint.name.startswith("v1.")


def check_v1(endpoint: Endpoint, values: Mapping[str, str]) -> None:
    """Check the style and the aspect ratio of a call of v1; calls of v2 pass.

    Args:
        endpoint: The endpoint called.
        values: The text parts, each checked by itself.

    Raises:
        RefusedError: The style or the ratio is not known.
    """
    if not is_v1(endpoint):
        return
    style, ratio = values.get("style_id"), values.get("aspect_ratio")
    if style is not None and int(style) not in _STYLES:
        raise RefusedError(1100, "The style_id is not known.")
    if ratio is not None and ratio not in tuple(V1AspectRatio):
        # Text to image answered 500 to such a ratio; source: an issue of the vendor's Python client.
        status = 500 if endpoint.name == V1_GENERATIONS.name else None
        raise RefusedError(1100, f"The aspect_ratio must be one of {', '.join(V1AspectRatio)}.", status=status)


@contextmanager
def unprocessable_values(endpoint: Endpoint, *, wanted: bool) -> Generator[None, None, None]:
    """Refuse wrong values of v1, not missing ones, with 422 while a block checks them; calls of v2 are left alone.

    Args:
        endpoint: The endpoint called.
        wanted: Whether it shall be so; otherwise nothing is changed.

    Raises:
        RefusedError: The block refused.
    """
    try:
        yield
    except RefusedError as refusal:
        if not (wanted and is_v1(endpoint) and refusal.row.code == _WRONG_VALUE and refusal.own_status is None):
            raise
        raise RefusedError(_WRONG_VALUE, refusal.message, status=422) from refusal
