"""How books compare with the server's, and what that says of the calls that may have been charged. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, TypeAlias

from attrs import define, field, frozen

from imagine_async.errors import ConfigurationError
from imagine_async.stores import Hold, Line, LineKey
from imagine_async.usage import Reconciliation

__all__ = ["Comparison", "Statement", "compare_balance", "compare_statement"]

Statement: TypeAlias = "float | Mapping[str, float] | Mapping[str, tuple[int, float]]"
"""Tokens left on the account; or, by price key such as `text_to_image/anime`, tokens charged or calls and tokens."""

_ROUNDING = 1e-6
_MOST_SUMS = 100_000


@define
class Comparison:
    """What is to be done about holds.

    Args:
        charged: Ids of holds that were charged.
        not_charged: Ids of those that were not.
        unexplained: Tokens that the books cannot explain, by price key or `balance`.
        note: What to remember for the next time.
        is_first: Whether there was nothing to compare with.
    """

    charged: list[str] = field(factory=list)
    not_charged: list[str] = field(factory=list)
    unexplained: dict[str, float] = field(factory=dict)
    note: str | None = None
    is_first: bool = False

    def result(self) -> Reconciliation:
        """Return it as the caller sees it."""
        return Reconciliation(
            settled=len(self.charged),
            released=len(self.not_charged),
            unexplained=dict(self.unexplained),
            is_first=self.is_first,
        )


@frozen
class _Charged:
    calls: int | None
    tokens: float


def compare_statement(lines: Iterable[Line], holds: Sequence[Hold], statement: object) -> Comparison:
    """Compare books with what was charged by price key, since the books began.

    Where a statement counts calls, so many of a key's holds were charged as the books lack; else those whose tokens
    make up the difference. Of several that fit, the oldest count as charged.

    Args:
        lines: The books.
        holds: Calls that may have been charged, the oldest first.
        statement: Tokens, or calls and tokens, by price key.

    Returns:
        What is to be done.

    Raises:
        ConfigurationError: The statement is none.
    """
    charged = _checked(statement)
    settled = _settled(lines)
    held: dict[str, list[Hold]] = {}
    for hold in holds:
        held.setdefault(_price_key(hold.key), []).append(hold)
    comparison = Comparison()
    for key in sorted(charged | settled | held):
        _compare_line(
            key, charged.get(key, _Charged(0, 0.0)), settled.get(key, (0, 0.0)), held.get(key, []), comparison
        )
    return comparison


def compare_balance(lines: Iterable[Line], holds: Sequence[Hold], balance: float, noted: str | None) -> Comparison:
    """Compare books with the tokens left on the account, now and the last time.

    Args:
        lines: The books.
        holds: Calls that may have been charged, the oldest first.
        balance: Tokens left now.
        noted: What was noted the last time; `None` for the first.

    Returns:
        What is to be done. Holds are left alone where no choice of them explains the difference exactly.

    Raises:
        ConfigurationError: The balance is no number, or it is the first and calls are held.
    """
    if not isfinite(balance):
        raise ConfigurationError(f"statement={balance!r}: pass the tokens left on the account")
    spent = sum(line.tokens for line in lines)
    before = _read_note(noted)
    if before is None and holds:
        raise ConfigurationError(
            f"of calls that are held already ({len(holds)}) a first balance cannot tell what became: settle or release "
            "them before, or pass what was charged by price key"
        )
    if before is None:
        return Comparison(note=_note(balance, spent), is_first=True)
    extra = (before[0] - balance) - (spent - before[1])
    chosen = _choose(holds, extra)
    if chosen is None:
        return Comparison(unexplained={"balance": round(extra, 6)})
    ids = {hold.id for hold in chosen}
    return Comparison(
        charged=[hold.id for hold in chosen],
        not_charged=[hold.id for hold in holds if hold.id not in ids],
        note=_note(balance, spent + sum(hold.tokens or 0.0 for hold in chosen)),
    )


def _compare_line(
    key: str, charged: _Charged, settled: tuple[int, float], held: Sequence[Hold], comparison: Comparison
) -> None:
    extra = charged.tokens - settled[1]
    if charged.calls is None:
        chosen = _choose(held, extra)
        if chosen is None:
            comparison.unexplained[key] = round(extra, 6)
            return
    else:
        chosen = list(held[: max(0, charged.calls - settled[0])])
    ids = {hold.id for hold in chosen}
    comparison.charged += [hold.id for hold in held if hold.id in ids]
    comparison.not_charged += [hold.id for hold in held if hold.id not in ids]
    left = extra - sum(hold.tokens or 0.0 for hold in chosen)
    if abs(left) > _ROUNDING:
        comparison.unexplained[key] = round(left, 6)


def _choose(holds: Sequence[Hold], tokens: float) -> list[Hold] | None:
    """Choose holds that make up a sum exactly, rather older ones; `None` where no choice does."""
    # Each sum that can be reached, with the last hold that it takes and the sum before it.
    reached: dict[float, tuple[float, Hold] | None] = {0.0: None}
    for hold in holds:
        for before in list(reached):
            after = round(before + (hold.tokens or 0.0), 6)
            if after not in reached and len(reached) < _MOST_SUMS:
                reached[after] = (before, hold)
    wanted = round(tokens, 6)
    if wanted not in reached:
        return None
    chosen = []
    while (step := reached[wanted]) is not None:
        wanted, hold = step
        chosen.append(hold)
    return chosen[::-1]


def _settled(lines: Iterable[Line]) -> dict[str, tuple[int, float]]:
    sums: dict[str, tuple[int, float]] = {}
    for line in lines:
        calls, tokens = sums.get(_price_key(line.key), (0, 0.0))
        sums[_price_key(line.key)] = (calls + line.calls - line.held_calls, tokens + line.tokens)
    return sums


def _price_key(key: LineKey) -> str:
    return key.endpoint if key.style is None else f"{key.endpoint}/{key.style}"


def _checked(statement: object) -> dict[str, _Charged]:
    if not isinstance(statement, Mapping):
        raise ConfigurationError(
            f"statement={statement!r}: pass the tokens left on the account, or a mapping such as "
            "{'text_to_image/anime': (3, 15)} of calls and tokens charged"
        )
    return {str(key): _charged(key, value) for key, value in statement.items()}


def _charged(key: object, value: Any) -> _Charged:
    try:
        if isinstance(value, Mapping):
            return _Charged(int(value["calls"]), _tokens(value["tokens"]))
        if isinstance(value, Sequence):
            calls, tokens = value
            return _Charged(int(calls), _tokens(tokens))
        return _Charged(None, _tokens(value))
    except (TypeError, ValueError, KeyError):
        raise ConfigurationError(f"statement[{key!r}]={value!r}: pass tokens, or a pair of calls and tokens") from None


def _tokens(value: Any) -> float:
    if isinstance(value, (bool, str)) or not isfinite(value):
        raise ValueError
    return float(value)


def _note(balance: float, spent: float) -> str:
    return json.dumps({"balance": balance, "spent": spent})


def _read_note(noted: str | None) -> tuple[float, float] | None:
    if noted is None:
        return None
    held = json.loads(noted)
    return float(held["balance"]), float(held["spent"])
