"""Every combination of lists of values, each found by its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

__all__ = ["count_of", "places_of"]


def count_of(lists: Mapping[str, Sequence[Any]]) -> int:
    """Tell how many combinations there are.

    Args:
        lists: Lists of values by name; none of them is empty.
    """
    return prod(map(len, lists.values()))


def places_of(number: int, lists: Mapping[str, Sequence[Any]]) -> dict[str, int]:
    """Tell where in each list the value of a combination stands.

    Args:
        number: Which combination, from 0; the value of the last list changes from one to the next.
        lists: As for `count_of`.

    Returns:
        The places by the names of the lists, in their order, from 0.
    """
    places = dict.fromkeys(lists, 0)
    for name in reversed(places):
        number, places[name] = divmod(number, len(lists[name]))
    return places
