"""A sandbox in process, with an engine that paints nothing but flat colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette

from imagine_async.sandbox import SandboxSettings, create_app
from imagine_async.sandbox.server import RunningSandbox, running_sandbox
from tests.flat_engine import FlatEngine

KEY = "vk-sandbox"
PROMPT = {"prompt": "a red fox", "style": "anime", "seed": "7"}


class Bench:
    """A sandbox in process and the means to ask it."""

    def __init__(self, app: Starlette, engine: FlatEngine) -> None:
        self.app = app
        self.engine = engine

    def client(self, key: str | None = KEY) -> httpx.AsyncClient:
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers)

    async def post(self, path: str, *, key: str | None = KEY, **request: Any) -> httpx.Response:
        """Send a form; text goes as multipart even where there is no file."""
        texts = {name: (None, value) for name, value in request.pop("form", {}).items()}
        files = texts | request.pop("files", {})
        async with self.client(key) as client:
            return await client.post(path, files=files or None, **request)

    async def generate(self, *, key: str | None = KEY, **changes: str | None) -> httpx.Response:
        """Ask for a picture of a fox, with some parts changed or, with `None`, left out."""
        form = {name: value for name, value in (PROMPT | changes).items() if value is not None}
        return await self.post("/v2/image/generations", key=key, form=form)

    async def ask(self, path: str, *, method: str = "GET", key: str | None = KEY) -> httpx.Response:
        """Send a request without a body."""
        async with self.client(key) as client:
            return await client.request(method, path)

    async def fetch(self, url: str, *, method: str = "GET", **headers: str) -> httpx.Response:
        """Fetch a result by its absolute URL, without the key."""
        async with self.client(None) as client:
            return await client.request(
                method, url, headers={name.replace("_", "-"): headers[name] for name in headers}
            )

    def books(self, place: int = 0) -> dict[str, Any]:
        account: dict[str, Any] = self.app.state.accounts.books()["accounts"][place]
        return account


class Ticks:
    """A clock that stands still until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Ticks:
    return Ticks()


@pytest.fixture
def make_bench(clock: Ticks) -> Callable[..., Bench]:
    """Build a sandbox with small pictures and some settings changed."""

    def make(**changes: Any) -> Bench:
        engine = FlatEngine()
        settings = SandboxSettings(**({"side": 64} | changes))
        return Bench(create_app(settings, engine=engine, clock=clock), engine)

    return make


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Code a black picture."""

    def make(size: tuple[int, int] = (20, 10), *, mode: str = "RGB", kind: str = "PNG") -> bytes:
        target = BytesIO()
        Image.new(mode, size).save(target, kind)
        return target.getvalue()

    return make


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    """A sandbox on a real port, without limits, that a module's tests share."""
    settings = SandboxSettings(side=64, rate_limit=None, credits=None, body_patience=0.2, max_body_bytes=2**20)
    with running_sandbox(settings, engine=FlatEngine()) as sandbox:
        yield sandbox
