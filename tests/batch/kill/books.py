"""A server for batches, and whether a batch, its folder, its journal and all books agree at the end."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import PIL.Image
import pytest
from attrs import frozen

from imagine_async import AsyncImagine
from imagine_async.batch.journal import read_records
from imagine_async.batch.journal.journal import SqliteJournal
from imagine_async.batch.records import RowState
from imagine_async.clock import Clock
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.batch.kill.worker import PRICE, Job, rows_of
from tests.flat_engine import FlatEngine

__all__ = ["Bench", "LargeEngine", "be_impatient", "bench"]

_SIDE = 640
_JOURNAL_ENDS = ("", ".lock", "-wal", "-shm")


class LargeEngine(FlatEngine):
    """Paints flat colours, and noise where a large picture is asked for, so that it goes by way of the disk."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds=seconds)
        self._noise = PIL.Image.frombytes("RGB", (_SIDE, _SIDE), os.urandom(3 * _SIDE * _SIDE))

    def _paint(self, name: str, mode: str, size: tuple[int, int], **asked: Any) -> PIL.Image.Image:
        picture = super()._paint(name, mode, size, **asked)
        return self._noise if asked["prompt"].startswith("a large") else picture


class _LaterClock(Clock):
    """The time in an hour, when the deadlines of all calls are over."""

    def wall(self) -> float:
        return super().wall() + 3600


@frozen
class Bench:
    """A server, and a batch that is made with it.

    Args:
        server: The server.
        engine: What paints there.
        job: The batch.
    """

    server: RunningSandbox
    engine: LargeEngine
    job: Job

    @property
    def out(self) -> Path:
        """The folder of the pictures."""
        return Path(self.job.out)

    @property
    def journal(self) -> Path:
        """The journal."""
        return self.out / "batch.sqlite" if self.job.journal is None else Path(self.job.journal)

    @property
    def painted(self) -> Counter[str]:
        """How often each prompt was painted."""
        return Counter(asked["prompt"] for _, asked in self.engine.calls)

    @property
    def charged(self) -> int:
        """How many calls the server has charged."""
        (account,) = self.server.books()["accounts"]
        calls: int = account["calls"]
        return calls

    def in_doubt(self, copy: Path) -> set[int]:
        """Return the rows that were sent and have no picture, as a worker has left them that was killed.

        Args:
            copy: A folder for a copy of the journal; the next worker finds the journal itself untouched.
        """
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for path in self.journal.parent.glob(f"{self.journal.name}*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, copy)
        if not (copy / self.journal.name).is_file():
            return set()
        sent = read_records(copy / self.journal.name, {RowState.SENT})
        return {record.position for record in sent if not (self.out / f"{record.stem}.jpg").is_file()}

    def check_rows(self) -> None:
        """See that every row is done, that its file, its facts and the journal agree, and that there is no more."""
        records = list(read_records(self.journal))
        assert Counter(record.state for record in records) == {RowState.DONE: self.job.rows}
        assert [record.position for record in records] == list(range(self.job.rows))
        for record, request in zip(records, rows_of(self.job.rows), strict=True):
            assert record.file is not None
            content = (self.out / record.file).read_bytes()
            facts = json.loads((self.out / f"{record.file}.json").read_text("utf-8"))
            assert record.prompt == request.prompt == facts["request"]["prompt"]
            assert (record.seed, record.key) == (facts["seed"], facts["row"]["key"])
            assert (len(content), hashlib.sha256(content).hexdigest()) == (record.size, record.digest)
            assert facts["sha256"] == record.digest
        expected = {name for record in records for name in (record.file, f"{record.file}.json")}
        found = {path.name for path in self.out.iterdir()} - {f"batch.sqlite{end}" for end in _JOURNAL_ENDS}
        assert (found - expected, expected - found) == (set(), set())

    async def _reconcile(self) -> None:
        (account,) = self.server.books()["accounts"]
        assert account["tokens"] == PRICE * account["calls"]
        statement = {line: (each["calls"], each["tokens"]) for line, each in account["lines"].items()}
        client = AsyncImagine(
            self.job.key, base_url=self.job.url, store=self.job.store, rate_limit=None, clock=_LaterClock()
        )
        async with client:
            found = await client.reconcile(statement)
            assert found.unexplained == {}
            usage = await client.usage()
        assert (usage.held_calls, usage.reserved) == (0, 0)
        assert (usage.calls, usage.tokens) == (account["calls"], account["tokens"])

    def check_ledger(self) -> None:
        """See that the ledger, once it has the server's statement, equals the server's books."""
        anyio.run(self._reconcile)


def be_impatient(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Have journals that are locked, or whose disk is full, waited for no longer than so many seconds."""
    defaults: Any = SqliteJournal.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "patience", seconds)


@contextlib.contextmanager
def bench(folder: Path, *, rows: int, seconds: float = 0.0, **more: Any) -> Iterator[Bench]:
    """Run a server for the length of a block.

    Args:
        folder: Where the batch goes, and the books.
        rows: Rows of the batch.
        seconds: How long the server takes for a picture.
        more: What else the job says.
    """
    engine = LargeEngine(seconds)
    with running_sandbox(SandboxSettings(credits=None, rate_limit=None, side=16), engine=engine) as server:
        usual = {"url": server.base_url, "key": server.key, "out": str(folder / "out")}
        usual["store"] = f"sqlite:{folder / 'books.sqlite'}"
        yield Bench(server, engine, Job(**{**usual, "rows": rows, **more}))
