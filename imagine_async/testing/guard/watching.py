"""Looks out for connections to the vendor's hosts, where they begin, so that tests may fake what stands above."""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from imagine_async.testing.guard.hosts import is_the_vendors
from imagine_async.testing.guard.patches import Patches
from imagine_async.testing.guard.ways import HostOf

__all__ = ["PATCHES", "Guard", "RealApiError"]

_ADVICE = (
    "a call there needs a key and costs tokens. In a test, take a client from the fixture imagine_client, "
    "imagine_sync_client or imagine_sandbox; let code that is configured by the environment run with "
    "imagine_environment; or mark the test imagine_live, if it really is to reach the API"
)


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
        PATCHES.install()
        _GUARDS.append(self)
        try:
            yield
        finally:
            _GUARDS.remove(self)
            PATCHES.uninstall()

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


def _look_at(host_of: HostOf, positional: tuple[Any, ...], named: Mapping[str, Any]) -> None:
    for guard in _GUARDS[-1:]:
        host = host_of(positional, named)
        if is_the_vendors(host):
            guard.refuse(host.decode() if isinstance(host, (bytes, bytearray)) else str(host))


PATCHES = Patches(_look_at)
"""The look-outs of all guards; without a guard at work they let everything by."""
