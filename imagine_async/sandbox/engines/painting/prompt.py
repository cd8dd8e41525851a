"""Reading of a prompt: a piece of text to the scene it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from imagine_async.sandbox.engines.painting import words
from imagine_async.sandbox.engines.painting.colour import Colour, hexadecimal

_REACH = 3
"""How many words before a subject a colour may stand and still colour it."""

_LONGEST_PHRASE = 3


@dataclass(frozen=True)
class Mention:
    """One subject a prompt names.

    Attributes:
        subject: Canonical subject name, a key of ``words.SUBJECTS``.
        colour: The colour named for it, if any.
        count: How many of it to draw, at least 1.
    """

    subject: str
    colour: Colour | None = None
    count: int = 1


@dataclass(frozen=True)
class Description:
    """What a prompt says; None or empty where it says nothing.

    Attributes:
        time: Time of day, a key of ``words.TIMES``.
        weather: A key of ``words.WEATHERS``.
        place: A key of ``words.PLACES``.
        season: A key of ``words.SEASONS``.
        mentions: The subjects in reading order.
        accent: The first colour that belongs to no subject.
    """

    time: str | None = None
    weather: str | None = None
    place: str | None = None
    season: str | None = None
    mentions: tuple[Mention, ...] = ()
    accent: Colour | None = None


@dataclass(frozen=True)
class _Term:
    kind: str
    name: str
    plural: bool


def describe(prompt: str) -> Description:
    """Return what a prompt says; unknown words are passed over."""
    terms = list(_terms(_tokens(prompt)))
    mentions, spent = _mentions(terms)
    spare = [term for index, term in enumerate(terms) if term and index not in spent and term.kind == "colour"]
    return Description(
        time=_first(terms, "time"),
        weather=_first(terms, "weather"),
        place=_most_telling_place(terms),
        season=_first(terms, "season"),
        mentions=mentions,
        accent=hexadecimal(spare[0].name) if spare else None,
    )


def _tokens(prompt: str) -> list[str]:
    return re.findall(r"[a-z0-9]+(?:-[a-z]+)*", prompt.lower())


def _phrases(table: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, entries in table.items():
        single, *several = entries.split("|")
        for phrase in [*single.split(), *several]:
            yield phrase, name


def _vocabulary() -> dict[str, tuple[str, str]]:
    kinds = {
        "colour": words.COLOURS,
        "time": words.TIMES,
        "weather": words.WEATHERS,
        "place": words.PLACES,
        "season": words.SEASONS,
        "subject": words.SUBJECTS,
        "count": words.COUNTS,
    }
    return {phrase: (kind, name) for kind, table in kinds.items() for phrase, name in _phrases(table)}


_VOCABULARY = _vocabulary()


def _terms(tokens: list[str]) -> Iterator[_Term | None]:
    """Yield one term per word or phrase, None for a word the vocabulary lacks, longest phrases first."""
    start = 0
    while start < len(tokens):
        for length in range(min(_LONGEST_PHRASE, len(tokens) - start), 0, -1):
            term = _look_up(" ".join(tokens[start : start + length]))
            if term or length == 1:
                yield term
                start += length
                break


def _look_up(phrase: str) -> _Term | None:
    for spelling in _singulars(phrase):
        if spelling in _VOCABULARY:
            kind, name = _VOCABULARY[spelling]
            return _Term(kind, name, plural=spelling != phrase)
    return None


def _singulars(phrase: str) -> Iterator[str]:
    yield phrase
    for ending, singular in (("ies", "y"), ("es", ""), ("s", "")):
        if phrase.endswith(ending):
            yield phrase.removesuffix(ending) + singular


def _first(terms: list[_Term | None], kind: str) -> str | None:
    return next((term.name for term in terms if term and term.kind == kind), None)


def _most_telling_place(terms: list[_Term | None]) -> str | None:
    named = {term.name for term in terms if term and term.kind == "place"}
    return next((place for place in words.PLACES if place in named), None)


def _mentions(terms: list[_Term | None]) -> tuple[tuple[Mention, ...], set[int]]:
    """Return the subjects and the indices of the colours they used up."""
    mentions: dict[str, Mention] = {}
    spent: set[int] = set()
    for index, term in enumerate(terms):
        if term is None or term.kind != "subject" or term.name in mentions:
            continue
        before = range(index - 1, max(-1, index - 1 - _REACH), -1)
        colour_at = _nearest(terms, before, "colour")
        spent |= set() if colour_at is None else {colour_at}
        mentions[term.name] = Mention(term.name, _colour(terms, colour_at), _count(terms, before, term.plural))
    return tuple(mentions.values()), spent


def _nearest(terms: list[_Term | None], indices: range, kind: str) -> int | None:
    for index in indices:
        term = terms[index]
        if term and term.kind == "subject":
            return None
        if term and term.kind == kind:
            return index
    return None


def _colour(terms: list[_Term | None], index: int | None) -> Colour | None:
    term = terms[index] if index is not None else None
    return hexadecimal(term.name) if term else None


def _count(terms: list[_Term | None], before: range, plural: bool) -> int:
    index = _nearest(terms, before, "count")
    term = terms[index] if index is not None else None
    if term:
        return int(term.name)
    return 5 if plural else 1
