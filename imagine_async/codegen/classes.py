"""The text of one generated file: header, imports, and the sync class."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imagine_async.codegen.docstrings import class_docstring
from imagine_async.codegen.errors import CodegenError
from imagine_async.codegen.imports import render_imports
from imagine_async.codegen.kinds import find_method
from imagine_async.codegen.methods import LINE_LENGTH, Method, exploded
from imagine_async.codegen.units import ASYNC_NAME, Role, Unit

__all__ = ["MARK", "render_unit"]

MARK = "# Generated from "
"""How a generated file begins."""

_HOLDERS = {
    Role.CLIENT: "",
    Role.PART: f"    _client: PerProcess[{ASYNC_NAME}]\n",
    Role.SUB_CLIENT: """\
    def __init__(self, client: PerProcess[{name}]) -> None:
        self._client = client
""",
}
"""How a class comes to its async object, where no method of the async class says it."""


def render_unit(unit: Unit) -> str:
    """Make the text of the file with a sync class.

    Args:
        unit: The file with the async class.

    Raises:
        CodegenError: The async class has something public that has no sync form yet.
    """
    bases = [base.sync_name for base in unit.bases]
    methods = list(_methods(unit))
    if unit.role is Role.CLIENT and not unit.has_constructor:
        raise CodegenError(unit.node, "has no `__init__` to make the client with")
    hints = {Role.CLIENT: set[str](), Role.PART: {ASYNC_NAME}, Role.SUB_CLIENT: {unit.name}}[unit.role]
    imports = render_imports(unit, methods, used={"PerProcess", *bases}, hinted=hints)
    parts = [class_docstring(unit), _HOLDERS[unit.role].format(name=unit.name), *(each.render() for each in methods)]
    head = f'__all__ = ["{unit.sync_name}"]\n\n\n{_class_line(unit.sync_name, bases)}'
    return f"{_header(unit)}{imports}\n{head}" + "\n".join(filter(None, parts))


def _header(unit: Unit) -> str:
    what = "The sync client: " if unit.role is Role.CLIENT else "Part of the sync client: "
    return f'''\
{MARK}{unit.path} by `python -m imagine_async.codegen`; do not edit.
"""{what}`{unit.sync_name}` does what `{unit.name}` does, for code that does not await."""

from __future__ import annotations

'''


def _class_line(name: str, bases: list[str]) -> str:
    line = f"class {name}({', '.join(bases)}):\n" if bases else f"class {name}:\n"
    return line if len(line) <= LINE_LENGTH + 1 else exploded(f"class {name}", bases, 0).rstrip() + ":\n"


def _methods(unit: Unit) -> Iterator[Method]:
    for node in unit.node.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            method = find_method(node, unit)
            if method is not None:
                yield method
        elif not (_is_docstring(node) or _is_private(node)):
            raise CodegenError(node, "is neither a method nor private")


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_private(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return bool(targets) and all(isinstance(target, ast.Name) and target.id.startswith("_") for target in targets)
