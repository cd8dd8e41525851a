"""The head of a sync method: the async method's decorators, parameters, annotations and docstring, as they stand."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from attrs import field, frozen

from imagine_async.codegen.docstrings import docstring

__all__ = ["ASYNC_NAME", "SYNC_NAME", "SYNC_TYPES", "Body", "CodegenError", "Function", "Method"]

ASYNC_NAME = "AsyncImagine"
SYNC_NAME = "Imagine"

SYNC_METHODS = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}
SYNC_TYPES = {"AsyncIterator": "Iterator", "AsyncGenerator": "Generator", ASYNC_NAME: SYNC_NAME}
"""What takes the place of a name in return annotations; in others only the client's own name changes."""

LINE_LENGTH = 120

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Body: TypeAlias = "Callable[[Method], str]"


class CodegenError(Exception):
    """The async client has something that the generator does not understand.

    Args:
        node: Where.
        problem: What.
    """

    def __init__(self, node: ast.AST, problem: str) -> None:
        name, line = getattr(node, "name", type(node).__name__), getattr(node, "lineno", 1)
        super().__init__(f"client.py, line {line}: {name} {problem}")


@frozen
class Method:
    """One method of the async client, and how its sync form is written.

    Args:
        node: The async client's method.
        source: The text of the module.
        body: Makes the sync method's statements; `...` stands on the line of the head.
        bridge: The name that the statements take from the bridge, if any.
    """

    node: Function
    source: str = field(repr=False)
    body: Body
    bridge: str | None = None

    @property
    def returns(self) -> str:
        """The return annotation of the sync method."""
        if self.node.returns is None:
            raise CodegenError(self.node, "has no return annotation")
        returns = _renamed(self._text(self.node.returns), SYNC_TYPES)
        return re.sub(r"^(Generator\[.*), None\]$", r"\1, None, None]", returns, flags=re.DOTALL)

    def render(self) -> str:
        """Return the text of the sync method."""
        decorators = "".join(f"    @{self._text(node)}\n" for node in self.node.decorator_list)
        name = SYNC_METHODS.get(self.node.name, self.node.name)
        head = f"{decorators}    def {name}({self._parameters()}) -> {self.returns}:"
        body = self.body(self)
        return f"{head} ...\n" if body == "..." else f"{head}\n{docstring(self.node, self.source) or ''}{body}"

    def annotations(self) -> Iterator[ast.expr]:
        """Iterate over the annotations of the parameters."""
        given = self.node.args
        for argument in (*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg):
            if argument is not None and argument.annotation is not None:
                yield argument.annotation

    def names(self) -> set[str]:
        """Return the names that the head uses in the sync client."""
        given = self.node.args
        kept = [*self.node.decorator_list, *given.defaults, *filter(None, given.kw_defaults), *self.annotations()]
        returned = ast.parse(self.returns, mode="eval")
        return {node.id for tree in (*kept, returned) for node in ast.walk(tree) if isinstance(node, ast.Name)}

    def call(self, start: str, target: str, end: str = "", *, fed: frozenset[str] = frozenset()) -> str:
        """Return a statement that calls something with the very arguments of the method.

        Args:
            start: What stands before, up to the bracket that `end` closes.
            target: What to call.
            end: The closing bracket, if `start` has opened one.
            fed: The parameters that go through `feed`.
        """
        arguments = list(self._arguments(fed))
        whole = f"        {start}{target}({', '.join(arguments)}){end}\n"
        if len(whole) <= LINE_LENGTH + 1:
            return whole
        if not end:
            return _exploded(start + target, arguments, 8)
        opening, _, rest = start.partition("(")
        inner = f"            {rest}{target}({', '.join(arguments)})\n"
        if len(inner) > LINE_LENGTH + 1:
            inner = _exploded(rest + target, arguments, 12)
        return f"        {opening}(\n{inner}        {end}\n"

    def _parameters(self) -> str:
        lines = list(self._parameter_lines())
        return lines[0] if len(lines) == 1 else "\n" + "".join(f"        {line},\n" for line in lines) + "    "

    def _parameter_lines(self) -> Iterator[str]:
        given = self.node.args
        positional = [*given.posonlyargs, *given.args]
        defaults = [None] * (len(positional) - len(given.defaults)) + list(given.defaults)
        for number, (argument, default) in enumerate(zip(positional, defaults, strict=True), 1):
            yield self._parameter(argument, default)
            if number == len(given.posonlyargs):
                yield "/"
        if given.vararg:
            yield f"*{self._parameter(given.vararg)}"
        elif given.kwonlyargs:
            yield "*"
        for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
            yield self._parameter(argument, default)
        if given.kwarg:
            yield f"**{self._parameter(given.kwarg)}"

    def _parameter(self, argument: ast.arg, default: ast.expr | None = None) -> str:
        text = _renamed(self._text(argument), {ASYNC_NAME: SYNC_NAME})
        return text if default is None else f"{text} = {self._text(default)}"

    def _arguments(self, fed: frozenset[str]) -> Iterator[str]:
        given = self.node.args
        for argument in [*given.posonlyargs, *given.args][1:]:
            yield _fed(argument.arg, fed)
        if given.vararg:
            yield f"*{given.vararg.arg}"
        for argument in given.kwonlyargs:
            yield f"{argument.arg}={_fed(argument.arg, fed)}"
        if given.kwarg:
            yield f"**{given.kwarg.arg}"

    def _text(self, node: ast.AST) -> str:
        text = ast.get_source_segment(self.source, node)
        assert text is not None  # `ast.parse` gives every node its place.
        return text


def _renamed(text: str, names: Mapping[str, str]) -> str:
    return re.sub(r"\w+", lambda word: names.get(word[0], word[0]), text)


def _fed(name: str, fed: frozenset[str]) -> str:
    return f"feed({name})" if name in fed else name


def _exploded(target: str, arguments: list[str], margin: int) -> str:
    lines = "".join(f"{' ' * (margin + 4)}{argument},\n" for argument in arguments)
    return f"{' ' * margin}{target}(\n{lines}{' ' * margin})\n"
