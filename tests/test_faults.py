"""Connections that break anywhere: outcomes, resending and books, judged by what the server has really charged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import httpx
import pytest
from attrs import evolve

from imagine_async import BudgetExceededError, ConnectError, DisconnectedError, Event, Outcome, RetryPolicy, TextToImage
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from imagine_async.sandbox.settings import ReplyForm
from imagine_async.testing.fault_plans import SOUND, DropPoint, Fault, always, drawn, on_reuse
from imagine_async.testing.fault_proxy import FaultProxy
from tests.fault_trials import large_pictures, many_styles, trial
from tests.flat_engine import FlatEngine

pytestmark = pytest.mark.anyio

CALLS = 200
ENGINE = FlatEngine()
KEYS = tuple(f"vk-faults-{number:04}" for number in range(100))
FAULTS = [Fault(point, resets) for point in DropPoint for resets in (False, True)]
CUTS_UPLOAD = Fault(DropPoint.DURING_UPLOAD, resets=True)
LOSES_REPLY = Fault(DropPoint.AFTER_UPLOAD)

OUTCOMES: Mapping[DropPoint, tuple[set[Outcome], bool]] = {
    # The connection may be known to be broken before the first byte leaves, or it may not.
    DropPoint.IDLE: ({Outcome.NOT_SENT, Outcome.UNKNOWN}, False),
    # The form has left this machine: whether anybody read it, nobody here can know.
    DropPoint.BEFORE_HEADERS: ({Outcome.UNKNOWN}, False),
    DropPoint.DURING_UPLOAD: ({Outcome.UNKNOWN}, False),
    DropPoint.AFTER_UPLOAD: ({Outcome.UNKNOWN}, True),
    # A reply of success has begun.
    DropPoint.AFTER_HEADERS: ({Outcome.COMPLETED}, True),
    DropPoint.IN_BODY: ({Outcome.COMPLETED}, True),
}
"""What the client may say of a call, and whether the server has charged it."""

every_fault = pytest.mark.parametrize("fault", FAULTS, ids=str)


@pytest.fixture(scope="module")
def accounts() -> Iterator[Iterator[RunningSandbox]]:
    """Run one server for the module, without limits of its own, and open an account in its books for each test."""
    settings = SandboxSettings(keys=KEYS, side=16, credits=None, rate_limit=None)
    with running_sandbox(settings, engine=ENGINE) as server:
        yield (evolve(server, key=key) for key in KEYS)


@pytest.fixture
def sandbox(accounts: Iterator[RunningSandbox]) -> RunningSandbox:
    """A server whose books are empty."""
    ENGINE.calls.clear()
    return next(accounts)


async def test_sound_connections_cost_nothing(sandbox: RunningSandbox) -> None:
    """The proxy itself harms no call: without a fault every call succeeds and is settled once."""
    with FaultProxy(sandbox.base_url, always(SOUND)) as server:
        found = await trial(sandbox, server, many_styles(CALLS))
    assert len(found.pictures) == found.charged == found.settled == server.struck[SOUND] == CALLS


@every_fault
async def test_fault_tells_what_became_of_the_call(sandbox: RunningSandbox, fault: Fault) -> None:
    """Wherever each call breaks, none is made twice, and its outcome is what the client can know."""
    requests = large_pictures(CALLS) if fault.point is DropPoint.DURING_UPLOAD else many_styles(CALLS)
    assert fault.point is not None
    outcomes, is_charged = OUTCOMES[fault.point]
    with FaultProxy(sandbox.base_url, always(fault)) as server:
        found = await trial(sandbox, server, requests)
    assert len(found.errors) == CALLS
    assert set(found.outcomes) <= outcomes
    assert fault.point is DropPoint.IDLE or {type(error) for error in found.errors} == {DisconnectedError}
    assert found.charged == len(ENGINE.calls) == (CALLS if is_charged else 0)
    assert server.struck[fault] >= CALLS


async def test_upload_that_is_cut_short_may_have_arrived(sandbox: RunningSandbox) -> None:
    """A form too large for the network's buffers breaks while much of it is still here, and is not sent again."""
    with FaultProxy(sandbox.base_url, always(CUTS_UPLOAD)) as server:
        found = await trial(sandbox, server, large_pictures(20, side=4000))
    assert (found.outcomes, server.struck) == ({Outcome.UNKNOWN: 20}, {CUTS_UPLOAD: 20})
    assert (found.charged, found.held) == (0, 20)


@pytest.mark.parametrize("resets", [False, True], ids=["end", "reset"])
async def test_call_on_a_connection_that_breaks_as_it_comes(sandbox: RunningSandbox, resets: bool) -> None:
    """When a connection that was kept open breaks as a call comes, that call is held and not made twice."""
    fault = Fault(DropPoint.BEFORE_HEADERS, resets)
    with FaultProxy(sandbox.base_url, on_reuse(fault)) as server:
        found = await trial(sandbox, server, many_styles(CALLS))
    assert found.outcomes == {Outcome.UNKNOWN: server.struck[fault]}
    assert server.struck[fault] > 0
    assert found.charged == len(found.pictures) == len(ENGINE.calls) == CALLS - server.struck[fault]


