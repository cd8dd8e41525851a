"""Large bodies on their way to disk: what is held in memory, and when a file is made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import anyio
import pytest

from imagine_async.spool import Spool
from imagine_async.transport.gathering import MEMORY_BYTES, gathered

pytestmark = pytest.mark.anyio

PIECE = bytes(32 * 1024)


class Counting(Spool):
    """A spool that knows the largest lot that was written at once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.lots: list[int] = []

    def extend(self, pieces: Iterable[bytes]) -> None:
        held = list(pieces)
        self.lots.append(sum(map(len, held)))
        super().extend(held)


async def pieces(count: int) -> AsyncIterator[bytes]:
    """Yield some pieces, and let others have their turn after each."""
    for _ in range(count):
        yield PIECE
        await anyio.lowlevel.checkpoint()


async def lots_of(folder: Path, *, bodies: int, length: int | None) -> list[list[int]]:
    """Take in bodies of 2 MB side by side; return what was written at once for each."""
    spools: list[Counting] = []

    def make() -> Spool:
        spools.append(Counting(folder))
        return spools[-1]

    async def take() -> None:
        body = await gathered(pieces(64), make, call_id="call-1", length=length)
        assert isinstance(body, Spool)
        assert body.size == 64 * len(PIECE)

    async with anyio.create_task_group() as group:
        for _ in range(bodies):
            group.start_soon(take)
    return [spool.lots for spool in spools]


async def test_a_body_alone_is_written_in_large_lots(tmp_path: Path) -> None:
    """One body of 2 MB goes to disk three times: as soon as a file is sure to be needed, then by the megabyte."""
    (lots,) = await lots_of(tmp_path, bodies=1, length=64 * len(PIECE))
    assert len(lots) == 3


async def test_many_bodies_together_hold_little(tmp_path: Path) -> None:
    """Of 200 large bodies side by side each holds no more than a share."""
    for lots in await lots_of(tmp_path, bodies=200, length=64 * len(PIECE)):
        assert max(lots[:-1]) <= 128 * 1024


async def test_a_body_of_unknown_length_may_still_turn_out_small(tmp_path: Path) -> None:
    """As long as it might stay in memory no file is made, however many come side by side."""
    for lots in await lots_of(tmp_path, bodies=50, length=None):
        assert lots[0] > MEMORY_BYTES


@pytest.mark.parametrize("length", [None, MEMORY_BYTES])
async def test_a_small_body_makes_no_file(length: int | None) -> None:
    """What fits stays in memory to the last byte."""

    def refuse() -> Spool:
        raise AssertionError("no file is needed")

    body = await gathered(pieces(8), refuse, call_id="call-1", length=length)
    assert body == PIECE * 8
