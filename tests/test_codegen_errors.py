"""What the generator of the sync client refuses, on small sources."""

from __future__ import annotations

import pytest

from imagine_async.codegen.errors import CodegenError
from tests.codegen_sources import client_text, source_of


@pytest.mark.parametrize(
    ("method", "problem"),
    [
        (
            "@staticmethod\ndef make() -> int: ...",
            "client.py, line 31: make is decorated in a way that has no sync form: staticmethod",
        ),
        ("@classmethod\ndef name(cls) -> str: ...", "name is a class method that does not make a client"),
        ("@classmethod\nasync def make(cls) -> Self: ...", "make is a class method that does not make a client"),
        ("@property\ndef loop(self) -> AsyncIterator[int]: ...", "loop returns something that sync code cannot use"),
        ("@property\ndef twin(self) -> AsyncImagine: ...", "twin returns something that sync code cannot use"),
        ("@property\nasync def size(self) -> int: ...", "size is a property to await"),
        ("async def fork(self) -> AsyncImagine: ...", "fork returns something that sync code cannot use"),
        (
            "async def join(self, other: AsyncImagine) -> int: ...",
            "join takes an async client, which sync callers do not",
        ),
        ("def key(self, *keys: Secret) -> Self: ...", "key takes any number of secrets, which cannot be wrapped: keys"),
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
        client_text(source_of(method))
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("class Other: ...", "no class AsyncImagine"),
        ("class AsyncImagine(Base): ...", "client.py, line 1: AsyncImagine inherits from what has no sync form: Base"),
        ("class AsyncImagine(metaclass=Meta): ...", "is decorated or has a metaclass"),
        ("@define\nclass AsyncImagine: ...", "is decorated or has a metaclass"),
        ("class AsyncImagine: ...\nclass AsyncOther: ...", "AsyncOther is not alone"),
        ("class AsyncImagine:\n    async def draw(self) -> int: ...", "has no `__init__`"),
    ],
)
def test_classes_that_cannot_be_seen_whole(source: str, problem: str) -> None:
    """Methods that come from elsewhere would be left out, so that is an error too."""
    with pytest.raises(CodegenError, match=problem):
        client_text(source)


def test_constructor_without_return_annotation() -> None:
    """The head is copied whole or not at all."""
    with pytest.raises(CodegenError, match="__init__ has no return annotation"):
        client_text(source_of("", init="def __init__(self): ..."))
