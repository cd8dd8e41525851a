"""The one error of the generator."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["CodegenError", "errors_of"]


class CodegenError(Exception):
    """The async client has something that the generator does not understand.

    Args:
        node: Where.
        problem: What.
        path: The file, from the package's folder; `errors_of` adds it.
    """

    def __init__(self, node: ast.AST, problem: str, path: str = "?") -> None:
        name, line = getattr(node, "name", type(node).__name__), getattr(node, "lineno", 1)
        super().__init__(f"{path}, line {line}: {name} {problem}")
        self.node = node
        self.problem = problem


@contextmanager
def errors_of(path: str) -> Iterator[None]:
    """Have the errors of a block name a file.

    Args:
        path: The file that the block is about, from the package's folder.

    Raises:
        CodegenError: What the block raised, with the file.
    """
    try:
        yield
    except CodegenError as error:
        raise CodegenError(error.node, error.problem, path) from None
