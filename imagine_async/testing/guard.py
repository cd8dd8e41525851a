"""Keeps tests away from the real API, where a call costs money.

The names of the vendor's hosts are not resolved, whatever library asks. Proxies of the environment, which would resolve
them, are passed by for these hosts; and as uvloop resolves names by itself, the connections of httpx are watched as
well, where it is loaded. A test that swallows the error fails all the same.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from attrs import field, frozen

from imagine_async.catalog import DEFAULT_BASE_URL

__all__ = ["LiveCallError", "guarded", "is_live"]

_HOSTS = (urlsplit(DEFAULT_BASE_URL).hostname or "", "vyro.ai", "imagine.art")
_NO_PROXY = ("no_proxy", "NO_PROXY")
_WAY_OUT = (
    "a test may not reach the real API: use the fixtures imagine_client, imagine_sync_client or imagine_server, or "
    "mark a test that is meant to with @pytest.mark.imagine_live and run it with --imagine-live"
)


class LiveCallError(RuntimeError):
    """A test tried to reach the real API."""


def is_live(host: object) -> bool:
    """Tell whether a host is the vendor's.

    Args:
        host: A name, as text or bytes.
    """
    name = host.decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else str(host)
    name = name.lower().rstrip(".")
    return any(name == known or name.endswith(f".{known}") for known in _HOSTS)


@frozen
class _Watch:
    attempts: list[str] = field(factory=list[str])

    def refuse(self, host: object) -> None:
        self.attempts.append(str(host))
        raise LiveCallError(f"{host}: {_WAY_OUT}")


@contextmanager
def guarded() -> Generator[None, None, None]:
    """Refuse the vendor's hosts while a block runs.

    Raises:
        LiveCallError: The block tried to reach one, whatever it made of the refusal.
    """
    watch = _Watch()
    undo = [_watched(owner, name, watch, place) for owner, name, place in _ways()]
    undo += [_listed(name) for name in _NO_PROXY]
    try:
        yield
    finally:
        for put_back in reversed(undo):
            put_back()
    if watch.attempts:
        raise LiveCallError(f"{', '.join(sorted(set(watch.attempts)))}: {_WAY_OUT}")


def _ways() -> Iterator[tuple[Any, str, int]]:
    """Yield the functions that connect to a host, and the place of the host among their arguments."""
    yield socket, "getaddrinfo", 0
    yield socket, "gethostbyname", 0
    httpcore: Any = sys.modules.get("httpcore")
    if httpcore is not None:
        for backend in (httpcore.AnyIOBackend, httpcore.TrioBackend, httpcore.SyncBackend):
            yield backend, "connect_tcp", 1


def _watched(owner: Any, name: str, watch: _Watch, place: int) -> Callable[[], None]:
    original = getattr(owner, name)

    def connect(*given: Any, **named: Any) -> Any:
        host = given[place] if len(given) > place else named.get("host")
        if host is not None and is_live(host):
            watch.refuse(host)
        return original(*given, **named)

    setattr(owner, name, connect)
    return lambda: setattr(owner, name, original)


def _listed(variable: str) -> Callable[[], None]:
    """Add the hosts to those that are reached without a proxy."""
    before = os.environ.get(variable)
    os.environ[variable] = ",".join([*([before] if before else []), *_HOSTS])

    def put_back() -> None:
        if before is None:
            os.environ.pop(variable, None)
        else:
            os.environ[variable] = before

    return put_back
