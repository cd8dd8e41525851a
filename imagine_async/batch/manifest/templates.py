"""Prompts out of templates: each with every combination of the values that it names."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from string import Formatter
from typing import overload

from attrs import define, field, frozen

from imagine_async.batch.manifest.combinations import count_of, places_of

__all__ = ["Prompts", "Template", "template_of"]


@frozen
class Template:
    """A text with placeholders.

    Args:
        pieces: A text, and the placeholder behind it; `None` for none.
        values: What each placeholder stands for, in the order in which the template names them first.
    """

    pieces: tuple[tuple[str, str | None], ...]
    values: Mapping[str, Sequence[str]]

    def __len__(self) -> int:
        """Tell how many texts it makes."""
        return count_of(self.values)

    def filled(self, place: int) -> str:
        """Fill it in.

        Args:
            place: Which combination, from 0; the value of the last placeholder changes from one to the next.
        """
        places = places_of(place, self.values)
        return "".join(text + ("" if name is None else self.values[name][places[name]]) for text, name in self.pieces)


@define
class Prompts(Sequence[str]):
    """All texts that templates make, each made when it is asked for.

    Args:
        templates: At least one, in order.
    """

    templates: Sequence[Template]
    _ends: list[int] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._ends = list(accumulate(map(len, self.templates)))

    def __len__(self) -> int:
        """Tell how many there are."""
        return self._ends[-1]

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        """Make one of them."""
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        index = bisect(self._ends, place)
        return self.templates[index].filled(place - (self._ends[index - 1] if index else 0))


def template_of(text: str, values: Mapping[str, Sequence[str]]) -> Template:
    """Take a template apart.

    Args:
        text: With placeholders, as in `a {animal} in {place}`; a brace is written twice.
        values: What each placeholder may stand for.

    Returns:
        The template.

    Raises:
        ValueError: A brace is not closed, or a placeholder has no values; says which.
    """
    pieces = tuple(_pieces(text))
    named = dict.fromkeys(name for _, name in pieces if name is not None)
    for name in named:
        if name not in values:
            raise ValueError(f"there are no values for {{{name}}}; write a brace that is none as {{{{ or }}}}")
    return Template(pieces, {name: values[name] for name in named})


def _pieces(text: str) -> Iterator[tuple[str, str | None]]:
    for literal, name, spec, conversion in Formatter().parse(text):
        if spec or conversion:
            raise ValueError(f"a placeholder is a name in braces, without {conversion or spec}")
        yield literal, name
