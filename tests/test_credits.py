"""Bookkeeping: no budget is overrun, and every attempt is booked by what became of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async import errors
from imagine_async.call import Call, Event
from imagine_async.catalog import PRICES, Invented
from imagine_async.errors import BudgetExceededError, ConfigurationError, Outcome, UnpricedCallError
from imagine_async.middleware.credits import Budget, Credits, Ledger, price_of
from imagine_async.requests import TextToImage, TextToPng, Upscale
from imagine_async.results import Image, UsageRow
from tests.pictures import made_image, variety

IMAGE = made_image()
TURBO = TextToImage(prompt="a red fox")
ANIME = TextToImage(prompt="a red fox", style="anime")
UNPRICED = TextToPng(prompt="a red fox")

BOOKED: Mapping[Outcome, tuple[float, float]] = {
    Outcome.NOT_SENT: (0, 0),
    Outcome.REJECTED: (0, 0),
    Outcome.UNKNOWN: (0, 5),
    Outcome.COMPLETED: (5, 0),
}
"""Tokens settled and held after a call of 5 tokens, by its outcome."""

every_outcome = pytest.mark.parametrize("outcome", Outcome, ids=str)


def credits_with(budget: float | None = None, **options: Any) -> Credits:
    return Credits(Ledger(None if budget is None else Budget(budget)), PRICES, **options)


def new_call(request: Any = ANIME, *observers: Callable[[Event], object]) -> Call:
    return Call(request=request, deadline=1e12, observers=observers)


def sums(ledger: Ledger) -> tuple[float, float]:
    usage = ledger.usage()
    return usage.tokens, usage.held


async def succeed(call: Call) -> Image:
    return IMAGE


@pytest.mark.parametrize(
    ("request_", "prices", "price"),
    [
        (ANIME, PRICES, 5),
        (TURBO, PRICES, 1),
        (ANIME, {"text_to_image": 3}, 3),
        (ANIME, {"text_to_image": 3, "text_to_image/anime": 7}, 7),
        (ANIME, {"text_to_image/anime": 0, "text_to_image": 3}, 0),
        (UNPRICED, PRICES, None),
        (UNPRICED, Invented.PRICES, 5),
        (ANIME, {}, None),
        (Upscale(image=variety("png")), {"upscale": 2.5}, 2.5),
    ],
    ids=["style", "default", "endpoint", "style-first", "free", "none", "invented", "empty", "fraction"],
)
def test_price_of(request_: Any, prices: Mapping[str, float], price: float | None) -> None:
    """The price of endpoint and style comes before that of the endpoint; a price of 0 is a price."""
    assert price_of(request_, prices) == price


@pytest.mark.parametrize("tokens", [0, 1, 2.5, 10**9, float("inf")])
def test_budget(tokens: float) -> None:
    """Any number from 0 on is a budget."""
    assert Budget(tokens).tokens == tokens


@pytest.mark.parametrize("tokens", [-1, -0.1, float("nan"), True, "50", None], ids=repr)
def test_bad_budget(tokens: Any) -> None:
    """What is negative or no number is refused."""
    with pytest.raises(ConfigurationError, match="budget="):
        Budget(tokens)


def test_settling_moves_what_was_reserved() -> None:
    """Reserved tokens count as spent at once, and stay so when they are settled."""
    ledger = Ledger(Budget(10))
    ledger.reserve(5)
    assert (ledger.committed, sums(ledger)) == (5, (0, 0))
    ledger.settle(ANIME, 5)
    assert (ledger.committed, sums(ledger)) == (5, (5, 0))


def test_holding_moves_what_was_reserved() -> None:
    """Tokens of a call that may have been charged stay committed, apart from those that surely were."""
    ledger = Ledger(Budget(10))
    ledger.reserve(5)
    ledger.hold(ANIME, 5)
    assert (ledger.committed, sums(ledger)) == (5, (0, 5))


def test_releasing_gives_back() -> None:
    """Tokens of a call that was not done can be spent again, and no row tells of it."""
    ledger = Ledger(Budget(5))
    ledger.reserve(5)
    ledger.release(5)
    ledger.reserve(5)
    assert ledger.committed == 5
    assert ledger.usage().rows == ()


def test_budget_can_be_used_up_to_the_last_token() -> None:
    """A call that costs exactly what is left is allowed, the next one is not, and the error tells the sums."""
    ledger = Ledger(Budget(10))
    ledger.reserve(5)
    ledger.reserve(5)
    with pytest.raises(BudgetExceededError) as caught:
        ledger.reserve(1, call_id="call-1")
    error = caught.value
    assert (error.needed, error.spent, error.limit, error.call_id) == (1, 10, 10, "call-1")
    assert ledger.committed == 10


def test_held_tokens_count_against_the_budget() -> None:
    """What may have been charged is not spent a second time."""
    ledger = Ledger(Budget(5))
    ledger.reserve(5)
    ledger.hold(ANIME, 5)
    with pytest.raises(BudgetExceededError):
        ledger.reserve(1)


def test_no_budget_is_no_cap() -> None:
    """Without a budget anything can be reserved."""
    ledger = Ledger()
    ledger.reserve(1e12)
    assert ledger.committed == 1e12


@settings(deadline=None)
@given(
    st.integers(0, 100),
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["settle", "hold", "release", "leave"])), max_size=40),
)
def test_ledger_agrees_with_plain_sums(limit: int, calls: list[tuple[int, str]]) -> None:
    """Whatever becomes of calls, the books equal plain sums, and never exceed the budget."""
    ledger = Ledger(Budget(limit))
    expected = dict.fromkeys(["settle", "hold", "release", "leave"], 0)
    for tokens, fate in calls:
        try:
            ledger.reserve(tokens)
        except BudgetExceededError:
            assert sum(expected.values()) - expected["release"] + tokens > limit
            continue
        expected[fate] += tokens
        book = {"settle": ledger.settle, "hold": ledger.hold}.get(fate)
        if book is not None:
            book(ANIME, tokens)
        elif fate == "release":
            ledger.release(tokens)
        assert ledger.committed <= limit
    assert sums(ledger) == (expected["settle"], expected["hold"])
    assert ledger.committed == expected["settle"] + expected["hold"] + expected["leave"]


def test_usage_rows() -> None:
    """The books have a row for each endpoint and style, sorted, with unpriced calls apart."""
    ledger = Ledger()
    for request, tokens in [(ANIME, 5.0), (UNPRICED, None), (TURBO, 1.0), (ANIME, 5.0)]:
        ledger.reserve(tokens or 0.0)
        ledger.settle(request, tokens)
    ledger.reserve(5.0)
    ledger.hold(ANIME, 5.0)
    assert ledger.usage().rows == (
        UsageRow(endpoint="text_to_image", style="anime", calls=3, tokens=10.0, held=5.0),
        UsageRow(endpoint="text_to_image", style="imagine-turbo", calls=1, tokens=1.0),
        UsageRow(endpoint="text_to_png", style=None, calls=1, unpriced=1),
    )


def test_usage_is_a_snapshot() -> None:
    """What was returned does not change when more is used."""
    ledger = Ledger()
    before = ledger.usage()
    ledger.settle(ANIME, None)
    assert before.rows == ()


def test_threads_cannot_overrun_a_budget() -> None:
    """Many threads that reserve at once get exactly the budget."""
    ledger = Ledger(Budget(50))

    def reserve(_: int) -> bool:
        try:
            ledger.reserve(1)
        except BudgetExceededError:
            return False
        ledger.settle(TURBO, 1)
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(reserve, range(400))) == 50
    assert sums(ledger) == (50, 0)


@pytest.mark.anyio
async def test_concurrent_calls_cannot_overrun_a_budget() -> None:
    """Of 200 calls at once against a budget of 50, exactly 50 get through, whatever is still on the wire."""
    books = credits_with(50)
    release = anyio.Event()
    passed, refused = itertools.count(), itertools.count()

    async def hang(call: Call) -> Image:
        next(passed)
        await release.wait()
        return IMAGE

    async def attempt() -> None:
        try:
            await books.around_attempt(new_call(TURBO), hang)
        except BudgetExceededError:
            next(refused)

    async with anyio.create_task_group() as group:
        for _ in range(200):
            group.start_soon(attempt)
        await anyio.wait_all_tasks_blocked()
        release.set()
    assert (next(passed), next(refused)) == (50, 150)
    assert (books.ledger.committed, sums(books.ledger)) == (50, (50, 0))


@pytest.mark.anyio
async def test_success_is_settled_and_told() -> None:
    """A call that succeeds is reserved before, settled after, and observers learn both."""
    events: list[Event] = []
    books = credits_with(10)
    call = new_call(ANIME, events.append)

    async def look(call: Call) -> Image:
        assert (books.ledger.committed, sums(books.ledger), call.tokens) == (5, (0, 0), 5)
        return IMAGE

    assert await books.around_attempt(call, look) is IMAGE
    assert (call.tokens, sums(books.ledger)) == (5, (5, 0))
    assert [(event.kind, event.tokens) for event in events] == [("reserved", 5), ("settled", 5)]


@pytest.mark.anyio
@every_outcome
async def test_failures_are_booked_by_their_outcome(outcome: Outcome) -> None:
    """An error of the SDK tells what became of the call, and its tokens are booked by that."""
    books = credits_with(10)

    async def fail(call: Call) -> Image:
        raise errors.DisconnectedError("broke", outcome=outcome)

    with pytest.raises(errors.DisconnectedError):
        await books.around_attempt(new_call(), fail)
    assert sums(books.ledger) == BOOKED[outcome]
    assert books.ledger.committed == sum(BOOKED[outcome])


@pytest.mark.anyio
@every_outcome
async def test_cancelled_calls_are_booked_by_how_far_they_came(outcome: Outcome) -> None:
    """A call that is cancelled in the middle is booked by what the call itself knows."""
    books = credits_with(10)

    async def hang(call: Call) -> Image:
        call.outcome = outcome
        scope.cancel()
        await anyio.sleep_forever()
        raise AssertionError("it was cancelled")

    with anyio.CancelScope() as scope:
        await books.around_attempt(new_call(), hang)
    assert scope.cancelled_caught
    assert sums(books.ledger) == BOOKED[outcome]
    assert books.ledger.committed == sum(BOOKED[outcome])


@pytest.mark.anyio
@every_outcome
async def test_foreign_errors_are_booked_by_how_far_the_call_came(outcome: Outcome) -> None:
    """An error of the user's own middleware knows no outcome; the call does."""
    books = credits_with()

    async def fail(call: Call) -> Image:
        call.outcome = outcome
        raise KeyError("mine")

    with pytest.raises(KeyError):
        await books.around_attempt(new_call(), fail)
    assert sums(books.ledger) == BOOKED[outcome]


