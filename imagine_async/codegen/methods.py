"""The head of a sync method: the async method's decorators, parameters, annotations and docstring, as they stand."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Set
from typing import TypeAlias

from attrs import frozen

from imagine_async.codegen.docstrings import docstring
from imagine_async.codegen.errors import CodegenError
from imagine_async.codegen.units import Unit

__all__ = ["LINE_LENGTH", "SYNC_HANDLES", "SYNC_TYPES", "Body", "Function", "Method", "exploded"]

SYNC_METHODS = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}
SYNC_TYPES = {"AsyncIterator": "Iterator", "AsyncGenerator": "Generator"}
"""What takes the place of a name in return annotations, beside the names of the async classes."""

SYNC_HANDLES = {"AsyncBatch": "Batch"}
"""What a method hands out to be iterated over and told what to do; its sync form is written by hand."""

LINE_LENGTH = 120

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Body: TypeAlias = "Callable[[Method], str]"


@frozen
class Method:
    """One method of an async class, and how its sync form is written.

    Args:
        node: The async class's method.
        unit: The file that it stands in.
        body: Makes the sync method's statements; `...` stands on the line of the head.
        uses: The names that the statements use, beside those of the head.
    """

    node: Function
    unit: Unit
    body: Body
    uses: Set[str] = frozenset()

    @property
    def returns(self) -> str:
        """The return annotation of the sync method."""
        if self.node.returns is None:
            raise CodegenError(self.node, "has no return annotation")
        returns = _renamed(
            self.unit.source_of(self.node.returns), {**SYNC_TYPES, **SYNC_HANDLES, **self.unit.sync_names}
        )
        return re.sub(r"^(Generator\[.*), None\]$", r"\1, None, None]", returns, flags=re.DOTALL)

    def render(self) -> str:
        """Return the text of the sync method."""
        decorators = "".join(f"    @{self.unit.source_of(node)}\n" for node in self.node.decorator_list)
        name = SYNC_METHODS.get(self.node.name, self.node.name)
        head = f"{decorators}    def {name}({self._parameters()}) -> {self.returns}:"
        body = self.body(self)
        return f"{head} ...\n" if body == "..." else f"{head}\n{docstring(self.node, self.unit) or ''}{body}"

    def arguments(self) -> Iterator[ast.arg]:
        """Iterate over the parameters, but not `self` or `cls`."""
        given = self.node.args
        yield from [*given.posonlyargs, *given.args][1:]
        yield from filter(None, (given.vararg, *given.kwonlyargs, given.kwarg))

    def names(self) -> set[str]:
        """Return the names that the head uses in the sync class."""
        given = self.node.args
        annotations = [argument.annotation for argument in self.arguments() if argument.annotation is not None]
        kept = [*self.node.decorator_list, *given.defaults, *filter(None, given.kw_defaults), *annotations]
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
        arguments = list(self._passed(fed))
        whole = f"        {start}{target}({', '.join(arguments)}){end}\n"
        if len(whole) <= LINE_LENGTH + 1:
            return whole
        if not end:
            return exploded(start + target, arguments, 8)
        opening, _, rest = start.partition("(")
        inner = f"            {rest}{target}({', '.join(arguments)})\n"
        if len(inner) > LINE_LENGTH + 1:
            inner = exploded(rest + target, arguments, 12)
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
        text = self.unit.source_of(argument)
        return text if default is None else f"{text} = {self.unit.source_of(default)}"

    def _passed(self, fed: frozenset[str]) -> Iterator[str]:
        given = self.node.args
        for argument in [*given.posonlyargs, *given.args][1:]:
            yield _fed(argument.arg, fed)
        if given.vararg:
            yield f"*{given.vararg.arg}"
        for argument in given.kwonlyargs:
            yield f"{argument.arg}={_fed(argument.arg, fed)}"
        if given.kwarg:
            yield f"**{given.kwarg.arg}"


def exploded(target: str, arguments: list[str], margin: int) -> str:
    """Return a call, or the head of a class, with a line for each argument.

    Args:
        target: What stands before the bracket.
        arguments: What stands in the brackets.
        margin: Spaces before it.
    """
    lines = "".join(f"{' ' * (margin + 4)}{argument},\n" for argument in arguments)
    return f"{' ' * margin}{target}(\n{lines}{' ' * margin})\n"


def _renamed(text: str, names: Mapping[str, str]) -> str:
    return re.sub(r"\w+", lambda word: names.get(word[0], word[0]), text)


def _fed(name: str, fed: frozenset[str]) -> str:
    return f"feed({name})" if name in fed else name
