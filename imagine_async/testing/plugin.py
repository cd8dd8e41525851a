"""The pytest plugin: hooks and markers; its fixtures are in `fixtures`.

pytest loads it in every project where the package is installed, so it imports nothing before a fixture is used.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from imagine_async.testing.fixtures import (
    imagine_cassette,
    imagine_client,
    imagine_clock,
    imagine_environment,
    imagine_fault_proxy,
    imagine_faults,
    imagine_no_waits,
    imagine_sandbox,
    imagine_server,
    imagine_settings,
    imagine_sync_client,
)
from imagine_async.testing.guard import Guard
from imagine_async.testing.guard.watching import PATCHES
from imagine_async.testing.markers import LIVE, MARKERS, check_markers

if TYPE_CHECKING:
    from imagine_async.testing.guard import RealApiError

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

_GUARD = pytest.StashKey[Guard]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("imagine", "Imagine API")
    group.addoption("--imagine-live", action="store_true", help="let tests reach the real API, which costs tokens")
    group.addoption(
        "--imagine-record",
        choices=("none", "once", "new", "all"),
        default=None,
        help="what cassettes record: nothing (none), whole cassettes that are missing (once), calls that are missing "
        "(new), or everything anew (all)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Set the guard up before tests import anything, as functions are watched that they take from their modules."""
    _set_up_guard(early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    # A plugin that a conftest names is loaded after the first hook.
    if _GUARD not in config.stash:
        _set_up_guard(config)
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Check the markers, before any test runs."""
    check_markers(items)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Watch out while a test runs, with its fixtures, unless it is to reach the real API."""
    if item.config.getoption("--imagine-live") or item.get_closest_marker(LIVE) is not None:
        return (yield)
    with item.config.stash[_GUARD].watching():
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a test fail that would have reached the real API, also where its error was swallowed."""
    report = yield
    refused = item.config.stash[_GUARD].take_refused()
    if refused:
        _fail(report, refused)
    return report


def _set_up_guard(config: pytest.Config) -> None:
    config.stash[_GUARD] = Guard()
    PATCHES.install()
    config.add_cleanup(PATCHES.uninstall)


def _fail(report: Any, refused: list[RealApiError]) -> None:
    told = "\n".join(dict.fromkeys(map(str, refused)))
    if report.outcome == "failed":
        report.sections.append(("Imagine API", told))
        return
    report.outcome, report.longrepr = "failed", told
    # An expected failure is none of these.
    vars(report).pop("wasxfail", None)
