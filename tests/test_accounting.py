"""What a client tells of money: estimates, usage, budgets, holds, reconciliation; in both colours."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from imagine_async import (
    NO_RETRY,
    AsyncImagine,
    Budget,
    BudgetExceededError,
    Call,
    Concurrency,
    ConfigurationError,
    DisconnectedError,
    Estimate,
    Event,
    Handler,
    Imagine,
    MemoryStore,
    Middleware,
    Outcome,
    Result,
    RetryBudget,
    RetryPolicy,
    TextToImage,
    TextToPng,
)
from imagine_async.catalog import Invented
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.flat_engine import FlatEngine

QUICK = RetryPolicy(attempts=2, first_wait=0)
PLAIN: dict[str, Any] = {"rate_limit": None, "prices": Invented.PRICES}


@pytest.fixture
def server() -> Iterator[RunningSandbox]:
    """A sandbox on a port that paints at once."""
    with running_sandbox(SandboxSettings(side=16, credits=1000, rate_limit=None), engine=FlatEngine()) as server:
        yield server


class LosesReplies(Middleware):
    """Lets a call through, or not, and then loses what came of it."""

    def __init__(self, *, sends: bool) -> None:
        self.sends = sends

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        if self.sends:
            await next(call)
        raise DisconnectedError("lost", outcome=Outcome.UNKNOWN, call_id=call.id)


def charged(server: RunningSandbox) -> dict[str, Any]:
    lines: dict[str, Any] = server.books()["accounts"][0]["lines"]
    return lines


@pytest.mark.anyio
async def test_estimate_is_what_is_charged_later(server: RunningSandbox) -> None:
    """The estimate, the client's books and the server's agree, and estimating sends nothing."""
    requests = [TextToImage(prompt="a fox", style="anime"), TextToImage(prompt="a fox"), TextToPng(prompt="a mug")]
    async with AsyncImagine(server.key, base_url=server.base_url, **PLAIN) as client:
        estimate = client.estimate(requests)
        assert estimate == Estimate(calls=3, tokens=11)
        assert charged(server) == {}
        async for _ in client.generate_many(requests):
            pass
        assert (await client.usage()).tokens == estimate.tokens
    assert server.books()["accounts"][0]["tokens"] == estimate.tokens


@pytest.mark.anyio
async def test_tags_and_batches(server: RunningSandbox) -> None:
    """A call is booked under its own tag, else under its client's; a batch's name comes from the derived client."""
    async with AsyncImagine(server.key, base_url=server.base_url, tag="web", **PLAIN) as client:
        await client.text_to_image("a fox")
        await client.text_to_image("a fox", style="anime", tag="tests")
        batch = client.with_options(batch="b1", priority=-1)
        await batch.text_to_png("a mug")
        await batch.send(TextToPng(prompt="a mug"), batch="b2", tag="tests")
        assert {row.tag: row.tokens for row in (await client.usage("tag")).rows} == {"web": 6, "tests": 10}
        assert {row.batch: row.tokens for row in (await client.usage("batch")).rows} == {None: 6, "b1": 5, "b2": 5}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tag": ""}, "tag=''"),
        ({"tag": "x" * 201}, "1 to 200 characters"),
        ({"tag": 7}, "tag=7"),
        ({"batch": ""}, "batch=''"),
        ({"priority": 1.5}, "priority=1.5"),
        ({"priority": True}, "priority=True"),
    ],
    ids=str,
)
async def test_bad_call_options(options: dict[str, Any], said: str) -> None:
    """A bad tag, batch or priority is refused before anything is sent, at the call as in a derived client."""
    async with AsyncImagine("vk-test", base_url="http://127.0.0.1:9", rate_limit=None) as client:
        with pytest.raises(ConfigurationError, match=said):
            await client.send(TextToImage(prompt="a fox"), **options)
        with pytest.raises(ConfigurationError, match=said):
            client.with_options(**options)
        assert (await client.usage()).calls == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"hold_seconds": 0}, "hold_seconds=0"),
        ({"budget": [5, -1]}, "budget=-1"),
        ({"budget": "5"}, "budget='5'"),
        ({"store": "postgres://localhost"}, "write 'memory', 'sqlite:PATH'"),
        ({"store": "sqlite:"}, "path after the colon"),
        ({"prices": {"upscale": -4}}, r"prices\['upscale'\]=-4"),
        ({"concurrency": 0}, "0"),
        ({"tag": ""}, "tag='': pass a text"),
        ({"unpriced": "refused"}, "unpriced='refused': pass one of 'refuse', 'allow'"),
        ({"unpriced": True}, "unpriced=True: pass one of"),
        ({"store": b"redis://"}, "store= is of type bytes: write 'memory'.* or pass a Store"),
        ({"retry": 5}, "retry=5: pass a RetryPolicy"),
        ({"retry_budget": 5}, "retry_budget=5: pass a RetryBudget"),
        ({"middleware": LosesReplies(sends=True)}, "middleware=.*LosesReplies.*: pass a list of Middleware objects"),
        ({"middleware": [LosesReplies]}, "middleware=.*LosesReplies.*: pass a list of Middleware objects"),
        ({"observers": [5]}, r"observers=\[5\]: pass a list of callables"),
        ({"observers": print}, "observers=.*: pass a list of callables"),
    ],
    ids=str,
)
def test_bad_client_options(options: dict[str, Any], said: str) -> None:
    """A client that cannot be made says which option is wrong, and what to pass."""
    for make in (AsyncImagine, Imagine):
        with pytest.raises(ConfigurationError, match=said):
            make("vk-test", **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"retry": "never"}, "retry='never': pass a RetryPolicy"),
        ({"middleware": [print]}, "pass a list of Middleware objects"),
        ({"observers": 5}, "observers=5: pass a list of callables"),
    ],
    ids=str,
)
def test_bad_options_of_a_derived_client(options: dict[str, Any], said: str) -> None:
    """A derived client refuses what the first would."""
    with Imagine("vk-test") as client, pytest.raises(ConfigurationError, match=said):
        client.with_options(**options)


def test_password_of_a_store_is_not_repeated() -> None:
    """The URL of a store that cannot be used may hold a password, which no error shows."""
    with pytest.raises(ConfigurationError) as caught:
        AsyncImagine("vk-test", store="postgres://me:s3cret@localhost/books")
    assert "s3cret" not in str(caught.value) + repr(pickle.dumps(caught.value))


@pytest.mark.anyio
@pytest.mark.parametrize("sends", [True, False], ids=["charged", "not-charged"])
async def test_holds_are_reconciled_with_the_servers_books(server: RunningSandbox, sends: bool) -> None:
    """After calls of unknown outcome the books agree with the server's as soon as those are brought."""
    async with AsyncImagine(server.key, base_url=server.base_url, retry=NO_RETRY, **PLAIN) as client:
        await client.text_to_image("a fox", style="anime")
        lossy = client.with_options(middleware=[LosesReplies(sends=sends)])
        for _ in range(3):
            with pytest.raises(DisconnectedError):
                await lossy.text_to_image("a fox", style="anime")
        assert [hold.tokens for hold in await client.holds()] == [5, 5, 5]
        found = await client.reconcile(charged(server))
        assert (found.settled, found.released, found.unexplained) == ((3, 0, {}) if sends else (0, 3, {}))
        usage = await client.usage()
        assert (usage.tokens, usage.held) == (server.books()["accounts"][0]["tokens"], 0)


