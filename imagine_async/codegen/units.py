"""What is generated from what: each file with an async class becomes a file with the sync class of the same rank."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from enum import Enum, auto

from attrs import field, frozen

from imagine_async.codegen.errors import CodegenError, errors_of

__all__ = ["ASYNC_NAME", "CALLS", "PACKAGE", "SOURCE", "SYNC_CALLS", "SYNC_NAME", "Role", "Unit", "find_units"]

PACKAGE = "imagine_async"
SOURCE, TARGET = "client.py", "sync.py"
CALLS, SYNC_CALLS = "calls/", "sync_calls/"
"""Where the client stands, and where what it inherits and what it leads to; all from the package's folder."""

ASYNC_NAME, SYNC_NAME = "AsyncImagine", "Imagine"
ABSTRACT_NAME = "AsyncCalls"
"""The base of what the client inherits; it holds nothing that users call, so nothing takes its place."""

_PREFIX = "Async"
_NOT_UNITS = {f"{CALLS}__init__.py", f"{CALLS}base.py"}


class Role(Enum):
    """What an async class is to the client."""

    CLIENT = auto()
    PART = auto()
    SUB_CLIENT = auto()


@frozen(eq=False)
class Unit:
    """A file of the async client, with its class.

    Args:
        path: The file, from the package's folder.
        text: What it says.
        tree: The same, parsed.
        node: The class.
        family: All units, by the names of their async classes.
    """

    path: str
    text: str = field(repr=False)
    tree: ast.Module = field(repr=False)
    node: ast.ClassDef = field(repr=False)
    family: Mapping[str, Unit] = field(repr=False)

    @property
    def name(self) -> str:
        """The name of the async class."""
        return self.node.name

    @property
    def sync_name(self) -> str:
        """The name of the sync class."""
        return self.name.removeprefix(_PREFIX)

    @property
    def target(self) -> str:
        """The file of the sync class, from the package's folder."""
        return TARGET if self.path == SOURCE else SYNC_CALLS + self.path.removeprefix(CALLS)

    @property
    def module(self) -> str:
        """Where the async class is imported from."""
        return _module(self.path)

    @property
    def sync_module(self) -> str:
        """Where the sync class is imported from."""
        return _module(self.target)

    @property
    def role(self) -> Role:
        """What the class is to the client: it inherits from parts, and sub-clients are made with it."""
        if self.name == ASYNC_NAME:
            return Role.CLIENT
        return Role.SUB_CLIENT if self.has_constructor else Role.PART

    @property
    def has_constructor(self) -> bool:
        """Whether the class says itself how it is made."""
        return any(isinstance(node, ast.FunctionDef) and node.name == "__init__" for node in self.node.body)

    @property
    def bases(self) -> list[Unit]:
        """The units that the class inherits from.

        Raises:
            CodegenError: It is decorated or inherits from something else: what that adds cannot be seen here.
        """
        if self.node.keywords or self.node.decorator_list:
            raise CodegenError(self.node, "is decorated or has a metaclass: what that adds cannot be seen here")
        names = [name for name in map(ast.unparse, self.node.bases) if name != ABSTRACT_NAME]
        for name in names:
            if name not in self.family or self.family[name].role is not Role.PART:
                raise CodegenError(self.node, f"inherits from what has no sync form: {name}")
        return [self.family[name] for name in names]

    @property
    def sync_names(self) -> dict[str, str]:
        """The names of all sync classes by those of the async ones."""
        return {name: unit.sync_name for name, unit in self.family.items()}

    def source_of(self, node: ast.AST) -> str:
        """Return the text of a part of the file, as it stands there.

        Args:
            node: A part of the tree.
        """
        text = ast.get_source_segment(self.text, node)
        assert text is not None  # `ast.parse` gives every node its place.
        return text


def find_units(sources: Mapping[str, str]) -> list[Unit]:
    """Find the async classes.

    Args:
        sources: The texts of the files by path, from the package's folder: the client's, and those of `calls/`. Files
            without a public class whose name begins with `Async` are passed over.

    Returns:
        The units; the client first, the others by path.

    Raises:
        CodegenError: There is no client, or a file has several such classes, or a name is taken twice.
    """
    family: dict[str, Unit] = {}
    for path in sorted(sources.keys() - _NOT_UNITS, key=lambda path: (path != SOURCE, path)):
        tree = ast.parse(sources[path], path)
        with errors_of(path):
            for node in _async_class(tree, path):
                if node.name in family:
                    raise CodegenError(node, f"has the name of a class in {family[node.name].path}")
                family[node.name] = Unit(path, sources[path], tree, node, family)
    return list(family.values())


def _async_class(tree: ast.Module, path: str) -> Iterator[ast.ClassDef]:
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.startswith(_PREFIX)]
    if path == SOURCE and ASYNC_NAME not in {node.name for node in classes}:
        raise CodegenError(tree, f"no class {ASYNC_NAME} at the top level")
    if len(classes) > 1:
        raise CodegenError(classes[1], f"is not alone: {classes[0].name} is to have a file of its own")
    return iter(classes)


def _module(path: str) -> str:
    return f"{PACKAGE}.{path.removesuffix('.py').replace('/', '.')}"
