"""What the script answers, as the SDK's own data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from imagine_async.stores.books import in_order
from imagine_async.stores.budgets import Budget, BudgetScope
from imagine_async.stores.entries import Hold, Line
from imagine_async.stores.sqlite.text import read_line

__all__ = ["budgets_of_reply", "holds_of_reply", "lines_of_reply", "scope_text"]


def scope_text(scope: str, name: str | None) -> str:
    """Write a scope as the script has it.

    Args:
        scope: `client`, `batch`, `tag` or `day`.
        name: Which one; `None` for a client's, or for each of them.
    """
    return scope if name is None else f"{scope}:{name}"


def lines_of_reply(answer: Sequence[Any]) -> tuple[Line, ...]:
    """Read the lines in which something stands, sorted.

    Args:
        answer: The script's.
    """
    sums: dict[str, dict[str, float]] = {}
    for name, number in _pairs(answer[1]).items():
        metric, _, line = name.partition(" ")
        sums.setdefault(line, {})[metric] = float(number)
    lines = (_line(line, found) for line, found in sums.items())
    return tuple(sorted((line for line in lines if line.calls or line.reserved), key=lambda line: in_order(line.key)))


def holds_of_reply(answer: Sequence[Any]) -> tuple[Hold, ...]:
    """Read the holds, the oldest first.

    Args:
        answer: The script's.
    """
    entries = {name: json.loads(written) for name, written in _pairs(answer[1]).items()}
    holds = [
        Hold(
            id=name,
            key=read_line(entry["line"]),
            tokens=float(entry["tokens"]) if entry["tokens"] else None,
            since=float(entry["since"]),
        )
        for name, entry in entries.items()
        if entry.get("is_held")
    ]
    return tuple(sorted(holds, key=lambda hold: (hold.since, hold.id)))


def budgets_of_reply(today: str, answer: Sequence[Any]) -> tuple[tuple[Budget, float], ...]:
    """Read the budgets in the order of their setting, each with what is spent in its scope.

    Args:
        today: The day, in UTC.
        answer: The script's.
    """
    limits, spent, notes = (_pairs(each) for each in answer[1:4])
    ordered = sorted(limits, key=lambda scope: int(notes[f"place {scope}"]))
    budgets = [_budget(scope, float(limits[scope])) for scope in ordered]
    return tuple((budget, _spent(budget, spent, today)) for budget in budgets)


def _pairs(flat: Sequence[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _line(line: str, found: Mapping[str, float]) -> Line:
    return Line(
        key=read_line(line),
        calls=round(found.get("calls", 0)),
        tokens=found.get("tokens", 0.0),
        held=found.get("held", 0.0),
        held_calls=round(found.get("held_calls", 0)),
        reserved=found.get("reserved", 0.0),
        unpriced=round(found.get("unpriced", 0)),
    )


def _budget(text: str, tokens: float) -> Budget:
    scope, _, name = text.partition(":")
    # It is what `scope_text` wrote.
    return Budget(tokens, cast("BudgetScope", scope), name or None)


def _spent(budget: Budget, spent: Mapping[str, str], today: str) -> float:
    name = budget.name or (today if budget.scope == "day" else None)
    if budget.scope == "client" or name is not None:
        return float(spent.get(scope_text(budget.scope, name), 0))
    return max((float(tokens) for scope, tokens in spent.items() if scope.startswith(f"{budget.scope}:")), default=0.0)
