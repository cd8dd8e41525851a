"""The kinds of method that the generator understands."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from attrs import evolve

from imagine_async.codegen import statements
from imagine_async.codegen.errors import CodegenError
from imagine_async.codegen.methods import SYNC_HANDLES, Function, Method
from imagine_async.codegen.units import Role, Unit

__all__ = ["find_method"]

_ITERATOR = re.compile(r"AsyncIterator\[.*\]|AsyncGenerator\[.*, None\]")
_ASYNC_TYPE = re.compile(r"\b(?:Abstract)?Async\w+|\b(?:Awaitable|Coroutine|Future|Self)\b")


def find_method(node: Function, unit: Unit) -> Method | None:
    """Find out of which kind a method is.

    Args:
        node: A method of the async class.
        unit: The file that it stands in.

    Returns:
        The method with its statements, or `None` if it is private, or says how a sub-client is made.

    Raises:
        CodegenError: It is public and of no known kind.
    """
    if node.name in _SPECIAL:
        method = _SPECIAL[node.name](node, unit)
    elif not node.name.startswith("_"):
        method = _public(node, unit)
    elif node.name.endswith("__"):
        raise CodegenError(node, "is a special method without a sync form")
    else:
        return None
    if method is not None:
        _check_parameters(method)
    return method


def _check_parameters(method: Method) -> None:
    family = method.unit.sync_names
    reserved = {*statements.RESERVED, *family, *family.values()}
    for argument in method.arguments():
        if argument.arg in reserved:
            raise CodegenError(method.node, f"has a parameter of a name that the sync client needs: {argument.arg}")
        if statements.names_in(argument) & family.keys():
            raise CodegenError(method.node, f"takes an async client, which sync callers do not have: {argument.arg}")


def _public(node: Function, unit: Unit) -> Method:
    match [ast.unparse(decorator) for decorator in node.decorator_list]:
        case []:
            return _asynchronous(node, unit) if isinstance(node, ast.AsyncFunctionDef) else _plain(node, unit)
        case ["overload"]:
            return Method(node, unit, lambda method: "...")
        case ["property"]:
            return _property(node, unit)
        case ["classmethod"]:
            return _alternative(node, unit)
        case decorators:
            raise CodegenError(node, f"is decorated in a way that has no sync form: {', '.join(decorators)}")


def _asynchronous(node: Function, unit: Unit) -> Method:
    if _yields(node):
        return _iteration(node, unit)
    _refuse_async_result(node)
    method = Method(node, unit, statements.run, {"run"})
    if any(map(statements.is_lazy, method.arguments())):
        raise CodegenError(node, "takes a lazy iterable, which only a method that yields can take from the caller")
    return method


def _plain(node: Function, unit: Unit) -> Method:
    if _ITERATOR.fullmatch(_returns(node)):
        return _iteration(node, unit)
    if _makes_a_client(node, unit):
        return _making(Method(node, unit, statements.derive, {"PerProcess"}))
    if _returns(node) in SYNC_HANDLES:
        return Method(node, unit, statements.handle, {SYNC_HANDLES[_returns(node)]})
    _refuse_async_result(node)
    return Method(node, unit, statements.plain)


def _property(node: Function, unit: Unit) -> Method:
    if isinstance(node, ast.AsyncFunctionDef):
        raise CodegenError(node, "is a property to await")
    result = unit.family.get(_returns(node))
    if result is not None and result.role is Role.SUB_CLIENT:
        return Method(node, unit, statements.sub_client, {"PerProcess", result.sync_name})
    _refuse_async_result(node)
    return Method(node, unit, statements.attribute)


def _iteration(node: Function, unit: Unit) -> Method:
    if not _ITERATOR.fullmatch(_returns(node)):
        raise CodegenError(node, f"yields, and returns no AsyncIterator or AsyncGenerator[..., None]: {_returns(node)}")
    method = Method(node, unit, statements.iterate, {"iterate"})
    for argument in method.arguments():
        if statements.is_lazy(argument) and "AsyncIterable" not in statements.names_in(argument):
            raise CodegenError(node, f"is to take an AsyncIterable for {argument.arg} as well")
    return method


def _alternative(node: Function, unit: Unit) -> Method:
    if isinstance(node, ast.AsyncFunctionDef) or not _makes_a_client(node, unit):
        raise CodegenError(node, "is a class method that does not make a client")
    return _making(Method(node, unit, statements.alternative, {"PerProcess", unit.name}))


def _constructor(node: Function, unit: Unit) -> Method | None:
    if unit.role is not Role.CLIENT:
        return None
    return _making(Method(node, unit, statements.construct, {"PerProcess", unit.name}))


def _making(method: Method) -> Method:
    """Return a method that makes a client, with what its statements need for the key."""
    return evolve(method, uses=method.uses | {statements.SECRET}) if statements.secrets(method) else method


def _makes_a_client(node: Function, unit: Unit) -> bool:
    return unit.role is Role.CLIENT and _returns(node) in {unit.name, "Self"}


_SPECIAL: dict[str, Callable[[Function, Unit], Method | None]] = {
    "__init__": _constructor,
    "__aenter__": lambda node, unit: Method(node, unit, statements.enter, {"run"}),
    "__aexit__": lambda node, unit: Method(node, unit, statements.run, {"run"}),
    "__repr__": lambda node, unit: Method(node, unit, statements.tell),
}


def _refuse_async_result(node: Function) -> None:
    if _ASYNC_TYPE.search(_returns(node)):
        raise CodegenError(node, f"returns something that sync code cannot use: {_returns(node)}")


def _returns(node: Function) -> str:
    if node.returns is None:
        raise CodegenError(node, "has no return annotation")
    return ast.unparse(node.returns)


def _yields(node: ast.AST) -> bool:
    return any(isinstance(child, ast.Yield) for child in _own_nodes(node))


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Iterate over what stands in a function, without the functions in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child
            yield from _own_nodes(child)
