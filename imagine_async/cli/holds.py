"""`imagine budget holds`, `settle` and `release`: calls that may have been charged, and what became of them.

Settling and releasing are two commands, as they are two methods of the client: they do opposite things to the tokens,
and a `release` that could also settle would be one slip away from the wrong one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from cyclopts import Parameter

from imagine_async.cli.books import USUAL_PLACE, Books, Place, Where, work_in_books
from imagine_async.cli.output import CommandError, say
from imagine_async.cli.tables import as_number, as_table, as_text, visible
from imagine_async.clock import SYSTEM_CLOCK
from imagine_async.stores import Fate, Hold

__all__ = ["holds", "iso_time", "release", "settle", "told_of"]

_WAYS_OUT = (
    "Look at the history of your account on https://platform.imagine.art, and then:\n"
    "    imagine budget holds         lists them\n"
    "    imagine budget settle ID     it was charged\n"
    "    imagine budget release ID    it was not charged: its tokens may be spent again"
)
_HEADER = ("ID", "Endpoint", "Style", "Tokens", "Since (UTC)")
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_LONGEST_LIST = 20

_Every: TypeAlias = Annotated[bool, Parameter(name="--all", negative="")]


def holds(
    *, as_json: Annotated[bool, Parameter(name="--json", negative="")] = False, place: Where = USUAL_PLACE
) -> None:
    """List the calls that may have been charged, the oldest first.

    They count against every budget until somebody says what became of them: see settle and release.

    Args:
        as_json: Print them as JSON, with day, tag and batch.
        place: Which books, as --store and --account say.
    """

    async def look(books: Books) -> None:
        held = await books.ledger.holds()
        say(_as_json(books.ledger.account, held) if as_json else _as_text(held))

    work_in_books(place, look)


def settle(*ids: str, every: _Every = False, older_than: str | None = None, place: Where = USUAL_PLACE) -> None:
    """Book held calls as charged: their tokens are spent.

    Args:
        ids: Which, as imagine budget holds names them.
        every: All of them.
        older_than: With --all: only those that were begun so long ago or longer, as 90 (seconds), 30m, 2h or 7d.
        place: Which books, as --store and --account say.
    """
    _close(ids, every=every, older_than=older_than, place=place, fate=Fate.SETTLE)


def release(*ids: str, every: _Every = False, older_than: str | None = None, place: Where = USUAL_PLACE) -> None:
    """Book held calls as not charged: their tokens may be spent again.

    Args:
        ids: Which, as imagine budget holds names them.
        every: All of them.
        older_than: With --all: only those that were begun so long ago or longer, as 90 (seconds), 30m, 2h or 7d.
        place: Which books, as --store and --account say.
    """
    _close(ids, every=every, older_than=older_than, place=place, fate=Fate.RELEASE)


def told_of(held: Sequence[Hold]) -> str:
    """Say how many calls are held, since when, and what to do about them.

    Args:
        held: The calls, the oldest first; at least one.

    Returns:
        Several lines.
    """
    oldest = "" if len(held) == 1 else "the oldest "
    since = f"{oldest}since {_minute(held[0].since)} UTC"
    return f"{_calls(len(held))} may have been charged: {_tokens(held, 'held')}, {since}.\n{_WAYS_OUT}"


def iso_time(seconds: float) -> str:
    """Return a time for JSON, to the second, as RFC 3339 has it.

    Args:
        seconds: Since the epoch.
    """
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _close(ids: Sequence[str], *, every: bool, older_than: str | None, place: Place, fate: Fate) -> None:
    if ids and (every or older_than is not None):
        raise CommandError("name the holds by their ids, or take --all, but not both: nothing was changed", code=2)
    seconds = None if older_than is None else _seconds(older_than)

    async def close(books: Books) -> None:
        held = await books.ledger.holds()
        if not ids and not every:
            raise CommandError(_which(held), code=2)
        chosen = _named(held, ids) if ids else _begun_before(held, seconds)
        closed = await books.ledger.close_holds([hold.id for hold in chosen], None, fate)
        say(_done(chosen, closed, fate))

    work_in_books(place, close)


def _named(held: Iterable[Hold], ids: Iterable[str]) -> list[Hold]:
    known = {hold.id: hold for hold in held}
    unknown = [each for each in ids if each not in known]
    if unknown:
        names = ", ".join(map(visible, unknown))
        raise CommandError(f"not held: {names}. Nothing was changed; imagine budget holds lists what is held")
    return [known[each] for each in dict.fromkeys(ids)]


def _begun_before(held: Iterable[Hold], seconds: float | None) -> list[Hold]:
    before = None if seconds is None else SYSTEM_CLOCK.wall() - seconds
    return [hold for hold in held if before is None or hold.since <= before]


def _which(held: Sequence[Hold]) -> str:
    if not held:
        return "nothing is held, and nothing was changed"
    beyond = len(held) - _LONGEST_LIST
    more = f"\nand {beyond} more: imagine budget holds lists all" if beyond > 0 else ""
    return (
        "which holds? Name their ids, or add --all (with --older-than 2h: only those that are as old). "
        f"Nothing was changed. These are held:\n{_table(held[:_LONGEST_LIST])}{more}"
    )


def _done(chosen: Sequence[Hold], closed: int, fate: Fate) -> str:
    if not chosen:
        return "Nothing that is held is meant; nothing was changed."
    if closed < len(chosen):
        # Which of them is not known, and so neither are the tokens.
        others = f"the other {len(chosen) - closed} somebody else has closed meanwhile"
        return f"{_VERBS[fate]} {_calls(closed)}; {others}. imagine usage tells how the books stand."
    return f"{_VERBS[fate]} {_calls(closed)} as {_FATES[fate]}: {_tokens(chosen, _CONSEQUENCES[fate])}."


_VERBS = {Fate.SETTLE: "Settled", Fate.RELEASE: "Released"}
_FATES = {Fate.SETTLE: "charged", Fate.RELEASE: "not charged"}
_CONSEQUENCES = {Fate.SETTLE: "booked as spent", Fate.RELEASE: "free to be spent again"}


def _as_text(held: Sequence[Hold]) -> str:
    return f"{_table(held)}\n\n{told_of(held)}" if held else "Nothing is held."


def _table(held: Iterable[Hold]) -> str:
    rows = [
        (
            hold.id,
            hold.key.endpoint,
            hold.key.style,
            "unknown" if hold.tokens is None else hold.tokens,
            _minute(hold.since),
        )
        for hold in held
    ]
    return as_table(_HEADER, rows, numbers=("Tokens",))


def _as_json(account: str, held: Iterable[Hold]) -> str:
    return json.dumps({"account": account, "holds": [_facts(hold) for hold in held]}, indent=2)


def _facts(hold: Hold) -> dict[str, str | float | None]:
    key = hold.key
    return {
        "id": hold.id,
        "day": key.day,
        "endpoint": key.endpoint,
        "style": key.style,
        "tag": key.tag,
        "batch": key.batch,
        "tokens": None if hold.tokens is None else as_number(hold.tokens),
        "since": iso_time(hold.since),
    }


def _minute(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count} calls"


def _tokens(held: Sequence[Hold], state: str) -> str:
    known = as_text(sum(hold.tokens or 0.0 for hold in held))
    unpriced = sum(hold.tokens is None for hold in held)
    are = "1 token is" if known == "1" else f"{known} tokens are"
    return f"{are} {state}" + (f" (the price of {_calls(unpriced)} is not known)" if unpriced else "")


def _seconds(text: str) -> float:
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhd]?)", text.strip())
    if found is None:
        raise CommandError(f"--older-than {visible(text)}: write a time such as 90 (seconds), 30m, 2h or 7d", code=2)
    return float(found[1]) * _UNIT_SECONDS[found[2]]