@pytest.mark.anyio
async def test_resending_the_unknown_is_chosen_for_one_call(server: RunningSandbox) -> None:
    """A call that may have been charged is sent again only where this very call asks for it."""
    seen: list[Event] = []
    async with AsyncImagine(server.key, base_url=server.base_url, observers=[seen.append], **PLAIN) as client:
        lossy = client.with_options(middleware=[LosesReplies(sends=True)], retry=QUICK)
        with pytest.raises(DisconnectedError):
            await lossy.text_to_image("a fox")
        assert charged(server)["text_to_image/imagine-turbo"]["calls"] == 1
        with pytest.raises(DisconnectedError):
            await lossy.text_to_image("a fox", resend_unknown=True)
        assert charged(server)["text_to_image/imagine-turbo"]["calls"] == 3
        assert (await client.usage()).held == 3
        willing = lossy.with_options(retry=RetryPolicy(attempts=2, first_wait=0, resend_unknown=True))
        with pytest.raises(DisconnectedError):
            await willing.text_to_image("a fox", resend_unknown=False)
        assert charged(server)["text_to_image/imagine-turbo"]["calls"] == 4
    assert [event.kind for event in seen].count("retrying") == 1


@pytest.mark.anyio
async def test_clients_that_share_a_store_share_a_budget(server: RunningSandbox) -> None:
    """Two clients with one key and one store have one set of books; another key has its own."""
    store = MemoryStore()
    shared: dict[str, Any] = {"base_url": server.base_url, "store": store, "budget": 2, **PLAIN}
    async with AsyncImagine(server.key, **shared) as one, AsyncImagine(server.key, **shared) as two:
        await one.text_to_image("a fox")
        await two.text_to_image("a fox")
        with pytest.raises(BudgetExceededError):
            await one.text_to_image("a fox")
        assert await one.usage() == await two.usage()
        async with AsyncImagine("vk-another", **shared) as other:
            assert (await other.usage()).calls == 0