@pytest.mark.parametrize("resets", [False, True], ids=["end", "reset"])
async def test_idle_connections_that_the_server_closes(sandbox: RunningSandbox, resets: bool) -> None:
    """A connection that the server closed while it was idle is replaced; at worst a call that was quicker is held."""
    with FaultProxy(sandbox.base_url, on_reuse(Fault(DropPoint.IDLE, resets))) as server:
        found = await trial(sandbox, server, many_styles(CALLS))
    assert found.charged == len(found.pictures) >= CALLS // 2
    assert set(found.outcomes) <= {Outcome.UNKNOWN}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("reply_form", ["bytes", "url"])
async def test_faults_of_every_kind_at_once(seed: int, reply_form: ReplyForm) -> None:
    """With every kind of fault among the calls, also at downloads, the books still agree to the token."""
    ENGINE.calls.clear()
    settings = SandboxSettings(side=16, credits=None, rate_limit=None, reply_form=reply_form)
    with running_sandbox(settings, engine=ENGINE) as sandbox:
        with FaultProxy(sandbox.base_url, drawn(seed, FAULTS)) as server:
            found = await trial(sandbox, server, many_styles(CALLS))
    assert len(found.pictures) + len(found.errors) == CALLS >= found.charged == len(ENGINE.calls)
    assert found.settled == len(found.pictures) + found.outcomes[Outcome.COMPLETED]
    assert sum(server.struck[fault] > 0 for fault in FAULTS) > len(FAULTS) // 2


async def test_lost_replies_are_paid_once_by_default(sandbox: RunningSandbox) -> None:
    """A call whose reply is lost is not sent again: the server charges as many calls as were made."""
    with FaultProxy(sandbox.base_url, always(LOSES_REPLY)) as server:
        found = await trial(sandbox, server, many_styles(CALLS))
    assert (found.charged, found.held, len(found.pictures)) == (CALLS, CALLS, 0)


async def test_lost_replies_are_paid_again_by_those_who_ask_for_it(sandbox: RunningSandbox) -> None:
    """With `resend_unknown` every attempt is made and may be charged; the client's books hold each of them."""
    willing = RetryPolicy(resend_unknown=True)
    with FaultProxy(sandbox.base_url, always(LOSES_REPLY)) as server:
        found = await trial(sandbox, server, many_styles(CALLS), retry=willing, retry_budget=None)
    assert (found.charged, found.held, len(found.pictures)) == (3 * CALLS, 3 * CALLS, 0)


async def test_retry_budget_bounds_what_is_paid_again(sandbox: RunningSandbox) -> None:
    """Also with `resend_unknown` an outage costs no more than the retry budget's 20 calls on top."""
    with FaultProxy(sandbox.base_url, always(LOSES_REPLY)) as server:
        found = await trial(sandbox, server, many_styles(CALLS), retry=RetryPolicy(resend_unknown=True))
    assert (found.charged, found.held) == (CALLS + 20, CALLS + 20)


async def test_budget_counts_what_may_have_been_charged(sandbox: RunningSandbox) -> None:
    """Calls whose replies are lost use up the budget: the server never charges more than it allows."""
    with FaultProxy(sandbox.base_url, always(LOSES_REPLY)) as server:
        found = await trial(sandbox, server, [TextToImage(prompt="a fox")] * CALLS, budget=50)
    assert (found.charged, found.held) == (50, 50)
    assert sum(isinstance(error, BudgetExceededError) for error in found.errors) == CALLS - 50


async def test_refused_connections_are_tried_again(sandbox: RunningSandbox) -> None:
    """Calls that were refused a connection are sent again by default, and all succeed once somebody listens."""
    with FaultProxy(sandbox.base_url, always(SOUND)) as server:
        server.refuse()
        doors = iter([server.listen])

        def open_at_first_retry(event: Event) -> None:
            if event.kind == "retrying":
                next(doors, lambda: None)()

        found = await trial(sandbox, server, many_styles(CALLS), observers=[open_at_first_retry])
    assert len(found.pictures) == found.charged == found.settled == CALLS
    assert found.failed == {Outcome.NOT_SENT: sum(image.attempts - 1 for image in found.pictures)}
    assert found.failed[Outcome.NOT_SENT] > 0


async def test_refused_connections_cost_nothing(sandbox: RunningSandbox) -> None:
    """Where nobody ever listens, every call fails unsent, and nothing is booked."""
    with FaultProxy(sandbox.base_url, always(SOUND)) as server:
        server.refuse()
        found = await trial(sandbox, server, many_styles(CALLS))
    assert {type(error) for error in found.errors} == {ConnectError}
    assert (found.outcomes, found.charged, found.settled, found.held) == ({Outcome.NOT_SENT: CALLS}, 0, 0, 0)


class TriesAgain(httpx.AsyncHTTPTransport):
    """A transport of the caller's own, which tries again by itself while the outage goes on."""

    def __init__(self, server: FaultProxy) -> None:
        super().__init__()
        self._server = server

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send; after a failure, send once more to where nobody listens."""
        with contextlib.suppress(httpx.TransportError):
            return await super().handle_async_request(request)
        self._server.refuse()
        return await super().handle_async_request(request)


async def test_injected_client_that_tries_again_is_not_believed(sandbox: RunningSandbox) -> None:
    """A refused connection at the end of an HTTP client's own tries does not mean that nothing was sent before."""
    with FaultProxy(sandbox.base_url, always(LOSES_REPLY)) as server:
        async with httpx.AsyncClient(transport=TriesAgain(server)) as http_client:
            found = await trial(sandbox, server, many_styles(1), http_client=http_client)
    assert {type(error) for error in found.errors} == {DisconnectedError}
    assert (found.outcomes, found.charged, found.held) == ({Outcome.UNKNOWN: 1}, 1, 1)
