"""The imports of the sync client: those of the async client's that it needs, in the order that isort gives them."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve, frozen

from imagine_async.codegen.methods import ASYNC_NAME, LINE_LENGTH, SYNC_NAME, SYNC_TYPES, CodegenError, Method

__all__ = ["render_imports"]

PACKAGE = "imagine_async"
BRIDGES = {"PerProcess": "bridge.loop_thread", "iterate": "bridge.iteration", "run": "bridge.calls"}
SYNC_ORIGINS = {sync: name for name, sync in SYNC_TYPES.items()}


@frozen
class Import:
    """A name from a module, or, without a name, the module itself."""

    module: str
    name: str | None = None
    alias: str | None = None
    typing_only: bool = False

    @property
    def bound(self) -> str:
        """The name that it is known by afterwards."""
        return self.alias or self.name or self.module.partition(".")[0]

    @property
    def text(self) -> str:
        """What is imported, as it stands in the statement."""
        return (self.name or self.module) + (f" as {self.alias}" if self.alias else "")


def render_imports(module: ast.Module, methods: Iterable[Method]) -> str:
    """Write the imports.

    Args:
        module: The module with the async client.
        methods: The methods of the sync client.

    Returns:
        The statements; what only type checkers need stands beneath `if TYPE_CHECKING:`, as it does in the module.

    Raises:
        CodegenError: A name comes from nowhere.
    """
    known = {entry.bound: entry for entry in _imports(module.body)}
    needed = {Import(f"{PACKAGE}.client", ASYNC_NAME)}
    for method in methods:
        needed |= {_find(name, known, module, method) for name in method.names() if name in known or _is_foreign(name)}
        if method.bridge:
            needed.add(Import(f"{PACKAGE}.{BRIDGES[method.bridge]}", method.bridge))
    if any(entry.typing_only for entry in needed):
        needed.add(Import("typing", "TYPE_CHECKING"))
    now = _statements((entry for entry in needed if not entry.typing_only), "")
    later = _statements((entry for entry in needed if entry.typing_only), "    ")
    return now + (f"\nif TYPE_CHECKING:\n{later}" if later else "")


def _imports(body: Iterable[ast.stmt], *, typing_only: bool = False) -> Iterator[Import]:
    for node in body:
        if isinstance(node, ast.ImportFrom):
            for item in node.names:
                yield Import(str(node.module), item.name, item.asname, typing_only)
        elif isinstance(node, ast.Import):
            for item in node.names:
                yield Import(item.name, None, item.asname, typing_only)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from _imports(node.body, typing_only=True)


def _is_foreign(name: str) -> bool:
    return name not in {ASYNC_NAME, SYNC_NAME} and not hasattr(builtins, name)


def _find(name: str, known: Mapping[str, Import], module: ast.Module, method: Method) -> Import:
    if name in known:
        return known[name]
    if name in SYNC_ORIGINS:  # `Iterator` comes from where `AsyncIterator` does.
        return evolve(known[SYNC_ORIGINS[name]], name=name)
    if name in _defined(module):
        return Import(f"{PACKAGE}.client", name)
    raise CodegenError(method.node, f"uses a name that is neither imported nor defined at the top level: {name}")


def _defined(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            yield from (child.id for child in ast.walk(node) if isinstance(child, ast.Name) and _is_stored(child))


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _statements(entries: Iterable[Import], margin: str) -> str:
    sections: dict[int, dict[tuple[bool, str], list[Import]]] = {}
    for entry in entries:
        modules = sections.setdefault(_section(entry.module), {})
        modules.setdefault((entry.name is not None, entry.module), []).append(entry)
    return "\n".join(
        "".join(_statement(modules[key], margin) for key in sorted(modules, key=lambda key: (key[0], key[1].lower())))
        for _, modules in sorted(sections.items())
    )


def _section(module: str) -> int:
    """Return the place of a module's section: the standard library, others, this package."""
    root = module.partition(".")[0]
    return 0 if root in sys.stdlib_module_names else 2 if root == PACKAGE else 1


def _statement(entries: list[Import], margin: str) -> str:
    if entries[0].name is None:
        return "".join(f"{margin}import {entry.text}\n" for entry in entries)
    start = f"{margin}from {entries[0].module} import "
    texts = [entry.text for entry in sorted(entries, key=_member_order)]
    line = start + ", ".join(texts)
    if len(line) <= LINE_LENGTH:
        return f"{line}\n"
    return f"{start}(\n" + "".join(f"{margin}    {text},\n" for text in texts) + f"{margin})\n"


def _member_order(entry: Import) -> tuple[int, str]:
    """Put constants first, then classes, then the rest."""
    name = str(entry.name)
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name.lower())
