"""Comparing books with the server's: what explains the difference exactly is settled, nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.errors import ConfigurationError
from imagine_async.middleware.reconciling import compare_balance, compare_statement
from imagine_async.stores import Hold, Line, LineKey

ANIME = LineKey("2026-11-24", "text_to_image", "anime")
UPSCALE = LineKey("2026-11-24", "upscale")


def hold(name: str, tokens: float | None, key: LineKey = ANIME) -> Hold:
    return Hold(id=name, key=key, tokens=tokens, since=0.0)


def line(calls: int, tokens: float, held: list[Hold], key: LineKey = ANIME) -> Line:
    return Line(
        key=key,
        calls=calls + len(held),
        tokens=tokens,
        held=sum(each.tokens or 0 for each in held),
        held_calls=len(held),
    )


def compared(
    statement: Any, *held: Hold, calls: int = 1, tokens: float = 5
) -> tuple[list[str], list[str], dict[str, float]]:
    found = compare_statement([line(calls, tokens, list(held))], held, statement)
    return found.charged, found.not_charged, found.unexplained


@pytest.mark.parametrize(
    ("statement", "charged", "not_charged", "unexplained"),
    [
        ({"text_to_image/anime": (1, 5)}, [], ["a", "b"], {}),
        ({"text_to_image/anime": (2, 10)}, ["a"], ["b"], {}),
        ({"text_to_image/anime": (3, 15)}, ["a", "b"], [], {}),
        ({"text_to_image/anime": (4, 20)}, ["a", "b"], [], {"text_to_image/anime": 5}),
        ({"text_to_image/anime": (2, 9)}, ["a"], ["b"], {"text_to_image/anime": -1}),
        ({"text_to_image/anime": 5}, [], ["a", "b"], {}),
        ({"text_to_image/anime": 10}, ["a"], ["b"], {}),
        ({"text_to_image/anime": 7}, [], [], {"text_to_image/anime": 2}),
        ({"text_to_image/anime": {"calls": 2, "tokens": 10}}, ["a"], ["b"], {}),
        ({}, [], ["a", "b"], {"text_to_image/anime": -5}),
        ({"text_to_image/anime": (1, 5), "upscale": (1, 4)}, [], ["a", "b"], {"upscale": 4}),
    ],
    ids=str,
)
def test_statements(statement: Any, charged: list[str], not_charged: list[str], unexplained: dict[str, float]) -> None:
    """The oldest holds count as charged, as many as the books lack; what stays over is told."""
    assert compared(statement, hold("a", 5), hold("b", 5)) == (charged, not_charged, unexplained)


def test_lines_of_one_price_are_one() -> None:
    """A statement knows neither days nor tags: the lines of all of them count together."""
    other = LineKey("2026-11-25", "text_to_image", "anime", "design")
    held = [hold("a", 5), hold("b", 5, other), hold("c", 4, UPSCALE)]
    lines = [line(1, 5, held[:1]), line(1, 5, held[1:2], other), line(0, 0, held[2:], UPSCALE)]
    found = compare_statement(lines, held, {"text_to_image/anime": (3, 15), "upscale": 4})
    assert (sorted(found.charged), found.not_charged, found.unexplained) == (["a", "c"], ["b"], {})


def test_calls_without_a_price_are_counted() -> None:
    """Of a call whose price nobody knows the statement's count tells; its tokens are told as what they are."""
    found = compared({"text_to_image/anime": (2, 12)}, hold("a", None), calls=1, tokens=5)
    assert found == (["a"], [], {"text_to_image/anime": 7})


@pytest.mark.parametrize(
    "statement",
    ["1000", None, [1], {"a": "b"}, {"a": (1,)}, {"a": {"calls": 1}}, {"a": True}, {"a": float("nan")}, {"a": None}],
    ids=repr,
)
def test_what_is_no_statement(statement: Any) -> None:
    """What cannot be read is refused, with what can."""
    with pytest.raises(ConfigurationError, match="statement"):
        compared(statement)


@pytest.mark.parametrize("balance", [float("nan"), float("inf")])
def test_what_is_no_balance(balance: float) -> None:
    """A balance is a finite number."""
    with pytest.raises(ConfigurationError, match="pass the tokens left"):
        compare_balance([], [], balance, None)


def test_first_balance_cannot_tell_of_holds() -> None:
    """What was held before the first balance may have been charged before it, too: it has to be closed by hand."""
    with pytest.raises(ConfigurationError, match=r"held already \(1\) .* settle or release them"):
        compare_balance([line(1, 5, [])], [hold("a", 5)], 100, None)


def noted(balance: float, spent: float = 0.0) -> str:
    note = compare_balance([line(1, spent, [])], [], balance, None).note
    assert note is not None
    return note


@pytest.mark.parametrize(
    ("balance", "charged", "not_charged"),
    [(95, [], ["a", "b", "c"]), (94, ["c"], ["a", "b"]), (90, ["a"], ["b", "c"]), (84, ["a", "b", "c"], [])],
)
def test_balances(balance: float, charged: list[str], not_charged: list[str]) -> None:
    """Those holds were charged whose tokens make up the difference."""
    held = [hold("a", 5), hold("b", 5), hold("c", 1)]
    found = compare_balance([line(1, 5, held)], held, balance, noted(100))
    assert (found.charged, found.not_charged, found.unexplained) == (charged, not_charged, {})


@pytest.mark.parametrize(("balance", "unexplained"), [(93, 2), (100, -5), (50, 45), (500, -405)])
def test_balance_that_nothing_explains(balance: float, unexplained: float) -> None:
    """Where no choice of holds makes up the difference, nothing is changed or noted, and the tokens are told."""
    held = [hold("a", 5), hold("b", 5), hold("c", 1)]
    found = compare_balance([line(1, 5, held)], held, balance, noted(100))
    assert (found.charged, found.not_charged, found.note) == ([], [], None)
    assert found.unexplained == {"balance": unexplained}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 15), st.booleans()), max_size=25), st.integers(0, 500), st.booleans())
def test_whatever_was_charged_is_explained(calls: list[tuple[int, bool]], settled: int, by_key: bool) -> None:
    """If the server charged some of the holds, the sums agree afterwards, whichever they were."""
    held = [hold(str(number), tokens) for number, (tokens, _) in enumerate(calls)]
    truth = sum(tokens for tokens, was_charged in calls if was_charged)
    lines = [line(1, settled, held)]
    found = (
        compare_statement(lines, held, {"text_to_image/anime": settled + truth})
        if by_key
        else compare_balance(lines, held, 1000 - settled - truth, noted(1000))
    )
    by_id = {each.id: each.tokens for each in held}
    assert sum(by_id[each] or 0 for each in found.charged) == truth
    assert sorted(found.charged + found.not_charged) == sorted(by_id)
    assert found.unexplained == {}


def test_fractions_are_compared_with_care() -> None:
    """Ten calls at a tenth of a token make up one token, though their sum in binary does not."""
    held = [hold(str(number), 0.1) for number in range(10)]
    found = compare_statement([line(0, 0.0, held)], held, {"text_to_image/anime": 1.0})
    assert (len(found.charged), found.unexplained) == (10, {})


def test_many_holds_stay_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search for a sum ends, however many sums there are; what it does not find is told, not guessed."""
    monkeypatch.setattr("imagine_async.middleware.reconciling._MOST_SUMS", 4)
    held = [hold(str(number), 2.0**number) for number in range(10)]
    found = compare_statement([line(0, 0.0, held)], held, {"text_to_image/anime": 1023.0})
    assert (found.charged, found.unexplained) == ([], {"text_to_image/anime": 1023.0})
