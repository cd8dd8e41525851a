"""How soon the SDK is there: its import over a bare interpreter, and its first call over the import of httpx."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence

from attrs import frozen

from benchmarks.import_time import measure_import
from benchmarks.loopback import loopback
from benchmarks.report import Figure
from benchmarks.scenarios.full_client import KEY
from benchmarks.targets import targeted

__all__ = ["Spent", "compiling_into", "measure_start", "more_of"]

_ROUNDS = 15

# httpx and httpcore import these where they find them. They are here for the tests, and not with a user of the SDK.
_HIDDEN = "import sys; sys.modules.update(dict.fromkeys(['trio', 'socksio', 'rich', 'click', 'pygments']))"
# What an interpreter does at its end is nothing that a call waits for.
_HTTPX = f"{_HIDDEN}; import httpx; import os; os._exit(0)"
_PROGRAM = f"""
{_HIDDEN}
import asyncio
from imagine_async import AsyncImagine

async def main():
    async with AsyncImagine({KEY!r}, base_url=sys.argv[1]) as client:
        CALL
        import os; os._exit(0)

asyncio.run(main())
"""
_READY = _PROGRAM.replace("CALL", "pass")
_FIRST_CALL = _PROGRAM.replace("CALL", 'await client.text_to_image("a red fox")')


@frozen
class Spent:
    """What a process took, in milliseconds.

    Args:
        wall: By the clock.
        cpu: User and system time.
    """

    wall: float
    cpu: float


def measure_start() -> list[Figure]:
    """Start interpreters by turns, each a process of its own."""
    with loopback() as server, tempfile.TemporaryDirectory() as cache:
        surroundings = compiling_into(cache, os.environ)
        rounds = [
            [_spent(surroundings, code, server.url) for code in (_READY, _HTTPX, _FIRST_CALL)]
            for _ in range(1 + _ROUNDS)
        ][1:]
    ready = more_of([(ready, httpx) for ready, httpx, _ in rounds])
    called = more_of([(called, httpx) for _, httpx, called in rounds])
    name = "ready for the first call, over `import httpx`"
    return [
        *measure_import(),
        targeted("start.ready_over_httpx", name, "ms", [more.wall for more in ready]),
        Figure(f"{name}, in CPU time", "ms", [more.cpu for more in ready]),
        Figure("first call answered, over `import httpx`", "ms", [more.wall for more in called]),
    ]


def more_of(pairs: Sequence[tuple[Spent, Spent]]) -> list[Spent]:
    """Tell how much more the first of each pair took than the second.

    Args:
        pairs: What ran one after the other.
    """
    return [Spent(one.wall - other.wall, one.cpu - other.cpu) for one, other in pairs]


def compiling_into(folder: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Let interpreters keep what they compile, as they do where a package is installed, and leave no trace here.

    Args:
        folder: Where it is kept.
        environment: What they would have been started with.
    """
    kept = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": folder}


def _spent(surroundings: Mapping[str, str], code: str, *arguments: str) -> Spent:
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], env=surroundings)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    # The process was waited for behind its back.
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, "the process failed"
    return Spent(1000 * seconds, 1000 * (usage.ru_utime + usage.ru_stime))
