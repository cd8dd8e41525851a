"""The pytest plugin: a sandbox for each test, clients of it, and a guard before the real API. See docs/testing.md.

Nothing here loads the SDK or the sandbox before a fixture is used: pytest imports it wherever the package is installed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from imagine_async import AsyncImagine, Imagine
    from imagine_async.sandbox import SandboxSettings
    from imagine_async.testing.cassettes import Cassette
    from imagine_async.testing.sandboxes import FaultQueue, SandboxInTest

_SETTINGS = "imagine(**settings): settings of the test's sandbox, such as credits=3 or faults=['drop:in_body']"
_LIVE = "imagine_live: the test may reach the real API; it is skipped unless --imagine-live is given"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's options."""
    group = parser.getgroup("imagine", "imagine-async")
    group.addoption("--imagine-live", action="store_true", help="let tests marked imagine_live reach the real API")
    group.addoption(
        "--imagine-record",
        choices=("none", "once", "new", "all"),
        default="none",
        help="what imagine_cassette records; none: it only replays",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    config.addinivalue_line("markers", _SETTINGS)
    config.addinivalue_line("markers", _LIVE)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what is meant for the real API, unless it was asked for."""
    if config.getoption("--imagine-live"):
        return
    for item in items:
        if item.get_closest_marker("imagine_live"):
            item.add_marker(pytest.mark.skip(reason="reaches the real API: give --imagine-live"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Keep fixtures from the real API."""
    return (yield from _guarded(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Keep the test from the real API."""
    return (yield from _guarded(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Keep what clears up from the real API."""
    return (yield from _guarded(item))


def _guarded(item: pytest.Item) -> Generator[None, Any, Any]:
    if item.get_closest_marker("imagine_live"):
        return (yield)
    from imagine_async.testing.guard import guarded

    with guarded():
        return (yield)


@pytest.fixture
def imagine_sandbox(request: pytest.FixtureRequest) -> Iterator[SandboxInTest]:
    """A sandbox in this process, with books of its own: small pictures, no rate limit, videos that are there at once.

    Settings come from `@pytest.mark.imagine(...)`.
    """
    settings, faults = _asked_for(request.node)
    from imagine_async.sandbox import create_app
    from imagine_async.testing.sandboxes import SandboxInTest

    app = create_app(settings, faults=faults)
    yield SandboxInTest(app, settings.keys[0])
    app.state.accounts.close()


@pytest.fixture
def imagine_server(request: pytest.FixtureRequest) -> Iterator[SandboxInTest]:
    """The same sandbox on a free port of this machine, for any client of the API."""
    settings, faults = _asked_for(request.node)
    from imagine_async.sandbox import running_sandbox
    from imagine_async.testing.sandboxes import SandboxInTest

    with running_sandbox(settings, faults=faults) as running:
        yield SandboxInTest(running.app, running.key, running.base_url)


@pytest.fixture
def imagine_environment(imagine_server: SandboxInTest, monkeypatch: pytest.MonkeyPatch) -> SandboxInTest:
    """The sandbox on a port, and an environment that leads every client of this process and its children to it."""
    from imagine_async.config import BASE_URL_VARIABLE, KEY_VARIABLE

    monkeypatch.setenv(KEY_VARIABLE, imagine_server.key)
    monkeypatch.setenv(BASE_URL_VARIABLE, imagine_server.base_url)
    return imagine_server


@pytest.fixture
def imagine_client(imagine_sandbox: SandboxInTest) -> AsyncImagine:
    """An `AsyncImagine` of the sandbox in this process, for asyncio and trio; it never waits and needs no closing."""
    return imagine_sandbox.client()


@pytest.fixture
def imagine_sync_client(imagine_sandbox: SandboxInTest) -> Iterator[Imagine]:
    """An `Imagine` of the sandbox in this process; it never waits."""
    with imagine_sandbox.sync_client() as client:
        yield client


@pytest.fixture
def imagine_faults(imagine_sandbox: SandboxInTest) -> FaultQueue:
    """What breaks the next calls to the sandbox in this process: `imagine_faults.next("drop:in_body")`."""
    return imagine_sandbox.faults


@pytest.fixture
def imagine_cassette(request: pytest.FixtureRequest) -> Iterator[Cassette]:
    """A cassette named after the test, in the folder `cassettes` beside its file; `--imagine-record` records it."""
    from imagine_async.testing.cassettes import Cassette

    path = Path(request.path).parent / "cassettes" / f"{request.path.stem}.{request.node.name}.json"
    mode: Any = request.config.getoption("--imagine-record")
    with Cassette(path, mode=mode) as cassette:
        yield cassette


def _asked_for(node: pytest.Item) -> tuple[SandboxSettings, Any]:
    """Read the markers of a test, the closest last."""
    try:
        from attrs import fields_dict

        from imagine_async.sandbox import SandboxSettings
    except ImportError as error:
        raise pytest.UsageError("the sandbox is an extra: pip install 'imagine-async[sandbox]'") from error
    asked: dict[str, Any] = {"side": 64, "rate_limit": None, "video_seconds": 0.0}
    for marker in reversed(list(node.iter_markers("imagine"))):
        if marker.args:
            raise pytest.UsageError(f"@pytest.mark.imagine takes settings by name, not {marker.args[0]!r}")
        asked |= marker.kwargs
    faults = asked.pop("faults", None)
    known = sorted(fields_dict(SandboxSettings))
    if unknown := sorted(set(asked) - set(known)):
        raise pytest.UsageError(
            f"@pytest.mark.imagine: no setting {', '.join(unknown)}; known: faults, {', '.join(known)}"
        )
    try:
        return SandboxSettings(**asked), faults
    except (TypeError, ValueError) as error:
        raise pytest.UsageError(f"@pytest.mark.imagine: {error}") from error
