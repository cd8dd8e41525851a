"""What is read from a prompt."""

from __future__ import annotations

import pytest

from imagine_async.sandbox.engines.painting.colour import hexadecimal
from imagine_async.sandbox.engines.painting.prompt import Description, Mention, describe


def test_a_colour_just_before_a_subject_is_the_subjects() -> None:
    """The adjective colours its noun and leaves the scene alone."""
    description = describe("a red fox in a forest")
    assert description.mentions == (Mention("fox", hexadecimal("d2242b")),)
    assert (description.place, description.accent) == ("forest", None)


def test_a_colour_on_its_own_is_the_accent() -> None:
    """A colour that no subject takes tints the scene."""
    assert describe("purple mountains").accent == hexadecimal("7d3fb8")


@pytest.mark.parametrize(
    ("prompt", "count"),
    [("a fox", 1), ("foxes", 5), ("two foxes", 2), ("three red foxes", 3), ("butterflies", 1), ("puppies", 5)],
)
def test_counts_come_from_number_words_and_plurals(prompt: str, count: int) -> None:
    """Number words count, a plural without one is several; a word listed in the plural is taken as it is."""
    assert describe(prompt).mentions[0].count == count


@pytest.mark.parametrize(
    ("prompt", "time"),
    [("golden hour", "golden"), ("at midnight", "night"), ("SUNRISE!", "dawn"), ("a fox", None)],
)
def test_the_time_of_day_is_found(prompt: str, time: str | None) -> None:
    """Phrases win over the words in them, whatever the letter case."""
    assert describe(prompt).time == time


def test_phrases_are_taken_whole() -> None:
    """A hot air balloon is one subject, and the golden hour is no colour."""
    description = describe("a hot air balloon at golden hour")
    assert [mention.subject for mention in description.mentions] == ["balloon"]
    assert description.accent is None


def test_a_colour_stops_at_the_next_subject() -> None:
    """Of two coloured subjects each has its own colour."""
    fox, cat = describe("a white fox and a black cat").mentions
    assert (fox.colour, cat.colour) == (hexadecimal("f4f3ef"), hexadecimal("26262b"))


def test_nothing_known_is_an_empty_description() -> None:
    """Unknown words say nothing."""
    assert describe("qwerty asdf") == Description()
