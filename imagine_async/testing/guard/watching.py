"""Looks out for connections to the vendor's hosts, by Python's audit events and at the HTTP library's connections.

Audit events come from wherever a name is resolved or a socket is connected, whichever library does it, and whenever
it was imported. Only uvloop raises none, so the SDK tells of its connections itself. Through a proxy the name is
resolved elsewhere: there the standard library's HTTP client tells what it asks the proxy for, and httpcore is looked
after by hand. Everything is looked at where a connection begins, so that tests may fake what stands above it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from typing import Any

from imagine_async.testing.guard.hosts import host_in_request, is_the_vendors
from imagine_async.testing.guard.http_core import watch_http_core, watch_import

__all__ = ["Guard", "RealApiError"]

_ADVICE = (
    "a call there needs a key and costs tokens. In a test, take a client from the fixture imagine_client, "
    "imagine_sync_client or imagine_sandbox; let code that is configured by the environment run with "
    "imagine_environment; or mark the test imagine_live, if it really is to reach the API"
)

# Which of an event's arguments names the host.
_HOST_OF: dict[str, Callable[[Any], object]] = {
    "socket.getaddrinfo": lambda arguments: arguments[0],
    "socket.gethostbyname": lambda arguments: arguments[0],
    "socket.connect": lambda arguments: arguments[1][0] if isinstance(arguments[1], tuple) else None,
    "http.client.send": lambda arguments: host_in_request(arguments[1]),
    "imagine_async.connect": lambda arguments: arguments[0],
}


class RealApiError(RuntimeError):
    """A test was about to reach the real API; nothing was sent.

    Args:
        host: The vendor's host.
    """

    def __init__(self, host: str) -> None:
        super().__init__(f"the test would have reached {host}, the real API: {_ADVICE}")
        self.host = host


class Guard:
    """Refuses connections to the vendor's hosts while a block runs, in all threads, and remembers what it refused."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refused: list[RealApiError] = []

    @contextmanager
    def watching(self) -> Generator[None, None, None]:
        """Refuse connections for the length of a block."""
        _listen()
        watch_http_core(_look_at)
        _GUARDS.append(self)
        try:
            yield
        finally:
            _GUARDS.remove(self)

    def take_refused(self) -> list[RealApiError]:
        """Return what was refused since this was last asked."""
        with self._lock:
            refused, self._refused = self._refused, []
        return refused

    def refuse(self, host: str) -> None:
        """Remember an attempt, and end it.

        Args:
            host: The vendor's host.

        Raises:
            RealApiError: Always.
        """
        error = RealApiError(host)
        with self._lock:
            self._refused.append(error)
        raise error


_GUARDS: list[Guard] = []
"""The guards at work; a test session within a test has its own, which comes last."""


def _look_at(host: object) -> None:
    if _GUARDS and is_the_vendors(host):
        _GUARDS[-1].refuse(host.decode() if isinstance(host, bytes) else str(host))


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    # Every event of the process comes by here, so what does not matter goes first.
    if event in _HOST_OF and _GUARDS:
        _look_at(_HOST_OF[event](arguments))
    elif event == "import" and _GUARDS:
        watch_import(arguments[0], _look_at)


# Otherwise neither coverage nor a debugger sees it.
setattr(_on_event, "__cantrace__", True)  # noqa: B010 - functions have no such attribute to assign to


@cache
def _listen() -> None:
    """Add the hook, once: it cannot be taken away again."""
    sys.addaudithook(_on_event)