@pytest.mark.anyio
async def test_budgets_of_several_scopes(server: RunningSandbox) -> None:
    """Of several budgets the first that would be overrun refuses, and all tell what is left of them."""
    budgets: list[Budget | float] = [Budget(10), Budget(1, scope="tag", name="tests"), 8]
    async with AsyncImagine(server.key, base_url=server.base_url, budget=budgets, **PLAIN) as client:
        await client.text_to_image("a fox", tag="tests")
        with pytest.raises(BudgetExceededError, match="tag 'tests'"):
            await client.text_to_image("a fox", tag="tests")
        await client.text_to_image("a fox", style="anime")
        with pytest.raises(BudgetExceededError, match="the budget's 8 "):
            await client.text_to_image("a fox", style="anime")
        assert [(each.budget.tokens, each.spent, each.left) for each in await client.budgets()] == [
            (10, 6, 4),
            (1, 1, 0),
            (8, 6, 2),
        ]


@pytest.mark.anyio
async def test_many_at_once_against_a_budget(server: RunningSandbox) -> None:
    """Of 200 calls at once against a budget of 50 exactly 50 reach the server, and 150 are refused unsent."""
    refused: list[BudgetExceededError] = []
    async with AsyncImagine(server.key, base_url=server.base_url, budget=50, **PLAIN) as client:

        async def call() -> None:
            try:
                await client.text_to_image("a fox")
            except BudgetExceededError as error:
                refused.append(error)

        async with anyio.create_task_group() as group:
            for _ in range(200):
                group.start_soon(call)
        assert (await client.usage()).tokens == 50
    assert charged(server)["text_to_image/imagine-turbo"] == {"calls": 50, "tokens": 50}
    assert (len(refused), {error.outcome for error in refused}) == (150, {Outcome.NOT_SENT})


def test_everything_from_plain_code(server: RunningSandbox, tmp_path: Path) -> None:
    """The sync client estimates, tags, tells usage, budgets and holds, and reconciles."""
    with Imagine(server.key, base_url=server.base_url, budget=[Budget(100)], retry=NO_RETRY, **PLAIN) as client:
        assert client.estimate(TextToImage(prompt="a fox")).tokens == 1
        client.text_to_image("a fox", tag="web", priority=2, resend_unknown=False)
        with pytest.raises(DisconnectedError):
            client.with_options(middleware=[LosesReplies(sends=False)]).text_to_png("a mug")
        (hold,) = client.holds()
        assert (hold.tokens, hold.key.endpoint) == (5, "text_to_png")
        assert client.budgets()[0].left == 94
        assert client.release_holds([hold.id]) == 1
        assert client.settle_holds() == 0
        assert client.reconcile(1000, anew=True).is_first
        assert [(row.tag, row.tokens) for row in client.usage(["tag"]).rows] == [("web", 1)]


@pytest.mark.anyio
async def test_bounds_can_be_chosen(server: RunningSandbox) -> None:
    """Concurrency and the budget of retries can be set, as a number, as what they are, and as none."""
    for concurrency, retry_budget in ((2, None), (Concurrency(4), RetryBudget(5)), (None, RetryBudget())):
        async with AsyncImagine(
            server.key, base_url=server.base_url, concurrency=concurrency, retry_budget=retry_budget, **PLAIN
        ) as client:
            assert (await client.text_to_image("a fox")).width
