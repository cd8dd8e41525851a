"""The store in Redis or Valkey."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.errors import BudgetExceededError, ConfigurationError, MissingExtraError
from imagine_async.stores.base import Store
from imagine_async.stores.budgets import Budget
from imagine_async.stores.entries import Entry, Fate, Hold, Line
from imagine_async.stores.rates import RateLimit
from imagine_async.stores.redis.engine import Known, RedisEngine, Work
from imagine_async.stores.redis.reading import budgets_of_reply, holds_of_reply, lines_of_reply, scope_text
from imagine_async.stores.slots import Slot
from imagine_async.stores.sqlite.text import clean, clean_budget, clean_entry, line_of
from imagine_async.stores.worker import Worker

__all__ = ["RedisStore"]

_SCHEMES = ("redis", "rediss", "unix")


class RedisStore(Store):
    """Limits and books in a Redis or Valkey server, for the processes of many hosts; needs the extra `redis`.

    Each process uses it by one thread and one connection, and the server's clock is everybody's. Every operation is one
    script on the server, so that nobody sees or leaves half of it. What a restart of the server keeps is up to its
    settings: without `appendonly` its books are lost, which running clients notice and refuse.

    Args:
        url: `redis://`, `rediss://` (TLS) or `unix://`, as redis-py takes them, such as `redis://localhost:6379/0`.
        patience: Seconds for which a server is waited for that is away.
        clock: The time, for tests; `None`: the server's.

    Raises:
        ConfigurationError: The URL is none.
        MissingExtraError: The extra is not installed.

    Example:
        client = AsyncImagine(store=RedisStore("redis://10.0.0.5:6379/0"), budget=500)
    """

    def __init__(self, url: str, *, patience: float = 10.0, clock: Clock | None = None) -> None:
        self._name = _checked(url)
        self._clock = clock
        self._worker: Worker[Work] = Worker(partial(RedisEngine, url, Known()), store=self._name, patience=patience)

    def __repr__(self) -> str:
        return f"RedisStore({self._name!r})"

    async def reserve_slot(self, account: str, limit: RateLimit) -> Slot:
        """Take the next free slot."""
        account = clean(account)
        arguments = (*_texts(limit.interval, limit.tolerance), str(limit.calls), _text(limit.window))
        work = self._on_limit("reserve_slot", account, limit, arguments, read=_slot)

        def undo(slot: Slot | None) -> Work | None:
            return None if slot is None else self._give_back(account, limit, slot)

        slot: Slot = await self._worker.ask(work, undo=undo)
        return slot

    def post_slot_back(self, account: str, limit: RateLimit, slot: Slot) -> None:
        """Give back a slot."""
        self._worker.post(self._give_back(clean(account), limit, slot))

    def post_delay(self, account: str, slot: Slot, seconds: float) -> None:
        """Note that a call has left later than its slot."""
        arguments = (_text(slot.at), _text(slot.at + seconds))
        self._worker.post(Work("delay", clean(account), arguments, _nothing, is_on_books=False), may_wait=True)

    async def confirm_slot(self, account: str, limit: RateLimit, slot: Slot) -> Slot:
        """Look at a slot again."""
        numbers = _texts(limit.window, limit.tolerated_delay, limit.tolerance)
        arguments = (_text(slot.at), str(slot.refusals), str(limit.calls), *numbers)
        confirmed: Slot = await self._worker.ask(
            self._on_limit("confirm_slot", clean(account), limit, arguments, read=_slot)
        )
        return confirmed

    def post_refusal(self, account: str, limit: RateLimit, seconds: float) -> None:
        """Void the slots to come."""
        arguments = _texts(limit.tolerance, limit.window, seconds)
        self._worker.post(self._on_limit("push_back", clean(account), limit, arguments))

    def post_room(self, account: str, limit: RateLimit, calls: int) -> None:
        """Cap the burst."""
        arguments = (*_texts(limit.interval, limit.tolerance, limit.window), str(calls))
        self._worker.post(self._on_limit("leave", clean(account), limit, arguments))

    async def reserve(self, account: str, entry: Entry, budgets: Sequence[Budget], *, call_id: str | None) -> None:
        """Set tokens aside."""
        account, entry = clean(account), clean_entry(entry)
        caps = _caps(entry, [clean_budget(budget) for budget in budgets])
        arguments = (entry.id, _written(entry), _text(entry.seconds), json.dumps(caps))
        release = self._on_books("book", account, entry.id, Fate.RELEASE.value)
        work = self._on_books("reserve", account, *arguments, read=partial(_reserved, entry, call_id))
        await self._worker.ask(work, undo=lambda _: release)

    def post_booking(self, account: str, entry: Entry, fate: Fate) -> None:
        """Book an entry."""
        self._worker.post(self._on_books("book", clean(account), clean(entry.id), fate.value), may_wait=True)

    def post_doubt(self, account: str, entry: Entry) -> None:
        """Put a settled entry in doubt."""
        entry = clean_entry(entry)
        self._worker.post(self._on_books("doubt", clean(account), entry.id, _written(entry)), may_wait=True)

    async def flush(self) -> None:
        """Wait until all that was posted is written."""
        await self._worker.flush()

    async def lines(self, account: str) -> tuple[Line, ...]:
        """Return the books."""
        lines: tuple[Line, ...] = await self._ask("lines", account, read=lines_of_reply)
        return lines

    async def holds(self, account: str) -> tuple[Hold, ...]:
        """Return the holds."""
        holds: tuple[Hold, ...] = await self._ask("holds", account, read=holds_of_reply)
        return holds

    async def close_holds(self, account: str, ids: Sequence[str], fate: Fate) -> int:
        """Settle or release holds."""
        wanted = json.dumps([clean(each) for each in ids])
        closed: int = await self._ask("close_holds", account, wanted, fate.value, read=_number)
        return closed

    async def budgets(self, account: str) -> tuple[tuple[Budget, float], ...]:
        """Return the budgets that are set."""
        wall = (self._clock or SYSTEM_CLOCK).wall()
        today = datetime.fromtimestamp(wall, UTC).date().isoformat()
        found: tuple[tuple[Budget, float], ...] = await self._ask(
            "budgets", account, read=partial(budgets_of_reply, today)
        )
        return found

    async def set_budget(self, account: str, budget: Budget) -> None:
        """Set a budget."""
        budget = clean_budget(budget)
        await self._ask("set_budget", account, scope_text(budget.scope, budget.name), _text(budget.tokens))

    async def drop_budget(self, account: str, scope: str, name: str | None) -> bool:
        """Take a budget away."""
        dropped: int = await self._ask("drop_budget", account, scope_text(clean(scope), clean(name)), read=_number)
        return dropped > 0

    async def note(self, account: str, name: str) -> str | None:
        """Return a note."""
        text: str | None = await self._ask("note", account, clean(name), read=lambda answer: (*answer, None)[1])
        return text

    async def set_note(self, account: str, name: str, text: str) -> None:
        """Leave a note."""
        await self._ask("set_note", account, clean(name), clean(text))

    async def accounts(self) -> tuple[str, ...]:
        """Return the names of the accounts that have books here."""
        accounts: tuple[str, ...] = await self._ask("accounts", "")
        return accounts

    async def aclose(self) -> None:
        """Write what was posted, and let go of the connection."""
        await self._worker.aclose()

    async def _ask(self, operation: str, account: str, *arguments: str, read: Any = None) -> Any:
        return await self._worker.ask(self._on_books(operation, clean(account), *arguments, read=read))

    def _on_books(self, operation: str, account: str, *arguments: str, read: Any = None) -> Work:
        now = "" if self._clock is None else _text(self._clock.wall())
        return Work(operation, account, arguments, read or _nothing, now)

    def _on_limit(
        self, operation: str, account: str, limit: RateLimit, arguments: tuple[str, ...], *, read: Any = None
    ) -> Work:
        now = "" if self._clock is None else _text(self._clock.now())
        return Work(operation, account, arguments, read or _nothing, now, is_on_books=False, window=limit.window)

    def _give_back(self, account: str, limit: RateLimit, slot: Slot) -> Work:
        arguments = (_text(slot.at), str(slot.refusals), *_texts(limit.interval, limit.window))
        return self._on_limit("give_slot_back", account, limit, arguments)


def _checked(url: str) -> str:
    """See that a URL names a server; return it without user and password."""
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        # Not repeated: it may hold a password.
        raise ConfigurationError("url=: pass the URL of a Redis server, such as redis://localhost:6379/0")
    if find_spec("redis") is None:
        raise MissingExtraError("the Redis store", "redis")
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{place}{parts.path}"


def _caps(entry: Entry, budgets: Iterable[Budget]) -> dict[str, str]:
    """Find the lowest of the client's own budgets for each scope of an entry."""
    caps: dict[str, float] = {}
    for budget in budgets:
        for scope, name in entry.key.scopes():
            if budget.holds_for(scope, name):
                key = scope_text(scope, name)
                caps[key] = min(budget.tokens, caps.get(key, budget.tokens))
    return {key: _text(tokens) for key, tokens in caps.items()}


def _written(entry: Entry) -> str:
    return json.dumps(
        {
            "line": line_of(entry.key),
            "tokens": "" if entry.tokens is None else _text(entry.tokens),
            "scopes": [scope_text(scope, name) for scope, name in entry.key.scopes()],
        }
    )


def _reserved(entry: Entry, call_id: str | None, answer: Sequence[Any]) -> None:
    if answer[0] == "over":
        scope, _, name = answer[1].partition(":")
        raise BudgetExceededError(
            needed=entry.amount,
            spent=float(answer[2]),
            limit=float(answer[3]),
            scope=scope,
            name=name or None,
            call_id=call_id,
        )


def _slot(answer: Sequence[Any]) -> Slot:
    at, wait, refusals = answer[0]
    return Slot(float(at), float(wait), int(refusals))


def _number(answer: Sequence[Any]) -> int:
    return int(answer[1])


def _nothing(_: Sequence[Any]) -> None:
    return None


def _text(number: float) -> str:
    return format(number, ".17g")


def _texts(*numbers: float) -> tuple[str, ...]:
    return tuple(_text(number) for number in numbers)
