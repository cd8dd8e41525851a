"""Docstrings of the async client, for the sync one: the same text, with the examples in sync spelling."""

from __future__ import annotations

import ast
import re

__all__ = ["class_docstring", "docstring", "to_sync_code"]

CLASS_INTRODUCTION = '''\
    """A client of the Imagine API, for code that does not await: scripts, threads, Django, notebooks.

    It does what `AsyncImagine` does, on one event-loop thread for the whole process. Any number of threads may share
    it, and a forked child gets connections of its own. Ctrl-C cancels what the interrupted thread waits for.
'''

_EXAMPLE = re.compile(r"(Examples?:|.*::)$")
_SECTION = re.compile(r"^ {4}(Args|Attributes|Raises|Examples?):$", re.MULTILINE)
_ASYNC_WORD = re.compile(r"\b(?:async|await) ")


def docstring(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, source: str) -> str | None:
    """Return the lines of a docstring, ready to stand in the sync client.

    Args:
        node: Whose docstring.
        source: The text of the module.

    Returns:
        The lines with indentation and quotes, or `None` if there is no docstring.
    """
    if ast.get_docstring(node) is None:
        return None
    literal = ast.get_source_segment(source, node.body[0])
    assert literal is not None  # `ast.parse` gives every node its place.
    return " " * node.body[0].col_offset + _rewrite_examples(literal) + "\n"


def class_docstring(node: ast.ClassDef, source: str) -> str:
    """Return the docstring of the client's class: an introduction of its own, and the sections of the async client's.

    Args:
        node: The class.
        source: The text of the module.
    """
    text = docstring(node, source) or ""
    section = _SECTION.search(text)
    return CLASS_INTRODUCTION + ("\n" + text[section.start() :] if section else '    """\n')


def _rewrite_examples(text: str) -> str:
    """Rewrite the indented lines beneath `Example:`, `Examples:` or a line that ends in `::`; prose stays as it is."""
    lines: list[str] = []
    margin: int | None = None
    for line in text.split("\n"):
        indentation = len(line) - len(line.lstrip())
        if margin is not None and line.strip() and indentation <= margin:
            margin = None
        lines.append(line if margin is None else to_sync_code(line))
        if margin is None and _EXAMPLE.match(line.strip()):
            margin = indentation
    return "\n".join(lines)


def to_sync_code(line: str) -> str:
    """Return a line of example code in sync spelling.

    Args:
        line: A line that uses the async client.
    """
    return _ASYNC_WORD.sub("", line).replace("AsyncImagine", "Imagine").replace(".aclose()", ".close()")
