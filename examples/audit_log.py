"""Write a row before and a row after each call to a SQLite file; of the prompt it holds a digest only.

    python examples/audit_log.py [--sync] [--crash]  # --sync: the sync client; --crash: the process ends in mid-call

It runs against the sandbox in this process: no key, no network, no bill. It needs the extra `sandbox`, and leaves
`audit.db` in the working folder. Let it crash, then run it again: the log shows the call that has no end.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
import threading
from contextlib import suppress

import anyio.to_thread

from imagine_async import AsyncImagine, Call, Event, Handler, Imagine, Middleware, Observer, Outcome, Result

__all__ = ["UNFINISHED", "AuditLog"]

TABLE = "CREATE TABLE IF NOT EXISTS audit (id, step, at, endpoint, tag, seed, prompt_sha256, outcome, tokens, seconds)"
INSERT = "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
UNFINISHED = "SELECT id FROM audit WHERE step = 'began' EXCEPT SELECT id FROM audit WHERE step <> 'began'"


class AuditLog(Middleware):
    """Writes `began` for each call, then `finished`, `failed` or `cancelled`; after a crash the second row is missing.

    Args:
        path: The SQLite file, which is made where it is missing; each process opens it for itself.
    """

    def __init__(self, path: str) -> None:
        self._lock, self._connection = threading.Lock(), sqlite3.connect(path, check_same_thread=False)
        self.close = self._connection.close
        self.execute(TABLE)

    def execute(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Run and commit a statement, and return its rows; this blocks."""
        with self._lock, self._connection:
            return self._connection.execute(sql, values).fetchall()

    async def around_call(self, call: Call, next: Handler) -> Result:
        """Write both rows; a call that cannot be written down is not made."""
        try:
            await self._write(call, "began")
            result = await next(call)
        except (Exception, anyio.get_cancelled_exc_class()) as error:
            with suppress(sqlite3.Error):
                await self._write(call, "failed" if isinstance(error, Exception) else "cancelled")
            raise
        with suppress(sqlite3.Error):  # The picture is paid for: it must not get lost because its row did.
            await self._write(call, "finished")
        return result

    async def _write(self, call: Call, step: str) -> None:
        seed, prompt = getattr(call.request, "seed", None), getattr(call.request, "prompt", None)
        digest = prompt and hashlib.sha256(prompt.encode()).hexdigest()
        tokens = call.tokens if call.outcome in (Outcome.UNKNOWN, Outcome.COMPLETED) else 0
        facts = (call.id, step, call.clock.wall(), call.request.endpoint.name, call.tag, seed and str(seed), digest)
        with anyio.CancelScope(shield=True):  # A call that was cancelled gets its second row, too.
            await anyio.to_thread.run_sync(self.execute, INSERT, *facts, call.outcome, tokens, call.elapsed)


async def _call(log: AuditLog, observers: list[Observer]) -> None:
    async with AsyncImagine.sandbox(side=64, middleware=[log], observers=observers) as client:
        await client.text_to_image("a red fox", seed=7, tag="demo")


def _run(observers: list[Observer]) -> None:
    log = AuditLog("audit.db")
    if "--sync" in sys.argv:
        with Imagine.sandbox(side=64, middleware=[log], observers=observers) as client:
            client.text_to_image("a red fox", seed=7, tag="demo")
    else:
        anyio.run(_call, log, observers)
    print(*log.execute("SELECT * FROM audit"), "without an end:", *log.execute(UNFINISHED), sep="\n")
    log.close()


def _crash(event: Event) -> None:
    if event.kind == "sending":
        os._exit(1)  # As if the power had gone.


if __name__ == "__main__":
    _run([_crash] if "--crash" in sys.argv else [])
