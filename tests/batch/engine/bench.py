"""A sandbox in this process for the tests of batches: clients of it, what it was asked, and what it has charged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import anyio
from attrs import define, field

from imagine_async import AsyncBatch, AsyncImagine, Call, Handler, Middleware, Result, RowResult, TextToImage
from imagine_async.batch.journal import read_records
from imagine_async.batch.records import RowRecord, RowState
from imagine_async.catalog import Invented
from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.sandbox import SandboxSettings, create_app
from imagine_async.transport import in_process_client
from tests.flat_engine import FlatEngine

__all__ = ["Bench", "Gate", "by_place", "fox", "foxes", "in_steps", "patience", "records_of", "results_of", "states_of"]

_BASE_URL = "http://sandbox.invalid"


def fox(number: int, **fields: Any) -> TextToImage:
    """Make a request that can be told from others."""
    return TextToImage(prompt=f"fox {number}", **fields)


def foxes(count: int) -> list[TextToImage]:
    """Make requests that can be told from each other."""
    return [fox(number) for number in range(count)]


@define
class Bench:
    """A sandbox that paints at once, and clients of it.

    Args:
        credits: Tokens on the account; `None` for no end.
        faults: What goes wrong, request by request.
        options: Further settings of the sandbox.
        clock: The clients' time.
    """

    credits: int | None = None
    faults: list[str] | None = None
    options: dict[str, Any] = field(factory=dict)
    clock: Clock = SYSTEM_CLOCK
    painter: FlatEngine = field(factory=FlatEngine)
    _app: Any = field(default=None, init=False)
    _settings: Any = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        given = {"credits": self.credits, "side": 16, "rate_limit": None, "video_seconds": 0, **self.options}
        self._settings = SandboxSettings(**given)
        self._app = create_app(self._settings, engine=self.painter, faults=self.faults)

    @property
    def key(self) -> str:
        """The key that is let in."""
        key: str = self._settings.keys[0]
        return key

    def client(self, *middleware: Middleware, **options: Any) -> AsyncImagine:
        """Make a client without pacing."""
        given = {"api_key": self.key, "prices": Invented.PRICES, "rate_limit": None, "clock": self.clock, **options}
        return AsyncImagine(
            base_url=_BASE_URL, http_client=in_process_client(self._app), middleware=middleware, **given
        )

    @property
    def prompts(self) -> list[str]:
        """The prompts that were painted, in order."""
        return [asked["prompt"] for _, asked in self.painter.calls if "prompt" in asked]

    @property
    def seeds(self) -> dict[str, list[int]]:
        """The seeds that were asked for, by prompt."""
        found: dict[str, list[int]] = {}
        for _, asked in self.painter.calls:
            found.setdefault(asked["prompt"], []).append(asked["seed"])
        return found

    @property
    def charged(self) -> float:
        """Tokens that the server has charged."""
        return float(sum(account["tokens"] for account in self._app.state.accounts.books()["accounts"]))

    @property
    def video_jobs(self) -> int:
        """How many video jobs have begun."""
        (account,) = self._app.state.accounts.books()["accounts"]
        return sum(line["calls"] for name, line in account["lines"].items() if "video" in name)

    async def end_videos(self) -> None:
        """Let the video jobs end that have begun."""
        async with in_process_client(self._app) as client:
            headers = {"authorization": f"Bearer {self._settings.admin_token}"}
            reply = await client.post(f"{_BASE_URL}/_sandbox/clock", json={"advance": 2e6}, headers=headers)
            assert reply.status_code == 200, reply.text


class Gate(Middleware):
    """Holds calls until it is opened, after their server has answered or before they leave; counts them.

    Args:
        holds: Whose prompts are held, all by default.
        is_before: Whether they are held before they leave.
    """

    def __init__(self, holds: Iterable[str] | None = None, *, is_before: bool = False) -> None:
        self._holds = None if holds is None else set(holds)
        self._is_before = is_before
        self._opened = anyio.Event()
        self.inside: list[str] = []
        self._under_way = 0
        self.most_under_way = 0
        self.passed: list[str] = []

    def open(self) -> None:
        """Let all go on."""
        self._opened.set()

    async def wait_for(self, count: int) -> None:
        """Wait until so many calls are held."""
        with patience():
            while len(self.inside) < count:
                await anyio.sleep(0.001)

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        self._under_way += 1
        self.most_under_way = max(self.most_under_way, self._under_way)
        try:
            return await self._held(call, next)
        finally:
            self._under_way -= 1

    async def _held(self, call: Call, next: Handler) -> Result:
        prompt = getattr(call.request, "prompt", "")
        if self._is_before:
            await self._hold(prompt)
        result = await next(call)
        if not self._is_before:
            await self._hold(prompt)
        self.passed.append(prompt)
        return result

    async def _hold(self, prompt: str) -> None:
        self.inside.append(prompt)
        try:
            if self._holds is None or prompt in self._holds:
                await self._opened.wait()
        finally:
            self.inside.remove(prompt)


def patience() -> Any:
    """Bound a wait that must end by itself."""
    return anyio.fail_after(60)


def records_of(folder: Path) -> list[RowRecord]:
    """Read the journal in a folder."""
    return list(read_records(folder / "batch.sqlite"))


def states_of(folder: Path) -> list[RowState]:
    """Read how far the rows have come, in their order."""
    return [record.state for record in records_of(folder)]


def by_place(results: Iterable[RowResult]) -> dict[int, RowResult]:
    """Sort results by their places; each comes once."""
    found: dict[int, RowResult] = {}
    for result in results:
        assert result.position not in found
        found[result.position] = result
    return found


async def results_of(batch: AsyncBatch) -> dict[int, RowResult]:
    """Run a batch, and return its results by their places."""
    with patience():
        return by_place([result async for result in batch])


def in_steps(items: Iterable[Any], read: list[Any]) -> Iterator[Any]:
    """Yield items, and note which were taken."""
    for item in items:
        read.append(item)
        yield item
