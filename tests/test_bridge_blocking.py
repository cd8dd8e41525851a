"""The warning where a sync call blocks the event loop of its own thread."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from imagine_async.bridge.blocking import BlockingCallWarning
from imagine_async.bridge.calls import run
from imagine_async.bridge.iteration import iterate

FACADE = """
class Imagine:
    def text_to_image(self, prompt):
        return self.send(prompt)

    def send(self, prompt):
        return run(lambda: answer(prompt))

    def generate_many(self, count):
        return iterate(lambda _: answers(count))

    def close(self):
        return run(lambda: answer("closed"))
"""


async def answer(prompt: str) -> str:
    await anyio.sleep(0)
    return prompt


async def answers(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


def facade(module: str = "imagine_async.sync") -> Any:
    """Make a client that belongs to a module of ours."""
    names: dict[str, Any] = {
        "__name__": module,
        "run": run,
        "iterate": iterate,
        "answer": answer,
        "answers": answers,
    }
    exec(FACADE, names)
    return names["Imagine"]()


@pytest.fixture(params=["asyncio", "trio"])
def in_loop(request: pytest.FixtureRequest) -> Callable[[Callable[[], Any]], Any]:
    """Call a function within a running event loop."""

    def call(function: Callable[[], Any]) -> Any:
        async def main() -> Any:
            return function()

        return anyio.run(main, backend=request.param)

    return call


@pytest.fixture
def seen() -> Iterator[list[warnings.WarningMessage]]:
    """Collect the warnings that Python's own filter lets through: each once for each place."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        yield seen


InLoop = Callable[[Callable[[], Any]], Any]


def test_warning_names_the_line_to_write_instead(in_loop: InLoop, seen: list[warnings.WarningMessage]) -> None:
    """It stands at the user's line and says which method blocks what, and what to write."""
    assert in_loop(lambda: facade().text_to_image("a fox")) == "a fox"
    here = inspect.currentframe()
    assert here is not None
    line = here.f_lineno - 3
    (warning,) = seen
    assert warning.category is BlockingCallWarning
    assert (warning.filename, warning.lineno) == (__file__, line)
    text = str(warning.message)
    assert "text_to_image() of the sync client blocks the" in text
    assert "`await AsyncImagine(...).text_to_image(...)`" in text


@pytest.mark.parametrize(("backend", "name"), [("asyncio", "the asyncio event loop"), ("trio", "the trio event loop")])
def test_warning_names_the_loop(backend: str, name: str, seen: list[warnings.WarningMessage]) -> None:
    """It names the library whose loop stands still."""

    async def main() -> None:
        facade().send("a fox")

    anyio.run(main, backend=backend)
    assert name in str(seen[0].message)


def test_warning_of_an_iteration(in_loop: InLoop, seen: list[warnings.WarningMessage]) -> None:
    """Where items are iterated over, so they are in the line to write instead."""
    assert in_loop(lambda: list(facade().generate_many(3))) == [0, 1, 2]
    assert [
        str(warning.message).count("`async for ... in AsyncImagine(...).generate_many(...)`") for warning in seen
    ] == [1]


def test_warning_of_the_sub_client(in_loop: InLoop, seen: list[warnings.WarningMessage]) -> None:
    """A call of the first version is written through its sub-client."""
    in_loop(lambda: facade("imagine_async.sync_calls.v1").send("a fox"))
    assert "`await AsyncImagine(...).v1.send(...)`" in str(seen[0].message)


def test_once_for_each_call_site(in_loop: InLoop, seen: list[warnings.WarningMessage]) -> None:
    """A loop over a thousand calls warns once; another line warns again."""

    def calls() -> None:
        client = facade()
        for _ in range(5):
            client.send("a fox")
        client.send("another fox")

    in_loop(calls)
    assert len(seen) == 2


def test_silent_without_a_loop(seen: list[warnings.WarningMessage]) -> None:
    """Sync code calls without a warning."""
    assert facade().send("a fox") == "a fox"
    assert list(facade().generate_many(2)) == [0, 1]
    assert seen == []


def test_silent_in_a_worker_thread(seen: list[warnings.WarningMessage]) -> None:
    """A thread that an event loop has started blocks nobody, although it has the loop's context variables."""

    async def main() -> str:
        answered: str = await anyio.to_thread.run_sync(facade().send, "a fox")
        return answered

    assert [anyio.run(main, backend=backend) for backend in ("asyncio", "trio")] == ["a fox"] * 2
    assert seen == []


def test_silent_where_an_iterator_is_only_made(seen: list[warnings.WarningMessage]) -> None:
    """Who makes an iterator within a loop and iterates in a worker thread blocks nobody."""

    async def main() -> list[int]:
        numbers: Iterator[int] = facade().generate_many(3)
        return await anyio.to_thread.run_sync(lambda: list(numbers))

    assert anyio.run(main) == [0, 1, 2]
    assert seen == []


@pytest.mark.parametrize("notebook", [True, False])
def test_silent_in_a_notebook(
    notebook: bool, in_loop: InLoop, seen: list[warnings.WarningMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In IPython, where cells run within a loop, the sync client is right; that IPython is loaded proves nothing."""
    shell = object() if notebook else None
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    in_loop(lambda: facade().send("a fox"))
    assert len(seen) == (0 if notebook else 1)


def test_modules_that_are_being_imported(
    in_loop: InLoop, seen: list[warnings.WarningMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Libraries that another thread has half imported do not break a call."""

    def call() -> None:
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "IPython", SimpleNamespace())
            facade().send("a fox")
            patch.setitem(sys.modules, "asyncio.events", SimpleNamespace())
            patch.setitem(sys.modules, "trio.lowlevel", SimpleNamespace())
            facade().send("another fox")

    in_loop(call)
    assert len(seen) == 1


def test_silent_when_closing(in_loop: InLoop, seen: list[warnings.WarningMessage]) -> None:
    """What takes no time is not worth a warning."""
    assert in_loop(lambda: facade().close()) == "closed"
    assert seen == []


def test_silent_for_the_bridge_itself(in_loop: InLoop, seen: list[warnings.WarningMessage]) -> None:
    """Who uses the bridge without the client knows what it does."""
    assert in_loop(lambda: run(lambda: answer("a fox"))) == "a fox"
    assert in_loop(lambda: list(iterate(lambda _: answers(2)))) == [0, 1]
    assert seen == []


def test_as_an_error(in_loop: InLoop) -> None:
    """Turned into an error, the warning comes before anything was begun."""
    begun: list[str] = []

    def call() -> None:
        client = facade()
        type(client).send.__globals__["answer"] = begun.append
        client.send("a fox")

    with pytest.raises(BlockingCallWarning):
        in_loop(call)
    with pytest.raises(BlockingCallWarning):
        in_loop(lambda: next(facade().generate_many(1)))
    run(lambda: answer("settled"))
    assert begun == []


def test_own_loop_thread_is_an_error_and_no_warning() -> None:
    """On its own loop thread the client would wait for itself: that is no matter of warnings."""

    async def hook() -> None:
        facade().send("a fox")

    async def iterating_hook() -> None:
        list(facade().generate_many(1))

    for wrong in (hook, iterating_hook):
        with pytest.raises(RuntimeError, match="on its own event-loop thread"):
            run(wrong)
