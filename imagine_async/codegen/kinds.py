"""The kinds of method that the generator understands, and the statements of each in the sync client."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from imagine_async.codegen.methods import ASYNC_NAME, SYNC_NAME, CodegenError, Function, Method

__all__ = ["find_method"]

CLIENT = "self._client.get()"
RESERVED = {ASYNC_NAME, "PerProcess", "client", "feed", "iterate", "run"}
"""Names that the statements use, and that no parameter may hide."""

_ITERATOR = re.compile(r"AsyncIterator\[.*\]|AsyncGenerator\[.*, None\]")
_ASYNC_TYPE = re.compile(r"\b(?:Abstract)?Async\w+|\b(?:Awaitable|Coroutine|Future|Self)\b")


def find_method(node: Function, source: str) -> Method | None:
    """Find out of which kind a method is.

    Args:
        node: A method of the async client.
        source: The text of the module.

    Returns:
        The method with its statements, or `None` if it is private.

    Raises:
        CodegenError: It is public and of no known kind.
    """
    if node.name in SPECIAL:
        method = SPECIAL[node.name](node, source)
    elif not node.name.startswith("_"):
        method = _public(node, source)
    elif node.name.endswith("__"):
        raise CodegenError(node, "is a special method without a sync form")
    else:
        return None
    for argument in _arguments(node):
        if argument.arg in RESERVED:
            raise CodegenError(node, f"has a parameter of a name that the sync client needs: {argument.arg}")
    return method


def _public(node: Function, source: str) -> Method:
    match [ast.unparse(decorator) for decorator in node.decorator_list]:
        case []:
            return _asynchronous(node, source) if isinstance(node, ast.AsyncFunctionDef) else _plain(node, source)
        case ["overload"]:
            return Method(node, source, lambda method: "...")
        case ["property"]:
            return _property(node, source)
        case ["classmethod"]:
            return _constructor(node, source)
        case decorators:
            raise CodegenError(node, f"is decorated in a way that has no sync form: {', '.join(decorators)}")


def _asynchronous(node: Function, source: str) -> Method:
    if _yields(node):
        return _iteration(node, source)
    _refuse_async_result(node)
    if any(_is_lazy(argument) for argument in _arguments(node)):
        raise CodegenError(node, "takes a lazy iterable, which only a method that yields can take from the caller")
    return Method(node, source, _run, "run")


def _plain(node: Function, source: str) -> Method:
    if _ITERATOR.fullmatch(_returns(node)):
        return _iteration(node, source)
    _refuse_async_result(node)
    return Method(node, source, lambda method: method.call("return ", f"{CLIENT}.{node.name}"))


def _property(node: Function, source: str) -> Method:
    _refuse_async_result(node)
    return Method(node, source, lambda method: f"        return {CLIENT}.{node.name}\n")


def _iteration(node: Function, source: str) -> Method:
    if not _ITERATOR.fullmatch(_returns(node)):
        raise CodegenError(node, f"yields, and returns no AsyncIterator or AsyncGenerator[..., None]: {_returns(node)}")
    for argument in _arguments(node):
        if _is_lazy(argument) and "AsyncIterable" not in _names(argument):
            raise CodegenError(node, f"is to take an AsyncIterable for {argument.arg} as well")
    return Method(node, source, _iterate, "iterate")


def _constructor(node: Function, source: str) -> Method:
    if isinstance(node, ast.AsyncFunctionDef) or _returns(node) not in {ASYNC_NAME, "Self"}:
        raise CodegenError(node, "is a class method that does not make a client")
    return Method(node, source, _alternative, "PerProcess")


def _run(method: Method) -> str:
    return method.call("return run(lambda: ", f"{CLIENT}.{method.node.name}", ")")


def _iterate(method: Method) -> str:
    return method.call("return iterate(lambda feed: ", f"{CLIENT}.{method.node.name}", ")", fed=_lazy(method))


def _construct(method: Method) -> str:
    return method.call("self._client = PerProcess(lambda: ", ASYNC_NAME, ")")


def _alternative(method: Method) -> str:
    made = method.call("client._client = PerProcess(lambda: ", f"{ASYNC_NAME}.{method.node.name}", ")")
    return f"        client = cls.__new__(cls)\n{made}        return client\n"


def _enter(method: Method) -> str:
    return f"        run(lambda: {CLIENT}.__aenter__())\n        return self\n"


def _tell(method: Method) -> str:
    return f'        return repr({CLIENT}).replace("{ASYNC_NAME}", "{SYNC_NAME}", 1)\n'


SPECIAL = {
    "__init__": lambda node, source: Method(node, source, _construct, "PerProcess"),
    "__aenter__": lambda node, source: Method(node, source, _enter, "run"),
    "__aexit__": lambda node, source: Method(node, source, _run, "run"),
    "__repr__": lambda node, source: Method(node, source, _tell),
}


def _lazy(method: Method) -> frozenset[str]:
    """Return the parameters that the caller may give a lazy iterable for."""
    return frozenset(argument.arg for argument in _arguments(method.node) if _is_lazy(argument))


def _is_lazy(argument: ast.arg) -> bool:
    return bool(_names(argument) & {"Iterable", "Iterator"})


def _arguments(node: Function) -> Iterator[ast.arg]:
    return (argument for argument in ast.walk(node.args) if isinstance(argument, ast.arg))


def _refuse_async_result(node: Function) -> None:
    if _ASYNC_TYPE.search(_returns(node)):
        raise CodegenError(node, f"returns something that sync code cannot use: {_returns(node)}")


def _returns(node: Function) -> str:
    if node.returns is None:
        raise CodegenError(node, "has no return annotation")
    return ast.unparse(node.returns)


def _names(argument: ast.arg) -> set[str]:
    return {node.id for node in ast.walk(argument) if isinstance(node, ast.Name)}


def _yields(node: ast.AST) -> bool:
    return any(isinstance(child, ast.Yield) for child in _own_nodes(node))


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Iterate over what stands in a function, without the functions in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child
            yield from _own_nodes(child)
