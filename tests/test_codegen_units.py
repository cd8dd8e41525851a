"""The generator on several files: what the client inherits, and what it leads to."""

from __future__ import annotations

import pytest

from imagine_async.codegen.errors import CodegenError
from imagine_async.codegen.generator import render
from tests.codegen_sources import FAMILY, PART, SUB_CLIENT

SYNC_CLIENT = '''\
# Generated from client.py by `python -m imagine_async.codegen`; do not edit.
"""The sync client: `Imagine` does what `AsyncImagine` does, for code that does not await."""

from __future__ import annotations

from imagine_async.bridge.loop_thread import PerProcess
from imagine_async.client import AsyncImagine
from imagine_async.sync_calls.drawing import DrawingCalls
from imagine_async.sync_calls.old import Old

__all__ = ["Imagine"]


class Imagine(DrawingCalls):
    """A client of the Imagine API, for code that does not await: scripts, threads, Django, notebooks.

    It does what `AsyncImagine` does, on one event-loop thread for the whole process. Any number of threads may share
    it, and a forked child gets connections of its own. Ctrl-C cancels what the interrupted thread waits for.
    """

    def __init__(
        self,
        size: int = 1,
    ) -> None:
        """Make a client."""
        self._client = PerProcess(lambda: AsyncImagine(size))

    @property
    def old(self) -> Old:
        """The old calls."""
        return Old(PerProcess(lambda: self._client.get().old))
'''
SYNC_PART = '''\
# Generated from calls/drawing.py by `python -m imagine_async.codegen`; do not edit.
"""Part of the sync client: `DrawingCalls` does what `AsyncDrawingCalls` does, for code that does not await."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagine_async.bridge.calls import run
from imagine_async.bridge.loop_thread import PerProcess
from imagine_async.results import Image

if TYPE_CHECKING:
    from imagine_async.client import AsyncImagine

__all__ = ["DrawingCalls"]


class DrawingCalls:
    """The calls that draw."""

    _client: PerProcess[AsyncImagine]

    def draw(
        self,
        prompt: str,
    ) -> Image:
        """Draw."""
        return run(lambda: self._client.get().draw(prompt))
'''
SYNC_SUB_CLIENT = '''\
# Generated from calls/old.py by `python -m imagine_async.codegen`; do not edit.
"""Part of the sync client: `Old` does what `AsyncOld` does, for code that does not await."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagine_async.bridge.calls import run
from imagine_async.bridge.loop_thread import PerProcess
from imagine_async.results import Image

if TYPE_CHECKING:
    from imagine_async.calls.old import AsyncOld

__all__ = ["Old"]


class Old:
    """The old calls."""

    def __init__(self, client: PerProcess[AsyncOld]) -> None:
        self._client = client

    def make(self) -> Image:
        """Make."""
        return run(lambda: self._client.get().make())
'''
SYNC_PACKAGE = '''\
# Generated from calls/ by `python -m imagine_async.codegen`; do not edit.
"""What the sync client can do, by kind; it comes from `imagine_async.calls`."""
'''


def test_a_family() -> None:
    """Each async class has its sync class, in a file of the same name."""
    assert render(FAMILY) == {
        "sync.py": SYNC_CLIENT,
        "sync_calls/drawing.py": SYNC_PART,
        "sync_calls/old.py": SYNC_SUB_CLIENT,
        "sync_calls/__init__.py": SYNC_PACKAGE,
    }


def with_file(path: str, text: str) -> dict[str, str]:
    """Return the family with a file of other text."""
    return {**FAMILY, path: text}


def test_files_without_an_async_class_are_passed_over() -> None:
    """Helpers, private classes, the package itself and the abstract base have no sync form."""
    more = {
        "calls/__init__.py": "class AsyncPackage: ...",
        "calls/base.py": "class AsyncCalls:\n    async def send(self): ...",
        "calls/helpers.py": "class Helper: ...\nclass _AsyncHelper: ...\ndef help(): ...",
    }
    assert render({**FAMILY, **more}) == render(FAMILY)


def test_parts_may_inherit_from_parts() -> None:
    """A base from another file is inherited and imported."""
    source = PART.replace("DrawingCalls", "PaintingCalls").replace("(AsyncCalls)", "(AsyncDrawingCalls, AsyncCalls)")
    text = render(with_file("calls/painting.py", source))["sync_calls/painting.py"]
    assert "class PaintingCalls(DrawingCalls):\n" in text
    assert "from imagine_async.sync_calls.drawing import DrawingCalls\n" in text


def test_sub_clients_may_be_shown_entered_and_iterated() -> None:
    """What the client can do as a context manager or in its `repr`, a sub-client can as well."""
    more = """
    async def __aenter__(self) -> Self:
        return self

    async def each(self) -> AsyncIterator[int]:
        yield 1

    def __repr__(self) -> str:
        return "<AsyncOld>"
"""
    names = "from collections.abc import AsyncIterator\nfrom typing import TYPE_CHECKING, Self"
    source = SUB_CLIENT.replace("from typing import TYPE_CHECKING", names) + more
    text = render(with_file("calls/old.py", source))["sync_calls/old.py"]
    assert "        run(lambda: self._client.get().__aenter__())\n        return self\n" in text
    assert "        return iterate(lambda feed: self._client.get().each())\n" in text
    assert '        return repr(self._client.get()).replace("AsyncOld", "Old", 1)\n' in text


