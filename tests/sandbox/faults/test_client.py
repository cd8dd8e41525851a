"""Faults as the SDK sees them: the same error and outcome on a port and in process, and what the server charged."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import httpx
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async import (
    NO_RETRY,
    AsyncImagine,
    ConfigurationError,
    DeadlineExceededError,
    DisconnectedError,
    DownloadError,
    Imagine,
    ImagineError,
    Outcome,
)
from imagine_async.drop_points import ConnectionDroppedError
from imagine_async.sandbox import SandboxSettings, create_app, running_sandbox
from imagine_async.sandbox.faults import Faults
from imagine_async.transport import in_process_client
from tests.clocks import HurriedClock
from tests.flat_engine import FlatEngine
from tests.sandbox.faults.raw_client import KEY, form
from tests.sandbox.faults.seen import SEEN

pytestmark = pytest.mark.anyio

SETTINGS = SandboxSettings(side=16, rate_limit=None, credits=None)

Open = Callable[..., contextlib.AbstractAsyncContextManager[tuple[AsyncImagine, Any]]]


@contextlib.asynccontextmanager
async def on_a_port(faults: Any, **options: Any) -> AsyncIterator[tuple[AsyncImagine, Any]]:
    """Open a client of a sandbox on a port; yield it and the application."""
    with running_sandbox(SETTINGS, engine=FlatEngine(), faults=faults) as server:
        async with AsyncImagine(server.key, base_url=server.base_url, rate_limit=None, **options) as client:
            yield client, server.app


@contextlib.asynccontextmanager
async def in_process(faults: Any, **options: Any) -> AsyncIterator[tuple[AsyncImagine, Any]]:
    """Open a client of a sandbox in this process; yield it and the application."""
    app = create_app(SETTINGS, engine=FlatEngine(), faults=faults)
    async with in_process_client(app) as http_client:
        yield (
            AsyncImagine(KEY, base_url="http://sandbox.invalid", http_client=http_client, rate_limit=None, **options),
            app,
        )


both_ways = pytest.mark.parametrize("open_client", [on_a_port, in_process], ids=["port", "process"])


async def ask(client: AsyncImagine) -> tuple[type[ImagineError] | None, Outcome | None]:
    """Make a call; return its error's type and outcome."""
    try:
        await client.text_to_image("a fox", style="anime", seed=7)
    except ImagineError as error:
        return type(error), error.outcome
    return None, None


@both_ways
@pytest.mark.parametrize("word", SEEN)
async def test_error_outcome_and_charge(open_client: Open, word: str) -> None:
    """Every kind of fault comes out as the same error and outcome on a port and in process, and the books are right."""
    async with open_client(["ok", word], retry=NO_RETRY) as (client, app):
        assert await ask(client) == (None, None)
        found = await ask(client)
        charged = app.state.accounts.books()["accounts"][0]["calls"]
    assert (*found, charged - 1) == SEEN[word]


@both_ways
async def test_retries_heal_what_was_not_charged(open_client: Open) -> None:
    """A client with its usual retries gets through a storm and a busy proxy, and pays once."""
    async with open_client(["storm", "html:503", "ok"], clock=HurriedClock()) as (client, app):
        image = await client.text_to_image("a fox", style="anime")
        assert (image.attempts, app.state.accounts.books()["accounts"][0]["calls"]) == (3, 1)


@both_ways
@pytest.mark.parametrize(
    ("rule", "outcome", "charged"),
    [
        ({"fault": "latency", "seconds": 3000}, Outcome.UNKNOWN, 1),
        ({"fault": "trickle", "bytes_per_second": 0.001, "piece": 10}, Outcome.COMPLETED, 1),
    ],
)
async def test_deadlines_pass_in_the_same_place(
    open_client: Open, rule: dict[str, Any], outcome: Outcome, charged: int
) -> None:
    """A deadline that passes before the reply leaves the outcome unknown; within the body the work is known as done."""
    async with open_client({"rules": [rule]}, retry=NO_RETRY, timeout=0.5) as (client, app):
        assert await ask(client) == (DeadlineExceededError, outcome)
        assert app.state.accounts.books()["accounts"][0]["calls"] == charged


