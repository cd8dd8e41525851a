"""What the guard puts before the functions that connect: how it gets there, and that nothing of it stays behind."""

from __future__ import annotations

import http
import inspect
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from http.client import HTTPConnection
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from typing import Any

import pytest

from imagine_async.testing.guard.patches import Patches

SOCKET = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")


class Calls:
    """Look-outs of a test's own, on top of those of the session that runs it."""

    def __init__(self) -> None:
        self.hosts: list[object] = []
        self.patches = Patches(self._look_at)

    def _look_at(self, host_of: Any, positional: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        self.hosts.append(host_of(positional, named))


@pytest.fixture
def calls() -> Iterator[Calls]:
    """Install look-outs for a test."""
    calls = Calls()
    calls.patches.install()
    yield calls
    calls.patches.uninstall()


def look_up(host: str) -> None:
    """Resolve a name without asking anybody."""
    with suppress(socket.gaierror):
        socket.getaddrinfo(host, 80, flags=socket.AI_NUMERICHOST)


def state() -> list[object]:
    """Look at all that may be changed."""
    functions = [vars(socket)[name] for name in SOCKET]
    methods = [vars(socket.socket).get(name) for name in ("connect", "connect_ex")]
    return [*functions, *methods, vars(HTTPConnection)["send"], *sys.meta_path]


def test_nothing_stays_behind() -> None:
    """Functions and finders are the ones they were, when the last of the users has gone."""
    patches, before = Calls().patches, state()
    for _ in range(2):
        patches.install()
        patches.install()
        assert not set(map(id, state()[:6])) & set(map(id, before))
        patches.uninstall()
        assert state() != before
        patches.uninstall()
        assert state() == before


def test_one_layer(calls: Calls) -> None:
    """However many use it, each call is looked at once."""
    calls.patches.install()
    look_up("fox.example")
    calls.patches.uninstall()
    assert calls.hosts == ["fox.example"]
    look_up("hare.example")
    assert calls.hosts == ["fox.example", "hare.example"]


def test_functions_look_as_before(calls: Calls) -> None:
    """A watched function has the name, the signature and the results of the one it stands for."""
    watched: Any = socket.getaddrinfo
    original = inspect.unwrap(watched)
    assert watched is not original
    assert inspect.signature(watched) == inspect.signature(original)
    assert (watched.__name__, socket.socket.connect.__name__) == ("getaddrinfo", "connect")
    assert watched("127.0.0.1", port=80) == original("127.0.0.1", 80)
    with pytest.raises(TypeError, match="getaddrinfo"):
        watched()
    with socket.socket() as plain, pytest.raises(TypeError):
        plain.connect(())
    assert calls.hosts == ["127.0.0.1", None, None]


def test_what_others_put_in_place_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that somebody has replaced in turn is left as it is, and goes on to work."""
    calls = Calls()
    calls.patches.install()
    watched = socket.gethostbyname
    monkeypatch.setattr(socket, "gethostbyname", lambda name: watched(name))
    replaced = socket.gethostbyname
    calls.patches.uninstall()
    assert socket.gethostbyname is replaced
    assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the standard library's HTTP client imported anew, for the length of a test."""
    monkeypatch.setattr(http, "client", sys.modules["http.client"])
    monkeypatch.delitem(sys.modules, "http.client")


class Rewriter(MetaPathFinder):
    """Finds everything itself, as the finder does by which pytest rewrites assertions."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, _target: object = None) -> ModuleSpec | None:
        return PathFinder.find_spec(fullname, path)


@pytest.mark.parametrize("sessions", [1, 2])
def test_later_imports(calls: Calls, monkeypatch: pytest.MonkeyPatch, sessions: int) -> None:
    """A module that is imported later is watched too, also in a session within the session, with finders of its own."""
    if sessions == 2:
        monkeypatch.setattr(sys, "meta_path", [Rewriter(), *sys.meta_path])
        calls.patches.install()
    forget(monkeypatch)
    client = import_module("http.client")
    connection = client.HTTPConnection("127.0.0.1")
    connection.auto_open = 0
    with pytest.raises(client.NotConnected):
        connection.send(b"CONNECT fox.example:443 HTTP/1.1\r\n")
    assert calls.hosts == ["fox.example"]
    if sessions == 2:
        calls.patches.uninstall()


def test_imported_modules_look_as_before(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a module nor its specification shows that it was looked out for."""
    forget(monkeypatch)
    found = find_spec("http.client")
    assert found is not None
    assert getattr(found.loader, "get_source")("http.client")  # noqa: B009 - loaders need not have it
    client = import_module("http.client")
    assert isinstance(client.__loader__, SourceFileLoader)
    assert client.__spec__ is not None
    assert client.__spec__.loader is client.__loader__
    assert inspect.getsource(client).startswith('r"""HTTP/1.1 client')


def test_missing_modules(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that is not installed is missed as ever."""
    monkeypatch.delitem(sys.modules, "httpcore2", raising=False)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    with pytest.raises(ModuleNotFoundError, match="No module named 'httpcore2'"):
        import_module("httpcore2")
