"""httpcore's connections, which raise no audit events of their own: the ways through proxies, and under uvloop."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

__all__ = ["watch_http_core", "watch_import"]

_LIBRARIES = ("httpcore", "httpcore2")
_POOLS = ("AsyncConnectionPool", "AsyncHTTPProxy", "AsyncSOCKSProxy", "ConnectionPool", "HTTPProxy", "SOCKSProxy")

_watched: set[type] = set()
_coming: set[str] = set()


def watch_http_core(look_at: Callable[[object], None]) -> None:
    """Have every connection looked at before it is begun, in those of the libraries that have been imported by now.

    Args:
        look_at: Is told the host, and raises an error to refuse it.
    """
    for library in _LIBRARIES:
        for name in _POOLS:
            pool = getattr(sys.modules.get(library), name, None)
            if "create_connection" in vars(pool or object) and pool not in _watched:
                _watch(pool, look_at)


def watch_import(name: object, look_at: Callable[[object], None]) -> None:
    """Have the connections of a library looked at that is just about to be imported.

    httpx imports its httpcore when the first client is made, which is often within a test.

    Args:
        name: What is imported.
        look_at: As for `watch_http_core`.
    """
    if isinstance(name, str) and name in _LIBRARIES and name not in _coming:
        _coming.add(name)
        try:
            # Whoever imports it finds it done; one that is not installed will tell so itself.
            with contextlib.suppress(ImportError):
                import_module(name)
        finally:
            _coming.discard(name)
        watch_http_core(look_at)


def _watch(pool: Any, look_at: Callable[[object], None]) -> None:
    begin = pool.create_connection

    @functools.wraps(begin)
    def create_connection(self: Any, origin: Any) -> Any:
        look_at(origin.host)
        return begin(self, origin)

    pool.create_connection = create_connection
    _watched.add(pool)