def test_part_without_docstring() -> None:
    """The class begins with what holds its client."""
    source = PART.replace('    """The calls that draw."""\n\n', "")
    text = render(with_file("calls/drawing.py", source))["sync_calls/drawing.py"]
    assert "class DrawingCalls:\n    _client: PerProcess[AsyncImagine]\n\n    def draw(" in text


def test_what_is_imported_for_type_checkers_is_imported_for_statements() -> None:
    """A name that a statement uses is there at run time, also where the async file has it only in annotations."""
    client = FAMILY["client.py"].replace(
        "from imagine_async.calls.old import AsyncOld\n",
        "if TYPE_CHECKING:\n"
        "    from imagine_async.calls.old import AsyncOld\n"
        "    from imagine_async.config import Secret\n",
    )
    text = render(with_file("client.py", client.replace("size: int", "key: str | Secret, size: int")))["sync.py"]
    assert "\nfrom imagine_async.config import Secret\n" in text
    assert "\nfrom imagine_async.sync_calls.old import Old\n" in text
    assert "TYPE_CHECKING" not in text


def test_many_bases_stand_on_a_line_each() -> None:
    """As a formatter would write them."""
    names = [f"AsyncMany{number}{'x' * 40}" for number in range(3)]
    sources = {f"calls/many{number}.py": PART.replace("AsyncDrawingCalls", name) for number, name in enumerate(names)}
    client = FAMILY["client.py"].replace("(AsyncDrawingCalls)", f"({', '.join(names)})")
    head = "class Imagine(\n" + "".join(f"    {name.removeprefix('Async')},\n" for name in names) + "):\n"
    assert head in render({**FAMILY, **sources, "client.py": client})["sync.py"]


@pytest.mark.parametrize(
    ("path", "old", "new", "problem"),
    [
        ("client.py", "(AsyncDrawingCalls)", "(Other)", "client.py, line 8: AsyncImagine inherits from what has no"),
        (
            "client.py",
            "(AsyncDrawingCalls)",
            "(AsyncOld)",
            "AsyncImagine inherits from what has no sync form: AsyncOld",
        ),
        ("client.py", "(AsyncDrawingCalls)", "(Generic[T])", "inherits from what has no sync form: Generic[T]"),
        (
            "client.py",
            "-> AsyncOld",
            "-> AsyncDrawingCalls",
            "client.py, line 15: old returns something that sync code",
        ),
        ("client.py", "size: int", "old: AsyncOld", "__init__ takes an async client, which sync callers do not"),
        ("client.py", "size: int", "Old: int", "has a parameter of a name that the sync client needs: Old"),
        ("calls/drawing.py", "(AsyncCalls)", "(AsyncImagine)", "calls/drawing.py, line 11: AsyncDrawingCalls inherits"),
        (
            "calls/drawing.py",
            "class Async",
            "@final\nclass Async",
            "calls/drawing.py, line 12: AsyncDrawingCalls is dec",
        ),
        ("calls/drawing.py", "-> Image", "-> AsyncImagine", "calls/drawing.py, line 16: draw returns something that"),
        ("calls/drawing.py", "-> Image", "-> Nothing", "calls/drawing.py, line 16: draw uses a name that is neither"),
        (
            "calls/old.py",
            "async def make(self) -> Image",
            "def make(self) -> Self",
            "calls/old.py, line 22: make returns",
        ),
        (
            "calls/old.py",
            "async def make(self) -> Image",
            "def make(self) -> AsyncOld",
            "make returns something that sync code",
        ),
        ("calls/old.py", "class AsyncOld", "class AsyncDrawingCalls", "has the name of a class in calls/drawing.py"),
        (
            "calls/old.py",
            "class AsyncOld",
            "class AsyncA: ...\nclass AsyncOld",
            "calls/old.py, line 13: AsyncOld is not",
        ),
        (
            "calls/drawing.py",
            "prompt: str",
            "prompt: str = run",
            "draw uses a name that is neither imported nor defined",
        ),
    ],
)
def test_errors_name_the_file(path: str, old: str, new: str, problem: str) -> None:
    """What is not understood is reported with the file in which it stands."""
    with pytest.raises(CodegenError) as caught:
        render(with_file(path, FAMILY[path].replace(old, new)))
    assert problem in str(caught.value)


def test_class_methods_of_parts_are_errors() -> None:
    """Only the client can be made by its users."""
    more = "\n    @classmethod\n    def make(cls) -> AsyncDrawingCalls: ...\n"
    with pytest.raises(CodegenError, match=r"calls/drawing\.py, line 21: make is a class method that"):
        render(with_file("calls/drawing.py", PART + more))


def test_name_with_two_meanings_is_an_error() -> None:
    """A file whose own names clash with those that the statements use is refused."""
    source = PART.replace("import Pen\n", "import Pen\nfrom imagine_async.pens import run\n")
    source = source.replace("prompt: str", "prompt: str = run")
    with pytest.raises(CodegenError, match=r"draw needs a name from two places, imagine_async\..* and .*: run"):
        render(with_file("calls/drawing.py", source))
