"""Puts a look-out before the functions that begin connections, and takes it away again.

Functions are replaced, rather than Python's audit events listened to: under coverage or a debugger, an audit hook that
is written in Python runs amidst the start of each thread, and on CPython 3.11 the next thread may die of it.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from imagine_async.testing.guard.imports import ImportWatch
from imagine_async.testing.guard.ways import WAYS, HostOf

__all__ = ["LookAt", "Patches"]

LookAt = Callable[[HostOf, tuple[Any, ...], Mapping[str, Any]], None]
"""Is told of each call, by what finds the host in its arguments and by those, and raises an error to refuse it."""


class Patches:
    """The look-outs of the process: one before each function, however many sessions need them.

    Modules that have not been imported yet get theirs when they are.

    Args:
        look_at: Looks at each call before it is made.
    """

    def __init__(self, look_at: LookAt) -> None:
        self._look_at = look_at
        self._lock = threading.RLock()
        self._users = 0
        self._made: list[_Patch] = []
        self._imports = ImportWatch(WAYS, self._patch)

    def install(self) -> None:
        """Put them in place, unless they are; each call needs one of `uninstall`."""
        with self._lock:
            self._users += 1
            self._imports.come_first()
            if self._users == 1:
                for name in WAYS:
                    self._patch(name, sys.modules.get(name))

    def uninstall(self) -> None:
        """Take them away, if nobody else needs them."""
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._imports.leave()
                while self._made:
                    self._made.pop().undo()

    def _patch(self, name: str, module: ModuleType | None) -> None:
        with self._lock:
            if self._users:
                for path, host_of in WAYS[name].items():
                    self._replace(module, path, host_of)

    def _replace(self, module: ModuleType | None, path: str, host_of: HostOf) -> None:
        *owners, name = path.split(".")
        owner: Any = module
        for each in owners:
            owner = getattr(owner, each, None)
        original = getattr(owner, name, None)
        # A pool may lack it, where an extra of its library is not installed.
        if original is not None:
            self._made.append(_Patch(owner, name, _watched(original, host_of, self._look_at)))


class _Patch:
    def __init__(self, owner: Any, name: str, replacement: Any) -> None:
        self._owner = owner
        self._name = name
        self._own = vars(owner).get(name)
        self._replacement = replacement
        setattr(owner, name, replacement)

    def undo(self) -> None:
        # What somebody has put in its place since is theirs.
        if vars(self._owner).get(self._name) is not self._replacement:
            return
        if self._own is None:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, self._own)


def _watched(original: Callable[..., Any], host_of: HostOf, look_at: LookAt) -> Callable[..., Any]:
    @functools.wraps(original)
    def watched(*arguments: Any, **names: Any) -> Any:
        look_at(host_of, arguments, names)
        return original(*arguments, **names)

    return watched
