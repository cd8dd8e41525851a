"""Writes `sync.py`, class `Imagine`, from `client.py`, class `AsyncImagine`: `python -m imagine_async.codegen`.

The text that it writes leaves nothing for a formatter to change, so no formatter's version shows in it. What it does
not understand is an error, never left out. `--check` compares the whole file and writes nothing.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from pathlib import Path

from imagine_async.codegen.docstrings import class_docstring
from imagine_async.codegen.imports import render_imports
from imagine_async.codegen.kinds import find_method
from imagine_async.codegen.methods import ASYNC_NAME, SYNC_NAME, CodegenError, Method

__all__ = ["SOURCE", "TARGET", "check", "main", "render", "write"]

SOURCE = Path(__file__).parent.with_name("client.py")
TARGET = Path(__file__).parent.with_name("sync.py")

HEADER = f'''\
# Generated from client.py by `python -m imagine_async.codegen`; do not edit.
"""The sync client: `{SYNC_NAME}` does what `{ASYNC_NAME}` does, for code that does not await."""

from __future__ import annotations

'''


def render(source: str) -> str:
    """Make the text of the sync client.

    Args:
        source: The text of the module with the async client.

    Returns:
        The text of the module with the sync client.

    Raises:
        CodegenError: The async client has something public that has no sync form yet.
    """
    module = ast.parse(source)
    client = _find_client(module)
    methods = list(_methods(client, source))
    if not any(method.node.name == "__init__" for method in methods):
        raise CodegenError(client, "has no `__init__` to make the client with")
    blocks = [class_docstring(client, source), *(method.render() for method in methods)]
    imports = render_imports(module, methods)
    return f'{HEADER}{imports}\n__all__ = ["{SYNC_NAME}"]\n\n\nclass {SYNC_NAME}:\n' + "\n".join(blocks)


def _find_client(module: ast.Module) -> ast.ClassDef:
    for node in module.body:
        if isinstance(node, ast.ClassDef) and node.name == ASYNC_NAME:
            if node.bases or node.keywords or node.decorator_list:
                raise CodegenError(node, "inherits or is decorated: what that adds cannot be seen here")
            return node
    raise CodegenError(module, f"no class {ASYNC_NAME} at the top level")


def _methods(client: ast.ClassDef, source: str) -> Iterator[Method]:
    for node in client.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            method = find_method(node, source)
            if method is not None:
                yield method
        elif not (_is_docstring(node) or _is_private(node)):
            raise CodegenError(node, "is neither a method nor private")


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_private(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return bool(targets) and all(isinstance(target, ast.Name) and target.id.startswith("_") for target in targets)


def write() -> None:
    """Write the sync client beside the async one."""
    TARGET.write_text(render(SOURCE.read_text("utf-8")), "utf-8")


def check() -> str:
    """Compare the sync client on disk with what would be written.

    Returns:
        The differences, as a unified diff; empty if there are none.
    """
    wanted = render(SOURCE.read_text("utf-8")).splitlines(keepends=True)
    found = TARGET.read_text("utf-8").splitlines(keepends=True) if TARGET.exists() else []
    return "".join(unified_diff(found, wanted, str(TARGET), f"{TARGET} (generated)"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line, without the program's name; `None` takes the process's.

    Returns:
        The exit status: 1 if `--check` found a difference.
    """
    parser = argparse.ArgumentParser(
        prog="python -m imagine_async.codegen", description="Write sync.py from client.py."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if sync.py is not up to date")
    if not parser.parse_args(arguments).check:
        write()
        return 0
    difference = check()
    sys.stdout.write(difference)
    return 1 if difference else 0
