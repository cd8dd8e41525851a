"""The generator of the sync client, on small sources."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from textwrap import dedent, indent

import pytest

from imagine_async.codegen import generator as codegen
from imagine_async.codegen.docstrings import to_sync_code
from imagine_async.codegen.generator import render
from imagine_async.codegen.methods import CodegenError

HEAD = """
from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, overload

import anyio
import zlib as squeeze

from imagine_async.errors import ImagineError
from imagine_async.errors import TimeoutError
from imagine_async.results import Image as Picture

if TYPE_CHECKING:
    import httpx
    from imagine_async.call import Call

DEFAULT = 3
LIMIT: int = 4


class Options: ...


class AsyncImagine:
"""
INIT = """
def __init__(self) -> None:
    self.size = 1
"""


def source_of(method: str, *, init: str = INIT) -> str:
    return HEAD + indent(dedent(init) + dedent(method), "    ")


def methods_of(method: str) -> str:
    """Return what the generator makes of one method, without the class around it."""
    text = render(source_of(method))
    return dedent(text.split("self._client = PerProcess(lambda: AsyncImagine())\n")[1]).strip() + "\n"


def imports_of(method: str) -> list[str]:
    """Return the imports that the generator makes for one method."""
    lines = render(source_of(method)).split("__all__")[0].splitlines()
    return [line for line in lines if line.lstrip().startswith(("import ", "from ", "if "))][1:]


METHODS = {
    "coroutine": (
        '''
        async def draw(self, prompt: str, *, seed: int | None = None) -> Picture:
            """Draw."""
            return await self._draw(prompt, seed)
        ''',
        '''
        def draw(
            self,
            prompt: str,
            *,
            seed: int | None = None,
        ) -> Picture:
            """Draw."""
            return run(lambda: self._client.get().draw(prompt, seed=seed))
        ''',
    ),
    "coroutine without parameters": (
        """
        async def ping(self) -> None:
            await anyio.sleep(0)
        """,
        """
        def ping(self) -> None:
            return run(lambda: self._client.get().ping())
        """,
    ),
    "async generator": (
        '''
        async def draw_all(
            self, prompts: Iterable[str] | AsyncIterable[str], others: list[str]
        ) -> AsyncGenerator[Picture, None]:
            """Draw all."""
            yield await self.draw("")
        ''',
        '''
        def draw_all(
            self,
            prompts: Iterable[str] | AsyncIterable[str],
            others: list[str],
        ) -> Generator[Picture, None, None]:
            """Draw all."""
            return iterate(lambda feed: self._client.get().draw_all(feed(prompts), others))
        ''',
    ),
    "plain method that returns an async iterator": (
        """
        def events(self, *, after: int = 0) -> AsyncIterator[str]:
            return _events(after)
        """,
        """
        def events(
            self,
            *,
            after: int = 0,
        ) -> Iterator[str]:
            return iterate(lambda feed: self._client.get().events(after=after))
        """,
    ),
    "fed keyword": (
        """
        def many(self, *, inputs: AsyncIterable[str] | Iterable[str]) -> AsyncIterator[str]:
            return _many(inputs)
        """,
        """
        def many(
            self,
            *,
            inputs: AsyncIterable[str] | Iterable[str],
        ) -> Iterator[str]:
            return iterate(lambda feed: self._client.get().many(inputs=feed(inputs)))
        """,
    ),
    "async iterable alone needs no feed": (
        """
        def many(self, inputs: AsyncIterable[str]) -> AsyncIterator[str]:
            return _many(inputs)
        """,
        """
        def many(
            self,
            inputs: AsyncIterable[str],
        ) -> Iterator[str]:
            return iterate(lambda feed: self._client.get().many(inputs))
        """,
    ),
    "plain method": (
        '''
        def usage(self, since: float = 1e-3) -> dict[str, int]:
            """Return what was used."""
            return {}
        ''',
        '''
        def usage(
            self,
            since: float = 1e-3,
        ) -> dict[str, int]:
            """Return what was used."""
            return self._client.get().usage(since)
        ''',
    ),
    "property": (
        '''
        @property
        def url(self) -> str:
            """Where calls go."""
            return ""
        ''',
        '''
        @property
        def url(self) -> str:
            """Where calls go."""
            return self._client.get().url
        ''',
    ),
    "alternative constructor": (
        """
        @classmethod
        def sandbox(cls, *, credits: int | None = 1_000, **options: Any) -> AsyncImagine:
            return cls()
        """,
        """
        @classmethod
        def sandbox(
            cls,
            *,
            credits: int | None = 1_000,
            **options: Any,
        ) -> Imagine:
            client = cls.__new__(cls)
            client._client = PerProcess(lambda: AsyncImagine.sandbox(credits=credits, **options))
            return client
        """,
    ),
    "close": (
        """
        async def aclose(self) -> None:
            await anyio.sleep(0)
        """,
        """
        def close(self) -> None:
            return run(lambda: self._client.get().aclose())
        """,
    ),
    "enter": (
        """
        async def __aenter__(self) -> Self:
            return self
        """,
        """
        def __enter__(self) -> Self:
            run(lambda: self._client.get().__aenter__())
            return self
        """,
    ),
    "exit": (
        """
        async def __aexit__(self, *exc: object) -> None:
            await self.aclose()
        """,
        """
        def __exit__(
            self,
            *exc: object,
        ) -> None:
            return run(lambda: self._client.get().__aexit__(*exc))
        """,
    ),
    "repr": (
        """
        def __repr__(self) -> str:
            return "<AsyncImagine>"
        """,
        """
        def __repr__(self) -> str:
            return repr(self._client.get()).replace("AsyncImagine", "Imagine", 1)
        """,
    ),
    "every kind of parameter": (
        """
        async def mix(
            self, a, b: int = 1, /, c: str = 'x', *rest: Picture, d, e: AsyncImagine | None = None, **more: int
        ) -> None:
            pass
        """,
        """
        def mix(
            self,
            a,
            b: int = 1,
            /,
            c: str = 'x',
            *rest: Picture,
            d,
            e: Imagine | None = None,
            **more: int,
        ) -> None:
            return run(lambda: self._client.get().mix(a, b, c, *rest, d=d, e=e, **more))
        """,
    ),
    "overloads": (
        """
        @overload
        async def get(self, name: str) -> Picture: ...

        @overload
        async def get(self, name: None = None) -> None: ...

        async def get(self, name: str | None = None) -> Picture | None:
            return None
        """,
        """
        @overload
        def get(
            self,
            name: str,
        ) -> Picture: ...

        @overload
        def get(
            self,
            name: None = None,
        ) -> None: ...

        def get(
            self,
            name: str | None = None,
        ) -> Picture | None:
            return run(lambda: self._client.get().get(name))
        """,
    ),
    "call on a line of its own": (
        f"""
        async def {"wide" * 15}(self, first: int, second: int) -> None:
            pass
        """,
        f"""
        def {"wide" * 15}(
            self,
            first: int,
            second: int,
        ) -> None:
            return run(
                lambda: self._client.get().{"wide" * 15}(first, second)
            )
        """,
    ),
    "call with an argument on each line": (
        f"""
        async def {"wide" * 22}(self, first: int, *, second: int) -> None:
            pass
        """,
        f"""
        def {"wide" * 22}(
            self,
            first: int,
            *,
            second: int,
        ) -> None:
            return run(
                lambda: self._client.get().{"wide" * 22}(
                    first,
                    second=second,
                )
            )
        """,
    ),
    "plain call with an argument on each line": (
        f"""
        def {"wide" * 22}(self, first: int) -> None:
            pass
        """,
        f"""
        def {"wide" * 22}(
            self,
            first: int,
        ) -> None:
            return self._client.get().{"wide" * 22}(
                first,
            )
        """,
    ),
    "inner functions that yield": (
        """
        async def odd(self) -> int:
            def inner():
                yield 1
            return next(inner())
        """,
        """
        def odd(self) -> int:
            return run(lambda: self._client.get().odd())
        """,
    ),
}


@pytest.mark.parametrize("kind", METHODS)
def test_methods(kind: str) -> None:
    """Each kind of method has its sync form."""
    method, expected = METHODS[kind]
    assert methods_of(method) == dedent(expected).lstrip()


@pytest.mark.parametrize(
    ("method", "problem"),
    [
        (
            "@staticmethod\ndef make() -> int: ...",
            "client.py, line 30: make is decorated in a way that has no sync form: staticmethod",
        ),
        ("@classmethod\ndef name(cls) -> str: ...", "name is a class method that does not make a client"),
        ("@classmethod\nasync def make(cls) -> Self: ...", "make is a class method that does not make a client"),
        ("@property\ndef loop(self) -> AsyncIterator[int]: ...", "loop returns something that sync code cannot use"),
        ("def with_key(self) -> AsyncImagine: ...", "with_key returns something that sync code cannot use"),
        ("def later(self) -> Awaitable[int]: ...", "later returns something that sync code cannot use"),
        (
            "async def open(self) -> AbstractAsyncContextManager[int]: ...",
            "open returns something that sync code cannot",
        ),
        (
            "async def stream(self) -> AsyncIterator[int]:\n    return x",
            "stream returns something that sync code cannot",
        ),
        ("async def stream(self) -> Thing[int]:\n    yield 1", "stream yields, and returns no AsyncIterator"),
        (
            "async def talk(self) -> AsyncGenerator[int, str]:\n    yield 1",
            "talk yields, and returns no AsyncIterator",
        ),
        (
            "def many(self, xs: Iterable[int]) -> AsyncIterator[int]: ...",
            "many is to take an AsyncIterable for xs as well",
        ),
        ("async def many(self, xs: Iterable[int]) -> int: ...", "many takes a lazy iterable"),
        ("async def untold(self): ...", "untold has no return annotation"),
        ("def __len__(self) -> int: ...", "__len__ is a special method without a sync form"),
        ("async def go(self, run: str) -> int: ...", "go has a parameter of a name that the sync client needs: run"),
        ("async def go(self, x: Nowhere) -> int: ...", "go uses a name that is neither imported nor defined"),
        ("limit = 3", "Assign is neither a method nor private"),
        ("class Inner: ...", "Inner is neither a method nor private"),
    ],
)
def test_what_is_not_understood_is_an_error(method: str, problem: str) -> None:
    """Nothing public is left out in silence; the error names the place."""
    with pytest.raises(CodegenError) as caught:
        render(source_of(method))
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("class Other: ...", "no class AsyncImagine"),
        ("class AsyncImagine(Base): ...", "inherits or is decorated"),
        ("@define\nclass AsyncImagine: ...", "inherits or is decorated"),
        ("class AsyncImagine: ...", "has no `__init__`"),
    ],
)
def test_classes_that_cannot_be_seen_whole(source: str, problem: str) -> None:
    """Methods that come from elsewhere would be left out, so that is an error too."""
    with pytest.raises(CodegenError, match=problem):
        render(source.replace("class AsyncImagine: ...", "class AsyncImagine:\n    def _x(self) -> int: ..."))


def test_constructor_without_return_annotation() -> None:
    """The head is copied whole or not at all."""
    with pytest.raises(CodegenError, match="__init__ has no return annotation"):
        render(source_of("", init="def __init__(self): ..."))


def test_private_things_stay_private() -> None:
    """Private methods and attributes do not appear."""
    assert methods_of("_limit: int = 3\n_x = _y = 1\ndef _a(self): ...\nasync def __b(self): ...") == "\n"


def test_constructor() -> None:
    """The sync client has the very parameters of the async one, and makes it itself."""
    init = """
    def __init__(self, key: str | None = None, *, limit: int = DEFAULT, http: httpx.AsyncClient | None = None) -> None:
        pass
    """
    text = render(source_of("", init=init))
    assert (
        "    def __init__(\n        self,\n        key: str | None = None,\n        *,\n        limit: int = DEFAULT,"
        in text
    )
    assert "self._client = PerProcess(lambda: AsyncImagine(key, limit=limit, http=http))" in text
    assert "from imagine_async.client import DEFAULT, AsyncImagine\n" in text
    assert "if TYPE_CHECKING:\n    import httpx\n" in text


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("async def a(self) -> None: ...", ["from imagine_async.bridge.calls import run"]),
        ("async def a(self) -> Picture: ...", ["from imagine_async.results import Image as Picture"]),
        (
            "async def a(self, x: Call) -> int: ...",
            ["from typing import TYPE_CHECKING", "    from imagine_async.call import Call"],
        ),
        ("def a(self) -> AsyncIterator[int]: ...", ["from collections.abc import Iterator"]),
        ("def a(self) -> AsyncGenerator[int, None]: ...", ["from collections.abc import Generator"]),
        ("def a(self, x: int = squeeze.Z_BEST_SPEED) -> int: ...", ["import zlib as squeeze"]),
        ("def a(self, x: int = anyio.X) -> int: ...", ["import anyio"]),
        ("def a(self, x: TimeoutError) -> int: ...", ["from imagine_async.errors import TimeoutError"]),
        (
            "def a(self, x: TimeoutError, y: ImagineError) -> int: ...",
            ["from imagine_async.errors import ImagineError, TimeoutError"],
        ),
        (
            "def a(self, x: int = LIMIT, y: Options | None = None) -> int: ...",
            ["from imagine_async.client import LIMIT, AsyncImagine, Options"],
        ),
    ],
)
def test_imports(method: str, expected: list[str]) -> None:
    """What the sync client uses is imported from where the async one has it, and nothing else is."""
    always = {
        "from imagine_async.bridge.loop_thread import PerProcess",
        "from imagine_async.client import AsyncImagine",
    }
    imports = imports_of(method)
    assert set(expected) <= set(imports)
    ours = [
        line for line in imports if line not in always and not line.startswith(("from imagine_async.bridge", "if "))
    ]
    assert set(ours) <= set(expected)


def test_order_of_imports() -> None:
    """Standard library, others, this package; modules before names from modules."""
    method = "async def a(self, x: Mapping[str, Any], y: int = anyio.X, z: int = squeeze.Y) -> Picture: ..."
    assert imports_of(method) == [
        "import zlib as squeeze",
        "from collections.abc import Mapping",
        "from typing import Any",
        "import anyio",
        "from imagine_async.bridge.calls import run",
        "from imagine_async.bridge.loop_thread import PerProcess",
        "from imagine_async.client import AsyncImagine",
        "from imagine_async.results import Image as Picture",
    ]


def test_long_imports_are_one_name_a_line() -> None:
    """As a formatter would write them."""
    names = [f"Name{number}{'x' * 20}" for number in range(5)]
    source = source_of(f"def a(self, x: {' | '.join(names)}) -> int: ...")
    text = render(source.replace("import anyio", f"import anyio\nfrom models import {', '.join(reversed(names))}"))
    assert "from models import (\n" + "".join(f"    {name},\n" for name in names) + ")\n" in text


def test_examples_are_rewritten_and_prose_is_not() -> None:
    """Only the indented lines of an example change."""
    method = '''
    async def draw(self) -> None:
        """Draw; await AsyncImagine as you please.

        Args:
            none: You may await this.

        Example:
            async with AsyncImagine() as client:

                picture = await client.draw()
                async for event in client.events():
                    print(await event)
                await client.aclose()

        As in this one::

            await client.draw()

        And await the end.
        """
    '''
    expected = '''
    def draw(self) -> None:
        """Draw; await AsyncImagine as you please.

        Args:
            none: You may await this.

        Example:
            with Imagine() as client:

                picture = client.draw()
                for event in client.events():
                    print(event)
                client.close()

        As in this one::

            client.draw()

        And await the end.
        """
        return run(lambda: self._client.get().draw())
    '''
    assert methods_of(method) == dedent(expected).lstrip()


def class_docstring_of(text: str) -> str | None:
    """Read the docstring of the class that a module ends with."""
    last = ast.parse(text).body[-1]
    assert isinstance(last, ast.ClassDef)
    return ast.get_docstring(last)


def test_class_docstring_has_an_introduction_of_its_own() -> None:
    """What the arguments mean is copied; what the class is, is not."""
    doc = '\n    """An async client.\n\n    For asyncio.\n\n    Args:\n        key: The key.\n    """\n'
    text = render(source_of("").replace("class AsyncImagine:\n", f"class AsyncImagine:{doc}"))
    shown = class_docstring_of(text)
    assert shown is not None
    assert shown.startswith("A client of the Imagine API, for code that does not await")
    assert shown.endswith("waits for.\n\nArgs:\n    key: The key.")
    assert "asyncio" not in shown


def test_class_without_docstring() -> None:
    """The introduction stands alone."""
    shown = class_docstring_of(render(source_of("")))
    assert shown is not None
    assert shown.endswith("waits for.")


def test_words_that_only_look_async() -> None:
    """Names that contain a keyword stay."""
    assert to_sync_code("    awaited = await_all(await x)") == "    awaited = await_all(x)"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Put a source of ours in the place of the real one."""
    source, target = tmp_path / "client.py", tmp_path / "sync.py"
    source.write_text(source_of("async def ping(self) -> None: ..."), "utf-8")
    monkeypatch.setattr(codegen, "SOURCE", source)
    monkeypatch.setattr(codegen, "TARGET", target)
    return source, target


def test_command_writes_once_and_for_all(files: tuple[Path, Path]) -> None:
    """Writing twice changes nothing."""
    assert codegen.main([]) == 0
    first = files[1].read_text("utf-8")
    assert codegen.main([]) == 0
    assert files[1].read_text("utf-8") == first == render(files[0].read_text("utf-8"))


def test_check_sees_every_difference(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is missing, stale, cut off or longer than it should be fails the check, and is left as it is."""
    assert codegen.main(["--check"]) == 1
    assert not files[1].exists()
    codegen.main([])
    good = files[1].read_text("utf-8")
    capsys.readouterr()
    assert codegen.main(["--check"]) == 0
    assert capsys.readouterr().out == ""
    for bad in (good.replace("ping", "pong"), good[:-40], good + "\n", good.rstrip("\n")):
        files[1].write_text(bad, "utf-8")
        assert codegen.main(["--check"]) == 1
        assert capsys.readouterr().out.startswith("---")
        assert files[1].read_text("utf-8") == bad


def test_runs_as_a_module() -> None:
    """`python -m imagine_async.codegen` is the command."""
    command = [sys.executable, "-m", "imagine_async.codegen", "--help"]
    assert "--check" in subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
