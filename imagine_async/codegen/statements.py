"""The statements of the sync methods, one function for each kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imagine_async.codegen.errors import CodegenError
from imagine_async.codegen.methods import SYNC_HANDLES, Method

__all__ = [
    "RESERVED",
    "SECRET",
    "alternative",
    "attribute",
    "construct",
    "derive",
    "enter",
    "handle",
    "is_lazy",
    "iterate",
    "names_in",
    "plain",
    "run",
    "secrets",
    "sub_client",
    "tell",
]

SECRET = "Secret"  # noqa: S105 - the class's name
RESERVED = {"PerProcess", SECRET, "client", "feed", "iterate", "run", "type"}
"""Names that the statements use beside those of the classes, and that no parameter may hide."""

_ASYNC_CLIENT = "self._client.get()"


def run(method: Method) -> str:
    """Run a coroutine."""
    return method.call("return run(lambda: ", f"{_ASYNC_CLIENT}.{method.node.name}", ")")


def iterate(method: Method) -> str:
    """Iterate over an async iterator; lazy inputs are fed to it from the caller's thread."""
    fed = frozenset(argument.arg for argument in method.arguments() if is_lazy(argument))
    return method.call("return iterate(lambda feed: ", f"{_ASYNC_CLIENT}.{method.node.name}", ")", fed=fed)


def handle(method: Method) -> str:
    """Make the sync form of a handle, to whose iteration lazy inputs are fed from the caller's thread."""
    fed = frozenset(argument.arg for argument in method.arguments() if "AsyncIterable" in names_in(argument))
    made = SYNC_HANDLES[ast.unparse(method.node.returns or ast.Constant(None))]
    return method.call(f"return {made}(lambda feed: ", f"{_ASYNC_CLIENT}.{method.node.name}", ")", fed=fed)


def plain(method: Method) -> str:
    """Call a method that does not wait."""
    return method.call("return ", f"{_ASYNC_CLIENT}.{method.node.name}")


def attribute(method: Method) -> str:
    """Read a property."""
    return f"        return {_ASYNC_CLIENT}.{method.node.name}\n"


def sub_client(method: Method) -> str:
    """Make the sync form of a property that leads to a sub-client."""
    return f"        return {method.returns}(PerProcess(lambda: {_ASYNC_CLIENT}.{method.node.name}))\n"


def construct(method: Method) -> str:
    """Make the client's own async client."""
    return _wrapped_keys(method) + method.call("self._client = PerProcess(lambda: ", method.unit.name, ")")


def alternative(method: Method) -> str:
    """Make a client by a class method."""
    return _made(method, "cls", f"{method.unit.name}.{method.node.name}")


def derive(method: Method) -> str:
    """Make a client from this one; a subclass of the user's makes its own kind, as the async one does."""
    return _made(method, "type(self)", f"{_ASYNC_CLIENT}.{method.node.name}")


def enter(method: Method) -> str:
    """Enter the block of a context manager."""
    return f"        run(lambda: {_ASYNC_CLIENT}.__aenter__())\n        return self\n"


def tell(method: Method) -> str:
    """Show the async client under the sync one's name."""
    name, sync_name = method.unit.name, method.unit.sync_name
    return (
        '        if not hasattr(self, "_client"):\n'
        f'            return "<{sync_name} that was not made>"\n'
        f'        return repr({_ASYNC_CLIENT}).replace("{name}", "{sync_name}", 1)\n'
    )


def secrets(method: Method) -> list[ast.arg]:
    """Return the parameters that may hold a key as a bare text.

    Args:
        method: A method that makes a client.

    Raises:
        CodegenError: There is one that takes any number of them.
    """
    given = method.node.args
    for argument in filter(None, (given.vararg, given.kwarg)):
        if SECRET in names_in(argument):
            raise CodegenError(method.node, f"takes any number of secrets, which cannot be wrapped: {argument.arg}")
    return [argument for argument in method.arguments() if SECRET in names_in(argument)]


def is_lazy(argument: ast.arg) -> bool:
    """Tell whether the caller may give a lazy iterable for a parameter."""
    return bool(names_in(argument) & {"Iterable", "Iterator"})


def names_in(argument: ast.arg) -> set[str]:
    """Return the names in a parameter's annotation."""
    return {node.id for node in ast.walk(argument) if isinstance(node, ast.Name)}


def _made(method: Method, kind: str, target: str) -> str:
    made = method.call("client._client = PerProcess(lambda: ", target, ")")
    return f"{_wrapped_keys(method)}        client = {kind}.__new__({kind})\n{made}        return client\n"


def _wrapped_keys(method: Method) -> str:
    """Take the bare key out of the frame, which tracebacks show and the lambda keeps."""
    return "".join(f"        {line}\n" for line in _wrappings(method))


def _wrappings(method: Method) -> Iterator[str]:
    for argument in secrets(method):
        name, wrapped = argument.arg, f"{SECRET}.of({argument.arg})"
        optional = any(isinstance(node, ast.Constant) and node.value is None for node in ast.walk(argument))
        yield f"{name} = None if {name} is None else {wrapped}" if optional else f"{name} = {wrapped}"
