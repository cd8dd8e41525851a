"""Test sessions within tests, which load the plugin as a stranger's session does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio  # noqa: F401 - a session within this one forgets the modules that it imported, and NumPy cannot come twice

import imagine_async.sandbox.engines
import imagine_async.testing.cassettes.of_tests
import imagine_async.testing.environment
import imagine_async.testing.fault_proxy
import imagine_async.testing.sandboxes  # noqa: F401

Run = Callable[..., pytest.RunResult]

# Resolves a name without asking anybody, so it fails for each that is no address.
LOOK_UP = "socket.getaddrinfo('api.vyro.ai', 443, flags=socket.AI_NUMERICHOST)"


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a session, in this process, over a file of tests."""
    # On a narrow terminal the lines that tell of failures are cut.
    monkeypatch.setenv("COLUMNS", "300")

    def run(source: str, *arguments: str) -> pytest.RunResult:
        pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
        pytester.makepyfile(source)
        return pytester.runpytest_inprocess("-W", "error", *arguments)

    return run
