"""The arithmetic of a ledger: entries, lines and sums. No I/O, no clock and no lock of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define, field, frozen

from imagine_async.stores.budgets import Budget, refuse_beyond
from imagine_async.stores.entries import Entry, Fate, Hold, Line, LineKey

__all__ = ["Books", "in_order"]


@define(eq=False, repr=False)
class _Sums:
    calls: int = 0
    tokens: float = 0.0
    held: float = 0.0
    held_calls: int = 0
    reserved: float = 0.0
    reserved_calls: int = 0
    unpriced: int = 0

    def add_reserved(self, tokens: float, calls: int) -> None:
        self.reserved_calls += calls
        # Sums of fractions are not exact: what is left over when nothing is reserved would never go away.
        self.reserved = self.reserved + tokens if self.reserved_calls else 0.0

    def add_held(self, tokens: float, calls: int) -> None:
        self.held_calls += calls
        self.held = self.held + tokens if self.held_calls else 0.0


@frozen(eq=False, repr=False)
class _Open:
    entry: Entry
    since: float
    is_held: bool = False


@define(eq=False, repr=False)
class Books:
    """The books of one account.

    Args:
        budgets: Those that were set here, by scope and name.
        notes: Whatever was noted.
    """

    budgets: dict[tuple[str, str | None], Budget] = field(factory=dict)
    notes: dict[str, str] = field(factory=dict)
    _open: dict[str, _Open] = field(factory=dict, init=False)
    _lines: dict[LineKey, _Sums] = field(factory=dict, init=False)
    _spent: dict[tuple[str, str | None], float] = field(factory=dict, init=False)

    def reserve(self, entry: Entry, budgets: Sequence[Budget], now: float, *, call_id: str | None = None) -> None:
        """Set tokens aside.

        Args:
            entry: What is reserved.
            budgets: The client's own budgets.
            now: Seconds since the epoch.
            call_id: The call's id, for the error.

        Raises:
            BudgetExceededError: A budget would be overrun; nothing was reserved.
        """
        if entry.id in self._open:
            return
        known = [*budgets, *self.budgets.values()]
        for scope, name in entry.key.scopes() if known else ():
            refuse_beyond(known, scope, name, spent=self.spent(scope, name), needed=entry.amount, call_id=call_id)
        self._open[entry.id] = _Open(entry, now)
        self._line(entry.key).add_reserved(entry.amount, 1)
        self._spend(entry.key, entry.amount)

    def book(self, entry_id: str, fate: Fate) -> bool:
        """Book an entry that is reserved or held.

        Args:
            entry_id: Which.
            fate: What became of it.

        Returns:
            Whether there was such an entry.
        """
        found = self._open.pop(entry_id, None)
        if found is None:
            return False
        self._take_out(found)
        if fate is Fate.HOLD:
            self._hold(found)
        elif fate is Fate.SETTLE:
            self._count(found.entry, found.entry.amount)
        else:
            self._spend(found.entry.key, -found.entry.amount)
        return True

    def doubt(self, entry: Entry, now: float) -> None:
        """Move an entry that was settled to those that may have been charged.

        Args:
            entry: The entry.
            now: Seconds since the epoch.
        """
        line = self._lines.get(entry.key)
        if entry.id in self._open or line is None or line.calls <= line.held_calls:
            return
        line.calls -= 1
        line.tokens -= entry.amount
        line.unpriced -= entry.tokens is None
        self._hold(_Open(entry, now))

    def spent(self, scope: str, name: str | None) -> float:
        """Return the tokens settled, held and reserved in a scope.

        Args:
            scope: `client`, `batch`, `tag` or `day`.
            name: Which one; `None` for a client's.
        """
        return self._spent.get((scope, name), 0.0)

    def largest(self, scope: str) -> float:
        """Return what is spent in the dearest of a kind of scopes.

        Args:
            scope: `batch` or `tag`.
        """
        return max((tokens for (kind, _), tokens in self._spent.items() if kind == scope), default=0.0)

    def lines(self) -> Iterator[Line]:
        """Yield the lines in which something stands, sorted."""
        for key in sorted(self._lines, key=in_order):
            sums = self._lines[key]
            if sums.calls or sums.reserved:
                yield Line(
                    key=key,
                    calls=sums.calls,
                    tokens=sums.tokens,
                    held=sums.held,
                    held_calls=sums.held_calls,
                    reserved=sums.reserved,
                    unpriced=sums.unpriced,
                )

    def holds(self) -> Iterator[Hold]:
        """Yield the calls that may have been charged, the oldest first."""
        for found in sorted(self._open.values(), key=lambda found: (found.since, found.entry.id)):
            if found.is_held:
                yield Hold(id=found.entry.id, key=found.entry.key, tokens=found.entry.tokens, since=found.since)

    def _hold(self, found: _Open) -> None:
        entry = found.entry
        self._open[entry.id] = _Open(entry, found.since, is_held=True)
        self._count(entry, 0.0)
        self._line(entry.key).add_held(entry.amount, 1)

    def _count(self, entry: Entry, tokens: float) -> None:
        line = self._line(entry.key)
        line.calls += 1
        line.tokens += tokens
        line.unpriced += entry.tokens is None

    def _take_out(self, found: _Open) -> None:
        """Take an open entry off its line, as if it had never been there; it still counts against the budgets."""
        line = self._line(found.entry.key)
        if found.is_held:
            line.calls -= 1
            line.add_held(-found.entry.amount, -1)
            line.unpriced -= found.entry.tokens is None
        else:
            line.add_reserved(-found.entry.amount, -1)

    def _spend(self, key: LineKey, tokens: float) -> None:
        for scope in key.scopes():
            self._spent[scope] = self._spent.get(scope, 0.0) + tokens

    def _line(self, key: LineKey) -> _Sums:
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Sums()
        return line


def in_order(key: LineKey) -> tuple[tuple[bool, str], ...]:
    """Return what lines are sorted by.

    Args:
        key: The line's key.
    """
    parts = (key.day, key.endpoint, key.style, key.tag, key.batch)
    return tuple((part is not None, part or "") for part in parts)
