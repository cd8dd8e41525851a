"""Bookkeeping of attempts: no budget is overrun, and every attempt is booked by what became of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import anyio
import pytest

from imagine_async import errors
from imagine_async.call import Call, Event, Result
from imagine_async.catalog import VideoState
from imagine_async.errors import BudgetExceededError, Outcome, UnpricedCallError
from imagine_async.middleware.credits import Credits
from imagine_async.middleware.ledger import Ledger
from imagine_async.prices import PriceList
from imagine_async.requests import TextToImage, TextToPng, TextToVideo, VideoStatus
from imagine_async.results import Image
from imagine_async.stores import Budget, LineKey, MemoryStore
from imagine_async.usage import UsageRow
from imagine_async.video import VideoJob
from tests.clocks import FakeClock
from tests.pictures import made_image

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


def credits_with(budget: float | None = None, *, store: MemoryStore | None = None, **options: Any) -> Credits:
    budgets = () if budget is None else (Budget(budget),)
    ledger = Ledger(store or MemoryStore(clock=FakeClock()), "account", budgets=budgets, clock=FakeClock())
    return Credits(ledger, PriceList.documented(), **options)


def new_call(request: Any = ANIME, *observers: Callable[[Event], object], **facts: Any) -> Call:
    return Call(request=request, deadline=1e12, observers=observers, attempt=1, **facts)


async def sums(books: Credits) -> tuple[float, float]:
    usage = await books.ledger.usage()
    return usage.tokens, usage.held


async def committed(books: Credits) -> float:
    usage = await books.ledger.usage()
    return usage.tokens + usage.held + usage.reserved


async def succeed(call: Call) -> Image:
    call.outcome = Outcome.COMPLETED
    return IMAGE


@pytest.mark.anyio
async def test_concurrent_calls_cannot_overrun_a_budget() -> None:
    """Of 200 calls at once against a budget of 50, exactly 50 get through, whatever is still on the wire."""
    books = credits_with(50)
    release = anyio.Event()
    passed, refused = itertools.count(), itertools.count()

    async def hang(call: Call) -> Image:
        next(passed)
        await release.wait()
        return await succeed(call)

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
    assert (await committed(books), await sums(books)) == (50, (50, 0))


@pytest.mark.anyio
async def test_success_is_settled_and_told() -> None:
    """A call that succeeds is reserved before, settled after, and observers learn both."""
    events: list[Event] = []
    books = credits_with(10)
    call = new_call(ANIME, events.append)

    async def look(call: Call) -> Image:
        assert (await committed(books), await sums(books), call.tokens) == (5, (0, 0), 5)
        return await succeed(call)

    assert await books.around_attempt(call, look) is IMAGE
    assert (call.tokens, await sums(books)) == (5, (5, 0))
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
    assert await sums(books) == BOOKED[outcome]
    assert await committed(books) == sum(BOOKED[outcome])


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
    assert await sums(books) == BOOKED[outcome]
    assert await committed(books) == sum(BOOKED[outcome])


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
    assert await sums(books) == BOOKED[outcome]


@pytest.mark.anyio
@every_outcome
async def test_refusals_after_the_fact_are_booked_by_how_far_the_call_came(outcome: Outcome) -> None:
    """A step that refuses a picture which is made already, as if nothing was sent, does not make it free."""
    books = credits_with()

    async def refuse(call: Call) -> Image:
        call.outcome = outcome
        raise errors.InvalidRequestError("picture", "red", "make it blue")

    with pytest.raises(errors.InvalidRequestError):
        await books.around_attempt(new_call(), refuse)
    assert await sums(books) == BOOKED[outcome]


@pytest.mark.anyio
async def test_each_attempt_is_booked() -> None:
    """A call that is held once and then succeeds is booked twice: it may have been charged twice."""
    books = credits_with(10)

    async def fail(call: Call) -> Image:
        raise errors.ServerError("broke", status=500)

    call = new_call()
    with pytest.raises(errors.ServerError):
        await books.around_attempt(call, fail)
    call.begin_attempt()
    await books.around_attempt(call, succeed)
    assert await sums(books) == (5, 5)
    assert (await books.ledger.usage()).calls == 2


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
    assert (sent, await committed(books)) == ([], 0)
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
    assert (await books.ledger.usage()).rows == (UsageRow(endpoint="text_to_png", style=None, calls=1, unpriced=1),)


@pytest.mark.anyio
async def test_unpriced_call_that_fails_is_booked_too() -> None:
    """A call of unknown price and unknown outcome is counted, with no tokens."""
    books = credits_with()

    async def fail(call: Call) -> Image:
        raise errors.ServerError("broke", status=500)

    with pytest.raises(errors.ServerError):
        await books.around_attempt(new_call(UNPRICED), fail)
    assert ((await books.ledger.usage()).calls, await sums(books), await committed(books)) == (1, (0, 0), 0)


@pytest.mark.anyio
async def test_answer_that_was_not_sent_for_is_free() -> None:
    """A step below the ledger that answers by itself costs nothing."""
    books = credits_with(10)

    async def answer(call: Call) -> Image:
        return IMAGE

    call = new_call()
    assert await books.around_attempt(call, answer) is IMAGE
    assert (call.tokens, await committed(books)) == (0, 0)


@pytest.mark.anyio
async def test_calls_are_booked_by_day_tag_and_batch() -> None:
    """A call is booked under the day on which it was reserved, in UTC, and under its tag and batch."""
    books = credits_with()
    await books.around_attempt(new_call(ANIME, tag="design", batch="b1"), succeed)
    (line,) = await books.ledger.store.lines("account")
    # The fake clock's wall is the machine's; the key holds whatever day that is.
    assert line.key == LineKey(line.key.day, "text_to_image", "anime", "design", "b1")
    assert (line.calls, line.tokens) == (1, 5)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("budget", "facts", "name"),
    [
        (Budget(5, scope="tag", name="design"), {"tag": "design"}, "design"),
        (Budget(5, scope="tag"), {"tag": "design"}, "design"),
        (Budget(5, scope="batch"), {"batch": "b1"}, "b1"),
    ],
    ids=["one-tag", "each-tag", "each-batch"],
)
async def test_budget_of_a_scope_holds_for_it_alone(budget: Budget, facts: dict[str, str], name: str) -> None:
    """A tag's or batch's budget refuses its own second call, says which it was, and lets others through."""
    books = credits_with()
    books.ledger.own_budgets = (budget,)
    await books.around_attempt(new_call(ANIME, **facts), succeed)
    with pytest.raises(BudgetExceededError, match=f"for the {budget.scope} '{name}'") as caught:
        await books.around_attempt(new_call(ANIME, **facts), succeed)
    assert (caught.value.scope, caught.value.name, caught.value.limit) == (budget.scope, name, 5)
    await books.around_attempt(new_call(ANIME), succeed)
    await books.around_attempt(new_call(ANIME, **dict.fromkeys(facts, "another")), succeed)
    assert await sums(books) == (15, 0)


@pytest.mark.anyio
async def test_unpriced_call_is_refused_under_a_budget_of_the_store() -> None:
    """A budget that somebody set in the store counts as much as the client's own."""
    store = MemoryStore()
    books = credits_with(store=store)
    await store.set_budget("account", Budget(50))
    with pytest.raises(UnpricedCallError):
        await books.around_attempt(new_call(UNPRICED), succeed)
    await store.drop_budget("account", "client", None)
    await books.around_attempt(new_call(UNPRICED), succeed)


