"""Help for those who test programs that call the API: what breaks, what is recorded, and what a test runner needs.

The pytest plugin `imagine_async.testing.plugin` is loaded by pytest itself; `docs/testing.md` shows its fixtures. What
they are made of can be had from here, for other test runners. Names are loaded when they are first used.

`fault_proxy` and `fault_plans` break connections before any server, and need no extra; nor do cassettes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imagine_async.testing.cassettes import Cassette, CassetteDamagedError, NotRecordedError
    from imagine_async.testing.clocks import NoWaitClock
    from imagine_async.testing.guard import Guard, RealApiError
    from imagine_async.testing.next_faults import NextFaults
    from imagine_async.testing.sandboxes import TestingSandbox, in_process_sandbox, server_sandbox

_HOMES = {
    "Cassette": "cassettes",
    "CassetteDamagedError": "cassettes",
    "Guard": "guard",
    "NextFaults": "next_faults",
    "NoWaitClock": "clocks",
    "NotRecordedError": "cassettes",
    "RealApiError": "guard",
    "TestingSandbox": "sandboxes",
    "in_process_sandbox": "sandboxes",
    "server_sandbox": "sandboxes",
}

__all__ = [
    "Cassette",
    "CassetteDamagedError",
    "Guard",
    "NextFaults",
    "NoWaitClock",
    "NotRecordedError",
    "RealApiError",
    "TestingSandbox",
    "in_process_sandbox",
    "server_sandbox",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
