"""Help for those who test programs that call the API; docs/testing.md is the guide.

The pytest plugin is there as soon as the package is installed. `fault_proxy` and `fault_plans` break connections before
any server, `cassettes` record and replay calls, `NoWaitClock` ends waits at once; none of these needs an extra. The
sandbox, which the plugin's fixtures run, is the extra `sandbox`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imagine_async.testing.cassettes import Cassette, CassetteError
    from imagine_async.testing.clocks import NoWaitClock
    from imagine_async.testing.fault_proxy import FaultProxy
    from imagine_async.testing.guard import LiveCallError

__all__ = ["Cassette", "CassetteError", "FaultProxy", "LiveCallError", "NoWaitClock"]

_PLACES = {
    "Cassette": "cassettes",
    "CassetteError": "cassettes",
    "FaultProxy": "fault_proxy",
    "LiveCallError": "guard",
    "NoWaitClock": "clocks",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