def video_call(state: VideoState, request: Any) -> tuple[Call, Callable[[Call], Any]]:
    async def answer(call: Call) -> Result:
        call.outcome = Outcome.COMPLETED
        return VideoJob(id="job-1", state=state)

    return new_call(request), answer


@pytest.mark.anyio
async def test_failed_video_job_is_in_doubt() -> None:
    """When a job fails that was paid for, nobody says whether its tokens come back: they are held, and still count."""
    books = credits_with()
    books.prices = books.prices.over({"text_to_video": 50})
    await books.around_attempt(*video_call(VideoState.RUNNING, TextToVideo(prompt="waves", style="kling-1.5")))
    assert await sums(books) == (50, 0)
    for _ in range(2):
        await books.around_attempt(*video_call(VideoState.FAILED, VideoStatus(video_id="job-1")))
        assert (await sums(books), await committed(books)) == ((0, 50), 50)


@pytest.mark.anyio
async def test_video_job_of_somebody_else_is_not_booked() -> None:
    """Asking after a job that this client did not begin changes nothing in its books."""
    books = credits_with()
    await books.around_attempt(*video_call(VideoState.FAILED, VideoStatus(video_id="job-1")))
    assert (await books.ledger.usage()).rows == ()


@pytest.mark.anyio
async def test_memory_of_video_jobs_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many jobs are begun, only the newest are remembered."""
    monkeypatch.setattr("imagine_async.middleware.credits._REMEMBERED_JOBS", 2)
    books = credits_with()
    for number in range(5):

        async def answer(call: Call, number: int = number) -> Result:
            call.outcome = Outcome.COMPLETED
            return VideoJob(id=f"job-{number}")

        await books.around_attempt(new_call(TextToVideo(prompt="waves", style="kling-1.5")), answer)
    assert list(books._jobs) == ["job-3", "job-4"]