@both_ways
async def test_waits_before_a_refusal(open_client: Open) -> None:
    """Where a proxy is slow to refuse, a deadline leaves the outcome unknown, because the form has left."""
    rules = [{"fault": "latency", "seconds": 3000}, {"fault": "html"}]
    async with open_client({"rules": rules}, retry=NO_RETRY, timeout=0.5) as (client, _):
        assert await ask(client) == (DeadlineExceededError, Outcome.UNKNOWN)


@pytest.mark.parametrize("word", ["drop:in_body", "drop:before_headers", "html:502"])
async def test_broken_downloads_are_fetched_again(word: str) -> None:
    """A fault at the download of a result costs no second call."""
    made = evolve(SETTINGS, reply_form="url")
    faults = {"rules": [{"script": [word], "endpoints": ["results"]}]}
    with running_sandbox(made, engine=FlatEngine(), faults=faults) as server:
        async with AsyncImagine(server.key, base_url=server.base_url, clock=HurriedClock()) as client:
            await client.text_to_image("a fox", style="anime")
        assert server.books()["accounts"][0]["calls"] == 1


async def test_downloads_that_never_come() -> None:
    """Where no download gets through, the error says that the work was done."""
    made = evolve(SETTINGS, reply_form="url")
    faults = {"rules": [{"fault": "drop", "point": "in_body", "endpoints": ["results"]}]}
    with running_sandbox(made, engine=FlatEngine(), faults=faults) as server:
        async with AsyncImagine(server.key, base_url=server.base_url, clock=HurriedClock()) as client:
            assert await ask(client) == (DownloadError, Outcome.COMPLETED)


@pytest.mark.parametrize("kind", [list, tuple])
async def test_sandbox_client_takes_faults(kind: type) -> None:
    """The client's own sandbox commits the faults that it is given."""
    async with AsyncImagine.sandbox(side=16, faults=kind(["ok", "drop:in_body"]), retry=NO_RETRY) as client:
        assert [await ask(client), await ask(client)] == [(None, None), (DisconnectedError, Outcome.COMPLETED)]


def test_sync_sandbox_client_takes_faults() -> None:
    """So does that of the sync client."""
    with Imagine.sandbox(side=16, faults=["drop:in_body:reset"], retry=NO_RETRY) as client:
        with pytest.raises(DisconnectedError) as caught:
            client.text_to_image("a fox")
    assert caught.value.outcome is Outcome.COMPLETED


async def test_sandbox_client_refuses_bad_faults() -> None:
    """Faults that cannot be read are an error of configuration, like other wrong arguments."""
    with pytest.raises(ConfigurationError, match="faults: rule 1: script: 'oops': fault: one of latency"):
        AsyncImagine.sandbox(faults=["oops"])


async def test_other_servers_are_told_by_an_exception() -> None:
    """A server without a connection to be found, and without a word for it, gets the exception."""
    app = create_app(SETTINGS, engine=FlatEngine(), faults=["drop:before_headers:reset", "drop:in_body"])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sandbox") as client:
        for resets in (True, False):
            with pytest.raises(ConnectionDroppedError) as caught:
                await client.post("/v2/image/generations", headers={"authorization": f"Bearer {KEY}"})
            assert caught.value.resets is resets


async def test_head_requests_have_no_body_in_process() -> None:
    """What is asked with HEAD brings headers and no body, also where faults strike."""
    app = create_app(SETTINGS, engine=FlatEngine(), faults={"rules": [{"fault": "wrong_type", "paths": ["/*"]}]})
    async with in_process_client(app) as client:
        reply = await client.head("http://sandbox/_sandbox/books")
    assert (reply.status_code, reply.content) == (200, b"")
    assert reply.headers["content-type"] == "image/png"


@both_ways
async def test_many_at_once_are_struck_as_the_seed_says(open_client: Open) -> None:
    """However many calls are under way at once, as many are struck as one after the other, and the books agree."""
    rules = [{"fault": "drop", "point": "after_upload", "probability": 0.4}]
    expected = sum(not word for word in await _fates({"seed": 5, "rules": rules}, 40))
    async with open_client({"seed": 5, "rules": rules}, retry=NO_RETRY) as (client, app):
        results = []
        async with anyio.create_task_group() as group:

            async def one() -> None:
                results.append(await ask(client))

            for _ in range(40):
                group.start_soon(one)
        assert app.state.accounts.books()["accounts"][0]["calls"] == 40
    assert results.count((DisconnectedError, Outcome.UNKNOWN)) == expected > 0


