"""Ten thousand malformed requests, many at a time, do not bring a sandbox down."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx
import pytest

from tests.malformed.bodies import bad_forms, bad_uploads, endless, slow
from tests.malformed.generated import damaged, generated
from tests.malformed.heads import bad_heads
from tests.malformed.wire import Attempt, form_request, part, replies_to
from tests.sandbox_process import FLAT_ENGINE, SandboxProcess, sandbox_process

AT_ONCE = 100
PATIENCE = 0.5
MOST_MEGABYTES = 500
GOOD = form_request("/v2/image/generations", part("prompt", b"a red fox"), part("style", b"anime"))


def _attempts() -> Iterator[Attempt]:
    """Yield everything in one random order, the same every time."""
    chance = random.Random(7)
    made = [*generated(20)]
    known = [*bad_heads(), *bad_forms(), *bad_uploads(), *made]
    changed = [("damaged", damaged(whole, chance)) for _, whole in [*made * 23, *bad_heads(), *[("good", GOOD)] * 1000]]
    attempts = [Attempt(kind, [whole]) for kind, whole in [*known, *changed]] + [*endless()]
    chance.shuffle(attempts)
    yield from attempts


class Flood:
    """Sends attempts and counts what comes back."""

    def __init__(self, server: SandboxProcess) -> None:
        self._port = int(server.base_url.rpartition(":")[2])
        self._places = anyio.Semaphore(AT_ONCE)
        self.sent: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.sold = 0
        self.faults: list[tuple[Attempt, bytes]] = []

    async def run(self) -> None:
        """Send all; those that are slow take no place from the others."""
        async with anyio.create_task_group() as tasks:
            for attempt in slow(8 * PATIENCE):
                tasks.start_soon(self._try, attempt)
            for attempt in _attempts():
                await self._places.acquire()
                tasks.start_soon(self._try_in_place, attempt)

    async def _try_in_place(self, attempt: Attempt) -> None:
        try:
            await self._try(attempt)
        finally:
            self._places.release()

    async def _try(self, attempt: Attempt) -> None:
        replies = await replies_to(attempt, self._port, patience=30)
        self.sent[attempt.kind] += 1
        self.statuses.update([status for status, _ in replies] or [0])
        for status, reply in replies:
            self.sold += status == 200 and _is_sold(reply)
            if status >= 500:
                self.faults.append((attempt, reply))


def _is_sold(reply: bytes) -> bool:
    """Tell a picture or a new video job from the answers to questions."""
    head, _, body = reply.lower().partition(b"\r\n\r\n")
    return b"octet-stream" in head or b"image/" in head or b'"processing"' in body


def _peak_megabytes(pid: int) -> int:
    """Return the most memory that a process ever had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) // 1024


@pytest.mark.timeout(300)
def test_ten_thousand_malformed_requests() -> None:
    """Each gets a 4xx or a closed connection, memory stays bounded, and the books say what was sold."""
    with sandbox_process(*FLAT_ENGINE, "none", "0", str(PATIENCE)) as server:
        flood = Flood(server)
        anyio.run(flood.run)
        assert flood.faults == []
        assert flood.sent.total() >= 10_000
        assert server.calls() == flood.sold
        headers = {"authorization": f"Bearer {server.key}"}
        form = {"prompt": (None, "a red fox"), "style": (None, "anime")}
        assert httpx.post(f"{server.base_url}/v2/image/generations", files=form, headers=headers).status_code == 200
        assert server.calls() == flood.sold + 1
        assert _peak_megabytes(server.pid) < MOST_MEGABYTES
