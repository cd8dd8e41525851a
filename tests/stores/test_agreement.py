"""Whatever is done to it, and in whatever order: a store says the same as the one in memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import anyio
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imagine_async.clock import Clock
from imagine_async.errors import BudgetExceededError
from imagine_async.stores import Budget, Entry, Fate, LineKey, MemoryStore, RateLimit, Slot, Store
from tests.stores.clocks import HandClock

Step = tuple[str, Any]

ACCOUNTS = st.sampled_from(["one", "one", "one", "two"])
NAMES = st.none() | st.sampled_from(["a", "b", "", "ä'\"\0"])
TOKENS = st.sampled_from([None, 0.0, 0.1, 0.2, 0.3, 1.0, 5.0, 12.5])
# Few, so that calls meet in a line.
KEYS = st.sampled_from(
    [
        LineKey("2026-11-24", "edit"),
        LineKey("2026-11-24", "edit", "", "a", "a"),
        LineKey("2026-11-25", "edit", "x", "a", "b"),
    ]
)
# Long enough for no process to have died: the store in memory knows no other.
ENTRIES = st.builds(
    Entry,
    id=st.sampled_from([f"call-{number}/1" for number in range(4)]),
    key=KEYS,
    tokens=TOKENS,
    seconds=st.just(1e9),
)
SCOPES = st.sampled_from(["client", "day", "tag", "batch"])


def _budget(scope: Any, tokens: float, name: str | None) -> Budget:
    return Budget(tokens, scope, None if scope == "client" else name or None)


BUDGETS = st.builds(_budget, SCOPES, st.sampled_from([0.0, 0.3, 6.0, 100.0]), NAMES)
LIMITS = st.sampled_from(
    [RateLimit(1, 1.0), RateLimit(5, 5.0, burst=5, margin=0.0), RateLimit(10, 60.0), RateLimit(50, 1.0, 7)]
)
RESERVE = st.tuples(st.just("reserve"), st.tuples(ENTRIES, st.lists(BUDGETS, max_size=1)))
BOOK = st.tuples(st.just("book"), st.tuples(ENTRIES, st.sampled_from(Fate)))
LEDGER_STEPS = st.one_of(
    *[RESERVE, BOOK] * 4,
    st.tuples(st.just("doubt"), ENTRIES),
    st.tuples(st.just("close"), st.sampled_from([Fate.SETTLE, Fate.RELEASE])),
    st.tuples(st.just("set"), BUDGETS),
    st.tuples(st.just("drop"), BUDGETS),
    st.tuples(st.just("note"), st.text(max_size=5)),
    st.tuples(st.just("pass"), st.floats(0, 100)),
)
SLOT_STEPS = st.one_of(
    st.tuples(st.just("slot"), st.integers(1, 12)),
    st.tuples(st.just("back"), st.integers(1, 6)),
    st.tuples(st.just("refusal"), st.floats(0, 90)),
    st.tuples(st.just("room"), st.integers(1, 10)),
    st.tuples(st.just("late"), st.tuples(st.integers(0, 15), st.floats(0, 5))),
    st.tuples(st.just("confirm"), st.integers(0, 15)),
    # Clocks may step: a little, as two processors do, or by much, as a restart of the host does.
    st.tuples(st.just("pass"), st.floats(-2000, 100) | st.floats(-1.5, 0) | st.floats(0, 3)),
)


class Player:
    """Does steps on one store, and tells what came of each."""

    def __init__(self, make: Callable[[Clock], Store], limit: RateLimit) -> None:
        self.clock = HandClock()
        self.store = make(self.clock)
        self.limit = limit
        self.slots: list[Slot] = []

    async def play(self, account: str, step: Step) -> Any:
        name, given_with = step
        result = await getattr(self, f"do_{name}")(account, given_with)
        await self.store.flush()
        return result

    async def do_pass(self, _: str, seconds: float) -> None:
        self.clock.pass_by(seconds)

    async def do_reserve(self, account: str, step: tuple[Entry, list[Budget]]) -> Any:
        entry, budgets = step
        try:
            await self.store.reserve(account, entry, budgets, call_id="call")
        except BudgetExceededError as error:
            return error.scope, error.name, error.limit, error.needed, round(error.spent, 9), error.call_id
        return None

    async def do_book(self, account: str, step: tuple[Entry, Fate]) -> None:
        self.store.post_booking(account, *step)

    async def do_doubt(self, account: str, entry: Entry) -> None:
        self.store.post_doubt(account, entry)

    async def do_close(self, account: str, fate: Fate) -> int:
        held = [hold.id for hold in await self.store.holds(account)]
        return await self.store.close_holds(account, [*held[:2], *held[:1], "call-0/1"], fate)

    async def do_set(self, account: str, budget: Budget) -> None:
        await self.store.set_budget(account, budget)

    async def do_drop(self, account: str, budget: Budget) -> bool:
        return await self.store.drop_budget(account, budget.scope, budget.name)

    async def do_note(self, account: str, text: str) -> str | None:
        before = await self.store.note(account, "name")
        await self.store.set_note(account, "name", text)
        return before

    async def do_slot(self, account: str, number: int) -> list[Slot]:
        taken = [await self.store.reserve_slot(account, self.limit) for _ in range(number)]
        self.slots += taken
        return taken

    async def do_back(self, account: str, number: int) -> None:
        for _ in range(min(number, len(self.slots))):
            self.store.post_slot_back(account, self.limit, self.slots.pop())

    async def do_late(self, account: str, step: tuple[int, float]) -> None:
        place, seconds = step
        if place < len(self.slots):
            self.store.post_delay(account, self.slots[place], seconds)

    async def do_confirm(self, account: str, place: int) -> Slot | None:
        if place >= len(self.slots):
            return None
        self.slots[place] = await self.store.confirm_slot(account, self.limit, self.slots[place])
        return self.slots[place]

    async def do_refusal(self, account: str, seconds: float) -> None:
        self.store.post_refusal(account, self.limit, seconds)

    async def do_room(self, account: str, calls: int) -> None:
        self.store.post_room(account, self.limit, calls)

    async def picture(self, account: str) -> list[Any]:
        lines = [
            evolve(line, **{name: round(getattr(line, name), 9) for name in ("tokens", "held", "reserved")})
            for line in await self.store.lines(account)
        ]
        budgets = [(budget, round(spent, 9)) for budget, spent in await self.store.budgets(account)]
        holds, note = await self.store.holds(account), await self.store.note(account, "name")
        slot = await self.store.confirm_slot(account, self.limit, Slot(0.0, 0.0, 0))
        return [lines, budgets, holds, note, slot]


async def _agree(make: Callable[[Clock], Store], limit: RateLimit, steps: list[tuple[str, Step]]) -> None:
    judged, reference = Player(make, limit), Player(lambda clock: MemoryStore(clock=clock), limit)
    try:
        for account, step in steps:
            assert await judged.play(account, step) == await reference.play(account, step)
        for account in ("one", "two"):
            assert await judged.picture(account) == await reference.picture(account)
    finally:
        await judged.store.aclose()


_many = settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@_many
@given(st.lists(st.tuples(ACCOUNTS, LEDGER_STEPS), min_size=5, max_size=40))
def test_books_agree(make_lasting_store: Callable[[Clock], Store], steps: list[tuple[str, Step]]) -> None:
    """Reservations, bookings, budgets and notes come out the same as in memory."""
    anyio.run(partial(_agree, make_lasting_store, RateLimit(1, 1.0), steps))


@_many
@given(LIMITS, st.lists(st.tuples(ACCOUNTS, SLOT_STEPS), min_size=5, max_size=40))
def test_slots_agree(
    make_lasting_store: Callable[[Clock], Store], limit: RateLimit, steps: list[tuple[str, Step]]
) -> None:
    """Slots come out the same as in memory, to the last bit, also where the clock steps."""
    anyio.run(partial(_agree, make_lasting_store, limit, steps))
