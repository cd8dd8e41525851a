"""The fixtures of the pytest plugin.

Each imports what it needs when it is used, because pytest loads them in every project where the package is installed.
None of them needs an event loop, so they go with pytest-asyncio, anyio and trio alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from imagine_async.testing.markers import marked_settings

if TYPE_CHECKING:
    from imagine_async import AsyncImagine, Imagine
    from imagine_async.testing.cassettes import Cassette
    from imagine_async.testing.clocks import NoWaitClock
    from imagine_async.testing.fault_plans import Fault, Plan
    from imagine_async.testing.fault_proxy import FaultProxy
    from imagine_async.testing.next_faults import NextFaults
    from imagine_async.testing.sandboxes import TestingSandbox

__all__ = [
    "imagine_cassette",
    "imagine_client",
    "imagine_clock",
    "imagine_environment",
    "imagine_fault_proxy",
    "imagine_faults",
    "imagine_no_waits",
    "imagine_sandbox",
    "imagine_server",
    "imagine_settings",
    "imagine_sync_client",
]


@pytest.fixture
def imagine_settings() -> Mapping[str, Any]:
    """Settings of your tests' sandboxes, for a conftest.py to override: fields of `SandboxSettings`, and `faults`."""
    return {}


@pytest.fixture
def imagine_clock() -> NoWaitClock:
    """The time of a test's sandboxes and clients: waits end at once, `waits` and `waited` tell of them."""
    from imagine_async.testing.clocks import NoWaitClock

    return NoWaitClock()


@pytest.fixture
def imagine_faults() -> NextFaults:
    """Breaks the next calls to a test's sandbox: `imagine_faults.next(429, retry_after=30)`, `.drop("in_body")`."""
    from imagine_async.testing.next_faults import NextFaults

    return NextFaults()


@pytest.fixture
def imagine_sandbox(
    request: pytest.FixtureRequest,
    imagine_settings: Mapping[str, Any],
    imagine_faults: NextFaults,
    imagine_clock: NoWaitClock,
) -> Iterator[TestingSandbox]:
    """A sandbox in this process, without a socket, with fresh accounts and small pictures."""
    from imagine_async.testing.sandboxes import in_process_sandbox

    settings = {**imagine_settings, **marked_settings(request.node)}
    with in_process_sandbox(settings, faults=imagine_faults, clock=imagine_clock) as sandbox:
        yield sandbox


@pytest.fixture
def imagine_server(
    request: pytest.FixtureRequest,
    imagine_settings: Mapping[str, Any],
    imagine_faults: NextFaults,
    imagine_clock: NoWaitClock,
) -> Iterator[TestingSandbox]:
    """A sandbox on a port of this machine, with fresh accounts and small pictures."""
    from imagine_async.testing.sandboxes import server_sandbox

    settings = {**imagine_settings, **marked_settings(request.node)}
    with server_sandbox(settings, faults=imagine_faults, clock=imagine_clock) as sandbox:
        yield sandbox


@pytest.fixture
def imagine_client(imagine_sandbox: TestingSandbox) -> AsyncImagine:
    """An `AsyncImagine` on `imagine_sandbox`; the end of the test closes it."""
    return imagine_sandbox.client()


@pytest.fixture
def imagine_sync_client(imagine_sandbox: TestingSandbox) -> Imagine:
    """An `Imagine` on `imagine_sandbox`; the end of the test closes it."""
    return imagine_sandbox.sync_client()


@pytest.fixture
def imagine_no_waits(imagine_clock: NoWaitClock, monkeypatch: pytest.MonkeyPatch) -> NoWaitClock:
    """Let clients that were given no clock go by the test's, so that they do not wait either."""
    from imagine_async.clock import SYSTEM_CLOCK

    for name in ("now", "wall", "sleep"):
        monkeypatch.setattr(SYSTEM_CLOCK, name, getattr(imagine_clock, name))
    return imagine_clock


@pytest.fixture
def imagine_environment(
    imagine_server: TestingSandbox, imagine_no_waits: NoWaitClock, monkeypatch: pytest.MonkeyPatch
) -> TestingSandbox:
    """Point code that takes its settings from the environment at `imagine_server`, and keep all other settings out."""
    from imagine_async.testing.environment import environment_of

    for name, value in environment_of(imagine_server).items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    return imagine_server


@pytest.fixture
def imagine_fault_proxy(request: pytest.FixtureRequest) -> Iterator[Callable[..., FaultProxy]]:
    """Make proxies that break real connections to `imagine_server`: `imagine_fault_proxy(Fault(DropPoint.IN_BODY))`."""
    from contextlib import ExitStack

    from imagine_async.testing.fault_plans import Fault, always
    from imagine_async.testing.fault_proxy import FaultProxy

    with ExitStack() as proxies:

        def make(plan: Fault | Plan, target: str | None = None) -> FaultProxy:
            """Listen before a server.

            Args:
                plan: Tells how each call breaks; one `Fault` breaks them all.
                target: The server's base URL; `None` takes that of `imagine_server`.
            """
            behind = request.getfixturevalue("imagine_server").base_url if target is None else target
            chosen = always(plan) if isinstance(plan, Fault) else plan
            return proxies.enter_context(FaultProxy(behind, chosen))

        yield make


@pytest.fixture
def imagine_cassette(request: pytest.FixtureRequest) -> Iterator[Cassette]:
    """The test's cassette: `cassettes/MODULE/TEST.json` beside its file, or as the marker `imagine_cassette` says."""
    from imagine_async.testing.cassettes.of_tests import cassette_of

    with cassette_of(request.node) as cassette:
        yield cassette
