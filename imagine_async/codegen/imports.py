"""The imports of a sync class: those of the async class's that it needs, in the order that isort gives them."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator, Mapping, Set

from attrs import evolve, frozen

from imagine_async.codegen.errors import CodegenError
from imagine_async.codegen.methods import LINE_LENGTH, SYNC_TYPES, Method
from imagine_async.codegen.units import PACKAGE, Unit

__all__ = ["render_imports"]

BRIDGES = {"PerProcess": "bridge.loop_thread", "iterate": "bridge.iteration", "run": "bridge.calls"}
HANDLES = {"Batch": "batch.sync_handle"}
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


def render_imports(unit: Unit, methods: Iterable[Method], *, used: Set[str], hinted: Set[str]) -> str:
    """Write the imports.

    Args:
        unit: The file of the async class.
        methods: The methods of the sync class.
        used: The names that the class uses beside those of its methods.
        hinted: The names of async classes that only its annotations use.

    Returns:
        The statements; what only type checkers need stands beneath `if TYPE_CHECKING:`, as it does in the file.

    Raises:
        CodegenError: A name comes from nowhere, or from two places.
    """
    known = {entry.bound: entry for entry in _imports(unit.tree.body)}
    needed: dict[str, Import] = {}
    for method in methods:
        for name in method.names():
            _add(needed, _of_head(name, known, method), method.node)
        for name in method.uses:
            _add(needed, _of_statement(name, known, unit), method.node)
    for name in used | hinted:
        _add(needed, evolve(_of_statement(name, known, unit), typing_only=name in hinted), unit.node)
    return _sorted_imports(needed.values())


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


def _add(needed: dict[str, Import], entry: Import | None, node: ast.AST) -> None:
    """Add an import; what is needed at run time as well is not for type checkers alone."""
    if entry is None:
        return
    other = needed.setdefault(entry.bound, entry)
    if evolve(other, typing_only=False) != evolve(entry, typing_only=False):
        raise CodegenError(node, f"needs a name from two places, {other.module} and {entry.module}: {entry.bound}")
    if not entry.typing_only:
        needed[entry.bound] = entry


def _of_head(name: str, known: Mapping[str, Import], method: Method) -> Import | None:
    """Find a name of a method's head; builtins, and classes whose import is up to the statements, have none."""
    if name in known:
        return known[name]
    if hasattr(builtins, name) or name in {*method.unit.sync_names.values(), *HANDLES}:
        return None
    if name in SYNC_ORIGINS:  # `Iterator` comes from where `AsyncIterator` does.
        return evolve(known[SYNC_ORIGINS[name]], name=name)
    if name in _defined(method.unit.tree):
        return Import(method.unit.module, name)
    raise CodegenError(method.node, f"uses a name that is neither imported nor defined at the top level: {name}")


def _of_statement(name: str, known: Mapping[str, Import], unit: Unit) -> Import:
    """Find a name that the generator itself has written, and that is needed at run time."""
    if name in BRIDGES | HANDLES:
        return Import(f"{PACKAGE}.{(BRIDGES | HANDLES)[name]}", name)
    if name in unit.family:
        return Import(unit.family[name].module, name)
    for other in unit.family.values():
        if name == other.sync_name:
            return Import(other.sync_module, name)
    return evolve(known[name], typing_only=False)


def _defined(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            yield from (child.id for child in ast.walk(node) if isinstance(child, ast.Name) and _is_stored(child))


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _sorted_imports(entries: Iterable[Import]) -> str:
    needed = list(entries)
    if any(entry.typing_only for entry in needed):
        needed.append(Import("typing", "TYPE_CHECKING"))
    now = _statements((entry for entry in needed if not entry.typing_only), "")
    later = _statements((entry for entry in needed if entry.typing_only), "    ")
    return now + (f"\nif TYPE_CHECKING:\n{later}" if later else "")


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