async def _fates(faults: Any, count: int) -> list[bytes]:
    """Make requests one after the other without the SDK; return what came, and nothing where the connection broke."""
    app = create_app(SETTINGS, engine=FlatEngine(), faults=faults)
    headers = {"authorization": f"Bearer {KEY}", "content-type": "multipart/form-data; boundary=x"}
    body = form(prompt="a fox", style="anime", seed="7")
    fates = []
    async with in_process_client(app) as client:
        for _ in range(count):
            try:
                reply = await client.post("http://sandbox/v2/image/generations", headers=headers, content=body)
            except httpx.TransportError:
                fates.append(b"")
            else:
                fates.append(b"%d %s" % (reply.status_code, reply.content))
    return fates


_SECONDS = st.floats(0, 3600)
_WAITS: list[st.SearchStrategy[dict[str, Any]]] = [
    st.fixed_dictionaries({"seconds": _SECONDS}),
    st.fixed_dictionaries({"distribution": st.just("uniform"), "low": st.just(0), "high": _SECONDS}),
    st.fixed_dictionaries({"distribution": st.just("normal"), "mean": _SECONDS, "deviation": _SECONDS}),
    st.fixed_dictionaries({"distribution": st.just("exponential"), "mean": _SECONDS}),
    st.fixed_dictionaries({"distribution": st.just("lognormal"), "median": _SECONDS, "sigma": st.floats(0, 10)}),
]
_POINTS = st.sampled_from(["before_headers", "during_upload", "after_upload", "after_headers", "in_body"])
_KINDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "latency": st.one_of(_WAITS),
    "drop": st.fixed_dictionaries({"point": _POINTS, "resets": st.booleans()}),
    "trickle": st.fixed_dictionaries({"bytes_per_second": st.floats(1, 1e9), "piece": st.integers(1, 10**6)}),
    "truncate": st.fixed_dictionaries({"fraction": st.floats(0, 0.999)}),
    "storm": st.fixed_dictionaries(
        {"retry_after": st.sampled_from(["seconds", "date", "past", "negative", "text", "absurd", "missing"])},
        optional={"requests": st.integers(1, 9), "wait": st.floats(0, 1e9)},
    ),
    "html": st.fixed_dictionaries({"status": st.sampled_from([502, 503, 504]), "charged": st.booleans()}),
    "malformed_json": st.just({}),
    "wrong_type": st.fixed_dictionaries({}, optional={"content_type": st.text("abc/-; =", min_size=1)}),
    "duplicate_headers": st.fixed_dictionaries(
        {"headers": st.lists(st.text("abc-", min_size=1)), "same": st.booleans()}
    ),
    "clock_skew": st.fixed_dictionaries({"seconds": st.floats(-3e8, 3e8)}),
}
_WHEN = st.fixed_dictionaries({}, optional={"times": st.integers(1, 5)}).flatmap(
    lambda when: st.one_of(
        st.fixed_dictionaries({"probability": st.floats(0, 1)}),
        st.fixed_dictionaries({"script": st.lists(st.integers(1, 9), min_size=1)}),
    ).map(lambda more: {**when, **more})
)


def _rules_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(_KINDS[kind], _WHEN).map(lambda parts: {"fault": kind, **parts[0], **parts[1]})


_RULES: st.SearchStrategy[dict[str, Any]] = st.one_of([_rules_of(kind) for kind in _KINDS])


@settings(deadline=None, max_examples=60)
@given(faults=st.fixed_dictionaries({"seed": st.integers(), "rules": st.lists(_RULES, min_size=1, max_size=4)}))
def test_every_good_file_serves(faults: Any) -> None:
    """Any rules serve: each request gets a reply or a broken connection, and the same again with the same seed."""

    async def nothing(_seconds: float) -> None: ...

    async def twice() -> tuple[list[bytes], list[bytes]]:
        made = evolve(Faults.of(faults), sleep=nothing)
        return await _fates(made, 6), await _fates(made, 6)

    one, again = anyio.run(twice)
    assert one == again
