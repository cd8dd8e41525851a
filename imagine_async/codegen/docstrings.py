"""Docstrings of the async classes, for the sync ones: the same text, with the examples in sync spelling."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from imagine_async.codegen.units import Role, Unit

__all__ = ["class_docstring", "docstring", "to_sync_code"]

CLASS_INTRODUCTION = '''\
    """A client of the Imagine API, for code that does not await: scripts, threads, Django, notebooks.

    It does what `AsyncImagine` does, on one event-loop thread for the whole process. Any number of threads may share
    it, and a forked child gets connections of its own. Ctrl-C cancels what the interrupted thread waits for.
'''

_EXAMPLE = re.compile(r"(Examples?:|.*::)$")
_SECTION = re.compile(r"^ {4}(Args|Attributes|Raises|Examples?):$", re.MULTILINE)
_ARGUMENTS = re.compile(r"\n {4}Args:\n(?: {5,}.*\n|\n(?= {5}))*")
_ASYNC_WORD = re.compile(r"\b(?:async|await) ")
_ASYNC_TWIN = re.compile(r"\.a(close|save)\(")


def docstring(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, unit: Unit) -> str | None:
    """Return the lines of a docstring, ready to stand in the sync class.

    Args:
        node: Whose docstring.
        unit: The file that it stands in.

    Returns:
        The lines with indentation and quotes, or `None` if there is no docstring.
    """
    if ast.get_docstring(node) is None:
        return None
    literal = unit.source_of(node.body[0])
    return " " * node.body[0].col_offset + _rewrite_examples(literal, unit.sync_names) + "\n"


def class_docstring(unit: Unit) -> str:
    """Return the docstring of a sync class; empty if the async class has none.

    That of the client has an introduction of its own, and the sections of the async one's. A sub-client's says nothing
    of arguments, because the client makes it.

    Args:
        unit: The file of the async class.
    """
    text = docstring(unit.node, unit) or ""
    if unit.role is Role.CLIENT:
        section = _SECTION.search(text)
        return CLASS_INTRODUCTION + ("\n" + text[section.start() :] if section else '    """\n')
    return _without_arguments(text) if unit.role is Role.SUB_CLIENT else text


def _without_arguments(text: str) -> str:
    shorter = _ARGUMENTS.sub("", text)
    return shorter if "\n\n" in shorter else shorter.replace('\n    """', '"""')


def _rewrite_examples(text: str, names: Mapping[str, str]) -> str:
    """Rewrite the indented lines beneath `Example:`, `Examples:` or a line that ends in `::`; prose stays as it is."""
    lines: list[str] = []
    margin: int | None = None
    for line in text.split("\n"):
        indentation = len(line) - len(line.lstrip())
        if margin is not None and line.strip() and indentation <= margin:
            margin = None
        lines.append(line if margin is None else to_sync_code(line, names))
        if margin is None and _EXAMPLE.match(line.strip()):
            margin = indentation
    return "\n".join(lines)


def to_sync_code(line: str, names: Mapping[str, str]) -> str:
    """Return a line of example code in sync spelling.

    Args:
        line: A line that uses the async client.
        names: The sync classes by the names of the async ones.
    """
    bare = _ASYNC_TWIN.sub(r".\1(", _ASYNC_WORD.sub("", line))
    return re.sub(r"\w+", lambda word: names.get(word[0], word[0]), bare)
