"""Tells of modules that have just been imported, such as an HTTP library that the first test imports."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from itertools import dropwhile
from types import ModuleType
from typing import Any

__all__ = ["ImportWatch"]

OnImport = Callable[[str, ModuleType], None]


class ImportWatch(MetaPathFinder):
    """A finder for `sys.meta_path`, which lets the others find a module and tells when it is there.

    Args:
        names: The modules to look out for.
        on_import: Is told the name of each one, and given it, as soon as it has been run.
    """

    def __init__(self, names: Collection[str], on_import: OnImport) -> None:
        self._names = names
        self._on_import = on_import

    def come_first(self) -> None:
        """Be asked before all other finders, such as the one by which pytest rewrites assertions."""
        if sys.meta_path[:1] != [self]:
            self.leave()
            sys.meta_path.insert(0, self)

    def leave(self) -> None:
        """Be asked no longer."""
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module as the finders behind this one do.

        Args:
            fullname: The module's name.
            path: Where its package looks for it.
            target: The module that is loaded anew, if it is.

        Returns:
            What was found, with a loader that tells; `None` for modules that are not looked out for.
        """
        spec = self._found_behind(fullname, path, target) if fullname in self._names else None
        if spec is not None and spec.loader is not None:
            spec.loader = _TellingLoader(spec.loader, partial(self._on_import, fullname))
        return spec

    def _found_behind(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
        # Those before it have been asked; and if they ask it in turn, nobody goes round in circles.
        behind = dropwhile(lambda finder: finder is not self, tuple(sys.meta_path))
        found = (finder.find_spec(fullname, path, target) for finder in behind if finder is not self)
        return next((spec for spec in found if spec is not None), None)


class _TellingLoader(Loader):
    def __init__(self, loader: Loader, on_import: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._on_import = on_import

    def __getattr__(self, name: str) -> Any:
        # Those who only look a module up may ask for its source.
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # From here on the module looks as if this loader had never been.
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._on_import(module)