@pytest.mark.anyio
async def test_each_attempt_is_booked() -> None:
    """A call that is held once and then succeeds is booked twice: it may have been charged twice."""
    books = credits_with(10)

    async def fail(call: Call) -> Image:
        raise errors.ServerError("broke", status=500)

    call = new_call()
    with pytest.raises(errors.ServerError):
        await books.around_attempt(call, fail)
    await books.around_attempt(call, succeed)
    assert sums(books.ledger) == (5, 5)
    assert books.ledger.usage().calls == 2


@pytest.mark.anyio
async def test_refused_call_is_not_sent() -> None:
    """A call beyond the budget reaches nobody, and leaves the books as they were."""
    books = credits_with(4)
    sent: list[Call] = []

    async def send(call: Call) -> Image:
        sent.append(call)
        return IMAGE

    call = new_call()
    with pytest.raises(BudgetExceededError) as caught:
        await books.around_attempt(call, send)
    assert (sent, books.ledger.committed) == ([], 0)
    assert (caught.value.call_id, caught.value.outcome) == (call.id, Outcome.NOT_SENT)


@pytest.mark.anyio
async def test_unpriced_call_is_refused_under_a_budget() -> None:
    """Where nobody knows the price, a budget could not be kept: nothing is sent."""
    call = new_call(TextToImage(prompt="fox", style="sdxl-1.0"))
    with pytest.raises(UnpricedCallError) as caught:
        await credits_with(50).around_attempt(call, succeed)
    assert (caught.value.price_key, caught.value.call_id) == ("text_to_image/sdxl-1.0", call.id)


@pytest.mark.anyio
@pytest.mark.parametrize(("budget", "unpriced"), [(50, "allow"), (None, "refuse"), (0, "allow")])
async def test_unpriced_call_is_allowed(budget: float | None, unpriced: str) -> None:
    """Where the caller says so, or there is no budget, a call of unknown price goes out and is counted as such."""
    books = credits_with(budget, unpriced=unpriced)
    call = new_call(UNPRICED)
    await books.around_attempt(call, succeed)
    assert call.tokens is None
    assert books.ledger.usage().rows == (UsageRow(endpoint="text_to_png", style=None, calls=1, unpriced=1),)


@pytest.mark.anyio
async def test_unpriced_call_that_fails_is_booked_too() -> None:
    """A call of unknown price and unknown outcome is counted, with no tokens."""
    books = credits_with()

    async def fail(call: Call) -> Image:
        raise errors.ServerError("broke", status=500)

    with pytest.raises(errors.ServerError):
        await books.around_attempt(new_call(UNPRICED), fail)
    assert (books.ledger.usage().calls, sums(books.ledger), books.ledger.committed) == (1, (0, 0), 0)
