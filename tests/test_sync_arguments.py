"""The generated client hands on every argument, and every result."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from typing import Any

import pytest

from imagine_async import sync
from imagine_async.bridge.loop_thread import PerProcess
from imagine_async.config import Secret
from imagine_async.sync import Imagine
from imagine_async.sync_calls.v1 import V1
from tests.facade import PAIRS, RENAMED, function

CLASSES: dict[str, Any] = {"Imagine": Imagine, "V1": V1}


def members(kind: Any) -> list[Any]:
    """Return the methods of a kind, as arguments of a test."""
    return [
        pytest.param(title, name, id=f"{title}.{name}")
        for title, (theirs, _) in PAIRS.items()
        for name, value in theirs.items()
        if kind(value)
    ]


def is_coroutine(value: Any) -> bool:
    return inspect.iscoroutinefunction(function(value))


def is_iteration(value: Any) -> bool:
    return str(inspect.signature(function(value)).return_annotation).startswith(("AsyncIterator", "AsyncGenerator"))


class Recorder:
    """Stands for an async object, and remembers the one call that it gets."""

    def __init__(self, answer: Any = None) -> None:
        self.call: tuple[str, tuple[Any, ...], dict[str, Any]] | None = None
        self.answer = answer

    def __getattr__(self, name: str) -> Any:
        def method(*args: Any, **kwargs: Any) -> Any:
            self.call = (name, args, kwargs)
            return self.answer()

        return method


async def one_result() -> str:
    return "the result"


async def two_results() -> AsyncIterator[str]:
    yield "the first"
    yield "the second"


def call(title: str, name: str, recorder: Recorder) -> Any:
    """Call a sync method with an object of its own for each parameter, and see them arrive under their names."""
    theirs, ours = (side[name] for side in PAIRS[title])
    client = CLASSES[title].__new__(CLASSES[title])
    client._client = PerProcess(lambda: recorder)
    signature = inspect.signature(function(ours))
    bound = signature.bind(client, **{key: object() for key in list(signature.parameters)[1:]})
    result = function(ours)(*bound.args, **bound.kwargs)
    result = list(result) if is_iteration(theirs) else result
    assert recorder.call is not None
    target, args, kwargs = recorder.call
    assert RENAMED.get(target, target) == name
    arrived = inspect.signature(function(theirs)).bind(client, *args, **kwargs).arguments
    assert arrived == bound.arguments
    return result


@pytest.mark.parametrize(("title", "name"), members(is_coroutine))
def test_coroutines(title: str, name: str) -> None:
    """Every argument arrives under its own name, and the result comes back."""
    result = call(title, name, Recorder(one_result))
    assert result == "the result" or name == "__enter__"


@pytest.mark.parametrize(("title", "name"), members(is_iteration))
def test_iterations(title: str, name: str) -> None:
    """Every argument arrives under its own name, and every item comes back."""
    assert call(title, name, Recorder(two_results)) == ["the first", "the second"]


def test_there_are_calls_of_each_kind() -> None:
    """The lists above are not empty by mistake."""
    assert len(members(is_coroutine)) > 20
    assert len(members(is_iteration)) > 1


def test_derived_client() -> None:
    """Its options arrive by name, and it calls what they made."""
    other = Recorder(one_result)
    derived = call("Imagine", "with_options", Recorder(lambda: other))
    assert derived._client.get() is other
    assert derived.text_to_image("a red fox") == "the result"


def test_plain_methods() -> None:
    """What needs no waiting is asked for directly."""
    assert call("Imagine", "estimate", Recorder(lambda: "what it would cost")) == "what it would cost"


@pytest.mark.parametrize("name", ["__init__", "sandbox"])
def test_constructors(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every argument arrives under its own name, the key as a secret."""
    made: dict[str, Any] = {}
    theirs, ours = (function(side[name]) for side in PAIRS["Imagine"])

    class Stand:
        """Stands for the async class."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            made.update(inspect.signature(theirs).bind(None, *args, **kwargs).arguments)

        @classmethod
        def sandbox(cls, **kwargs: Any) -> Stand:
            return cls(**kwargs)

    monkeypatch.setattr(sync, "AsyncImagine", Stand)
    signature = inspect.signature(ours)
    given: dict[str, Any] = {key: object() for key in list(signature.parameters)[1:]}
    if "api_key" in given:
        given["api_key"] = Secret("vk-test")
    (Imagine if name == "__init__" else Imagine.sandbox)(**given)
    wanted = signature.bind(None, **given).arguments
    assert list(made.items())[1:] == list(wanted.items())[1:]
