"""What `import imagine_async` adds to a bare interpreter."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.report import Figure

__all__ = ["measure_import"]

_RUNS = 10


def measure_import() -> list[Figure]:
    """Start interpreters by turns with and without the import, each a process of its own."""
    _seconds("pass"), _seconds("import imagine_async")
    added = [1000 * (_seconds("import imagine_async") - _seconds("pass")) for _ in range(_RUNS)]
    return [Figure("import imagine_async, over a bare interpreter", "ms", added, target=40)]


def _seconds(statement: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start
