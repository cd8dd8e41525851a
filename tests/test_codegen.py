"""The generator of the sync client: each kind of method, on small sources."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.codegen_sources import client_text, methods_of, source_of

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
    "derived client": (
        """
        def with_options(self, *, timeout: float | None = None) -> AsyncImagine:
            return self
        """,
        """
        def with_options(
            self,
            *,
            timeout: float | None = None,
        ) -> Imagine:
            client = type(self).__new__(type(self))
            client._client = PerProcess(lambda: self._client.get().with_options(timeout=timeout))
            return client
        """,
    ),
    "derived client of the same kind": (
        """
        def again(self) -> Self:
            return self
        """,
        """
        def again(self) -> Self:
            client = type(self).__new__(type(self))
            client._client = PerProcess(lambda: self._client.get().again())
            return client
        """,
    ),
    "callbacks": (
        """
        async def wait(self, on_update: Callable[[Picture], object] | None = None) -> None:
            pass
        """,
        """
        def wait(
            self,
            on_update: Callable[[Picture], object] | None = None,
        ) -> None:
            return run(lambda: self._client.get().wait(on_update))
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
            if not hasattr(self, "_client"):
                return "<Imagine that was not made>"
            return repr(self._client.get()).replace("AsyncImagine", "Imagine", 1)
        """,
    ),
    "every kind of parameter": (
        """
        async def mix(
            self, a, b: int = 1, /, c: str = 'x', *rest: Picture, d, e: Picture | None = None, **more: int
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
            e: Picture | None = None,
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


def test_private_things_stay_private() -> None:
    """Private methods and attributes do not appear."""
    assert methods_of("_limit: int = 3\n_x = _y = 1\ndef _a(self): ...\nasync def __b(self): ...") == "\n"


def test_constructor() -> None:
    """The sync client has the very parameters of the async one, and makes it itself."""
    init = """
    def __init__(self, key: str | None = None, *, limit: int = DEFAULT, http: httpx.AsyncClient | None = None) -> None:
        pass
    """
    text = client_text(source_of("", init=init))
    assert (
        "    def __init__(\n        self,\n        key: str | None = None,\n        *,\n        limit: int = DEFAULT,"
        in text
    )
    assert "self._client = PerProcess(lambda: AsyncImagine(key, limit=limit, http=http))" in text
    assert "from imagine_async.client import DEFAULT, AsyncImagine\n" in text
    assert "if TYPE_CHECKING:\n    import httpx\n" in text


@pytest.mark.parametrize(
    ("annotation", "statement"),
    [
        ("str | Secret | None = None", "key = None if key is None else Secret.of(key)"),
        ("str | Secret", "key = Secret.of(key)"),
    ],
)
def test_bare_key_does_not_stay_in_the_frame(annotation: str, statement: str) -> None:
    """Where a client is made, the key is wrapped before anything else is done, under whatever name it comes."""
    init = f"""
    def __init__(self, key: {annotation}) -> None:
        pass
    """
    made = client_text(source_of("", init=init))
    assert f") -> None:\n        {statement}\n        self._client = PerProcess(lambda: AsyncImagine(key))" in made
    assert "from imagine_async.config import Secret\n" in made
    for method in (
        f"@classmethod\ndef other(cls, *, key: {annotation}) -> Self: ...",
        f"def other(self, *, key: {annotation}) -> Self: ...",
    ):
        assert f") -> Self:\n    {statement}\n    client = " in methods_of(method)


def test_a_handle() -> None:
    """What is iterated over and told what to do has a sync form by hand; all that may be async goes through `feed`."""
    source = '''
        def batch(
            self, requests: Iterable[str] | AsyncIterable[str] | None, *, out: str, concurrency: int = 3
        ) -> AsyncBatch:
            """Make a batch."""
            return AsyncBatch(self, requests)
    '''
    head = "from __future__ import annotations\n"
    text = client_text(source_of(source).replace(head, f"{head}\nfrom imagine_async.batch.handle import AsyncBatch\n"))
    assert "from imagine_async.batch.sync_handle import Batch\n" in text
    assert "import AsyncBatch" not in text
    assert (
        dedent('''
            def batch(
                self,
                requests: Iterable[str] | AsyncIterable[str] | None,
                *,
                out: str,
                concurrency: int = 3,
            ) -> Batch:
                """Make a batch."""
                return Batch(lambda feed: self._client.get().batch(feed(requests), out=out, concurrency=concurrency))
        ''').strip()
        in dedent(text.split("AsyncImagine())\n")[1]).strip()
    )
