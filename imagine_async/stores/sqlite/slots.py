"""Rate limits in the file: the arithmetic of `SlotBook`, over a table of slots."""

from __future__ import annotations

from attrs import define

from imagine_async.stores.rates import RateLimit
from imagine_async.stores.slots import Recent, Slot, SlotBook
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = ["cap_burst", "confirm_slot", "delay", "give_slot_back", "push_back", "reserve_slot"]


@define
class _SlotTable(Recent):
    """The slots of an account, numbered on without gaps, so that any of them is found by its place."""

    transaction: Transaction
    account: str
    number: int = 0

    def append(self, at: float) -> None:
        self.number += 1
        self.transaction.change(
            "INSERT INTO slots (account, number, at) VALUES (?, ?, ?)", self.account, self.number, at
        )

    def newest(self, place: int) -> float | None:
        if place > self.number:
            return None
        found = self.transaction.row(
            "SELECT at FROM slots WHERE account = ? AND number = ?", self.account, self.number - place + 1
        )
        return None if found is None else found[0]

    def before(self, at: float, until: float, places: int) -> float | None:
        if self._place_of(at) is None:
            return None
        found = self.transaction.row(
            "SELECT at FROM slots WHERE account = ?1 AND number ="
            " (SELECT number - ?3 FROM slots WHERE account = ?1 AND at <= ?2 ORDER BY at DESC, number DESC LIMIT 1)",
            *(self.account, until, places),
        )
        return found[0] if found else None

    def drop_newest(self) -> None:
        self._keep_up_to(self.number - 1)

    def drop_after(self, now: float) -> None:
        found = self.transaction.row(
            "SELECT number FROM slots WHERE account = ? AND at <= ? ORDER BY number DESC LIMIT 1", self.account, now
        )
        self._keep_up_to(found[0] if found else 0)

    def forget(self, keep: int, before: float) -> None:
        oldest_kept = self.number - keep + 1
        found = self.transaction.row(
            "SELECT number FROM slots WHERE account = ? AND at > ? ORDER BY number LIMIT 1", self.account, before
        )
        if found:
            oldest_kept = min(oldest_kept, found[0])
        self.transaction.change("DELETE FROM slots WHERE account = ? AND number < ?", self.account, oldest_kept)

    def shift(self, seconds: float) -> None:
        self.transaction.change("UPDATE slots SET at = at + ? WHERE account = ?", seconds, self.account)

    def move(self, at: float, later: float) -> None:
        place = self._place_of(at)
        if place is None:
            return
        behind = self.transaction.rows(
            "SELECT at FROM slots WHERE account = ? AND number > ? AND at < ? ORDER BY number",
            *(self.account, place, later),
        )
        for number, moved in enumerate([*(each for (each,) in behind), later], place):
            self.transaction.change(
                "UPDATE slots SET at = ? WHERE account = ? AND number = ?", moved, self.account, number
            )

    def _place_of(self, at: float) -> int | None:
        found = self.transaction.row("SELECT max(number) FROM slots WHERE account = ? AND at = ?", self.account, at)
        return None if found is None else found[0]

    def _keep_up_to(self, number: int) -> None:
        self.number = number
        self.transaction.change("DELETE FROM slots WHERE account = ? AND number > ?", self.account, number)


def reserve_slot(transaction: Transaction, account: str, limit: RateLimit) -> Slot:
    """Take the next free slot.

    Args:
        transaction: Where.
        account: Whose limit.
        limit: The limit.

    Returns:
        The slot.
    """
    book, table = _load(transaction, account)
    slot = book.reserve(limit, transaction.clock.now())
    _save(book, table)
    return slot


def give_slot_back(transaction: Transaction, account: str, limit: RateLimit, slot: Slot) -> None:
    """Free a slot if nobody stands behind it, and it is not void.

    Args:
        transaction: Where.
        account: Whose limit.
        limit: The limit.
        slot: The slot.
    """
    book, table = _load(transaction, account)
    if book.refusals == slot.refusals and book.give_back(limit, slot.at):
        _save(book, table)


def delay(transaction: Transaction, account: str, slot: Slot, seconds: float) -> None:
    """Note that the call of a slot has left later.

    Args:
        transaction: Where.
        account: Whose limit.
        slot: The slot.
        seconds: How much later.
    """
    book, _ = _load(transaction, account)
    book.delay(slot.at, seconds)


def confirm_slot(transaction: Transaction, account: str, limit: RateLimit, slot: Slot) -> Slot:
    """Look at a slot again when it has come.

    Args:
        transaction: Where.
        account: Whose limit.
        limit: The limit.
        slot: The slot.

    Returns:
        The slot as it is now.
    """
    book, _ = _load(transaction, account)
    return book.confirm(limit, slot, transaction.clock.now())


def push_back(transaction: Transaction, account: str, limit: RateLimit, seconds: float) -> None:
    """Void the slots to come, and let nobody leave for a while.

    Args:
        transaction: Where.
        account: Whose limit.
        limit: The limit.
        seconds: How long.
    """
    book, table = _load(transaction, account)
    book.push_back(limit, seconds, transaction.clock.now())
    _save(book, table)


def cap_burst(transaction: Transaction, account: str, limit: RateLimit, calls: int) -> None:
    """Let no more than so many calls leave at once from here on.

    Args:
        transaction: Where.
        account: Whose limit.
        limit: The limit.
        calls: How many.
    """
    book, table = _load(transaction, account)
    book.leave(limit, calls, transaction.clock.now())
    _save(book, table)


def _load(transaction: Transaction, account: str) -> tuple[SlotBook, _SlotTable]:
    found = transaction.row("SELECT turn, resume_at, touched, refusals, newest FROM limits WHERE account = ?", account)
    table = _SlotTable(transaction, account)
    if found is None:
        return SlotBook(recent=table), table
    turn, resume_at, touched, refusals, table.number = found
    return SlotBook(turn, resume_at, touched, refusals, table), table


def _save(book: SlotBook, table: _SlotTable) -> None:
    table.transaction.change(
        "INSERT OR REPLACE INTO limits (account, turn, resume_at, touched, refusals, newest) VALUES (?, ?, ?, ?, ?, ?)",
        *(table.account, book.turn, book.resume_at, book.touched, book.refusals, table.number),
    )
