"""`imagine usage`: what was spent, from the books."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

from imagine_async.cli.books import USUAL_PLACE, Books, Where, work_in_books
from imagine_async.cli.holds import iso_time, told_of
from imagine_async.cli.output import CommandError, say
from imagine_async.cli.tables import Cell, as_csv, as_number, as_table, visible, write_raw
from imagine_async.stores import Hold
from imagine_async.usage import Usage, UsageBy, UsageRow

__all__ = ["usage"]

_SUMS = ("calls", "tokens", "held", "held_calls", "reserved", "unpriced")


def usage(
    *,
    by: Annotated[tuple[UsageBy, ...], Parameter(negative="", show_default=", ".join)] = ("endpoint", "style"),
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
    as_csv: Annotated[bool, Parameter(name="--csv", negative="")] = False,
    place: Where = USUAL_PLACE,
) -> None:
    """Print what was spent by all programs that share a key and a store, also while they run.

    Held: tokens of calls that may have been charged, and how many calls.
    Reserved: tokens of calls that are under way.
    Unpriced: calls of which no price is known.

    Args:
        by: What to split it by; may be given several times.
        as_json: Print it as JSON.
        as_csv: Print it as CSV, without the sums. A name that looks like a formula gets a single quote before it.
        place: Which books, as --store and --account say.
    """
    if as_json and as_csv:
        raise CommandError("--json and --csv: choose one of them", code=2)
    split = tuple(dict.fromkeys(by))

    async def look(books: Books) -> None:
        found, held = await books.ledger.usage(split), await books.ledger.holds()
        if as_csv:
            write_raw(_as_csv(found))
        else:
            say(_as_json(books.ledger.account, found, held) if as_json else await _as_text(books, found, held))

    work_in_books(place, look)


async def _as_text(books: Books, found: Usage, held: Sequence[Hold]) -> str:
    if not found.rows:
        return await _nothing_in(books)
    header = [_heading(name) for name in (*found.by, *_SUMS)]
    sums: list[Cell] = ["Sum", *[""] * (len(found.by) - 1), *_sums(found)]
    table = as_table(header, [*_rows(found), sums], numbers=header[len(found.by) :])
    return f"{table}\n\n{told_of(held)}" if held else table


async def _nothing_in(books: Books) -> str:
    ledger = books.ledger
    others = [visible(each) for each in await ledger.store.accounts() if each != ledger.account]
    advice = f" The store has books of {', '.join(others)}: see --account." if others else ""
    return f"Nothing is booked for the account {visible(ledger.account)}.{advice}"


def _as_csv(found: Usage) -> str:
    return as_csv((*found.by, *_SUMS), _rows(found))


def _as_json(account: str, found: Usage, held: Sequence[Hold]) -> str:
    facts = {
        "account": account,
        "by": found.by,
        "rows": [{**{name: getattr(row, name) for name in found.by}, **_named_sums(row)} for row in found.rows],
        "sum": _named_sums(found),
        "holds": {"calls": len(held), "oldest": iso_time(held[0].since) if held else None},
    }
    return json.dumps(facts, indent=2)


def _rows(found: Usage) -> list[list[Cell]]:
    return [[*(getattr(row, name) for name in found.by), *_sums(row)] for row in found.rows]


def _sums(of: Usage | UsageRow) -> list[float]:
    return [getattr(of, name) for name in _SUMS]


def _named_sums(of: Usage | UsageRow) -> dict[str, float | None]:
    return {name: as_number(getattr(of, name)) for name in _SUMS}


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()
