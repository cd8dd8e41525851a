"""A server that is killed in the middle of calls and started again: nothing hangs, nothing is unaccounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from imagine_async import (
    AsyncImagine,
    ConnectError,
    DisconnectedError,
    Event,
    Image,
    ImagineError,
    Outcome,
    TextToImage,
)
from tests.killable_sandbox import KEY, KillableSandbox

pytestmark = pytest.mark.anyio

CALLS = 50
TIMEOUT_SECONDS = 20.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KillableSandbox]:
    """A server that takes 20 ms for a picture, so that calls are always under way."""
    with KillableSandbox(tmp_path / "painted", seconds=0.02) as server:
        yield server


class Witness:
    """Tells when so many calls have ended well, and notes how long calls took and how attempts failed."""

    def __init__(self, enough: int) -> None:
        self.reached = anyio.Event()
        self.seconds: list[float] = []
        self.failed: Counter[Outcome] = Counter()
        self._enough = enough

    def __call__(self, event: Event) -> None:
        if event.error is not None:
            self.failed[event.error.outcome] += 1
        if event.kind in ("finished", "failed") and event.seconds is not None:
            self.seconds.append(event.seconds)
        if event.kind == "finished" and len(self.seconds) >= self._enough:
            self.reached.set()


async def results_of(client: AsyncImagine) -> list[Image | Exception]:
    """Make calls, 20 at once."""
    requests = [TextToImage(prompt=f"a fox, number {number}") for number in range(CALLS)]
    return [result async for _, result in client.generate_many(requests, concurrency=20)]


async def test_kill_in_the_middle_of_calls(server: KillableSandbox) -> None:
    """Every call ends in time with a picture or a typed error, and each painted picture stands in the books."""
    witness = Witness(enough=10)

    async def kill_and_start_again() -> None:
        await witness.reached.wait()
        server.kill()
        await anyio.to_thread.run_sync(server.start)

    async with AsyncImagine(
        KEY, base_url=server.url, rate_limit=None, timeout=TIMEOUT_SECONDS, observers=[witness]
    ) as client:
        results: list[Image | Exception] = []
        async with anyio.create_task_group() as group:
            group.start_soon(kill_and_start_again)
            results += await results_of(client)
        pictures = [result for result in results if isinstance(result, Image)]
        errors = [result for result in results if isinstance(result, ImagineError)]
        assert len(pictures) + len(errors) == len(witness.seconds) == CALLS
        assert max(witness.seconds) < TIMEOUT_SECONDS

        # What the server was painting may have come to an end, and its reply never; nobody can know.
        assert {(type(error), error.outcome) for error in errors} <= {
            (ConnectError, Outcome.NOT_SENT),
            (DisconnectedError, Outcome.UNKNOWN),
            (DisconnectedError, Outcome.COMPLETED),
        }
        usage = await client.usage()
        assert usage.held_calls == len(await client.holds()) == witness.failed[Outcome.UNKNOWN] > 0
        assert usage.calls - usage.held_calls == len(pictures) + witness.failed[Outcome.COMPLETED] >= 10
        assert usage.calls - usage.held_calls <= server.painted <= usage.calls
        assert usage.reserved == 0

        # The client needs no help to go on.
        assert all(isinstance(result, Image) for result in await results_of(client))
        assert (await client.usage()).calls == usage.calls + CALLS
