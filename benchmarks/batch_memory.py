"""What memory a long batch needs, and how long it takes to pass over one that is done; each in a process of its own.

`IMAGINE_BENCH_ROWS` and `IMAGINE_BENCH_PICTURES` set how many rows: the figures that the project holds itself to are
those of 1,000,000 rows and of 5,000 pictures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anyio

from benchmarks.instant_app import instant_client
from benchmarks.loopback import loopback
from benchmarks.report import Figure
from imagine_async import AsyncImagine, TextToImage, open_sink, read_manifest

__all__ = ["measure_batch_memory"]

_ROWS = int(os.environ.get("IMAGINE_BENCH_ROWS", "30000"))
_PICTURES = int(os.environ.get("IMAGINE_BENCH_PICTURES", "1000"))
_SETTLED = 10_000
_PICTURE_BYTES = 1_000_000
_WIDE = 64
_PICTURES_WIDE = 200


def measure_batch_memory() -> list[Figure]:
    """Run each batch in a process of its own, whose memory nothing else has touched."""
    with tempfile.TemporaryDirectory() as folder:
        peak, settled, last, _ = _measured("rows", folder)
        resumed = [_measured("rows", folder)[3] * 1_000_000 / _ROWS for _ in range(3)]
        with loopback(reply_bytes=_PICTURE_BYTES) as server:
            pictures_peak, *_ = _measured("pictures", folder, server.url)
    return [
        Figure(f"memory of {_ROWS:,} rows", "MB at most", [peak], target=300),
        Figure(f"growth of memory from row {_SETTLED:,} on", "MB", [last - settled], target=10),
        Figure(f"passing over {_ROWS:,} rows that are done", "s a million", resumed, target=10, slack=0.5),
        Figure(
            f"memory of {_PICTURES:,} pictures of 1 MB, {_PICTURES_WIDE} wide",
            "MB at most",
            [pictures_peak],
            target=250,
        ),
    ]


def _measured(what: str, folder: str, *arguments: str) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.batch_memory", what, folder, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [float(word) for word in done.stdout.split()]


async def _rows(folder: Path) -> list[float]:
    manifest = folder / "rows.jsonl"
    if not manifest.exists():
        with manifest.open("w") as file:
            file.writelines(
                json.dumps({"prompt": f"a red fox, number {number}", "style": "realistic", "seed": number + 1}) + "\n"
                for number in range(_ROWS)
            )
    settled, ended = 0.0, 0
    async with instant_client() as client:
        await client.batch([], journal=False).run()
        start = time.perf_counter()
        async for result in client.batch(read_manifest(manifest), journal=folder / "rows.sqlite", concurrency=_WIDE):
            assert result.is_done
            ended += 1
            settled = _memory("VmRSS") if ended == _SETTLED else settled
        seconds = time.perf_counter() - start
    return [_memory("VmHWM"), settled, _memory("VmRSS"), seconds]


async def _pictures(folder: Path, url: str = "") -> list[float]:
    requests = (TextToImage(prompt=f"a red fox, number {number}", seed=number + 1) for number in range(_PICTURES))
    async with AsyncImagine(
        "vk-benchmark", max_connections=_PICTURES_WIDE, base_url=url, rate_limit=None, concurrency=None
    ) as client:
        sink = open_sink(folder / "pictures", sync=False)
        summary = await client.batch(requests, out=sink, concurrency=_PICTURES_WIDE).run()
        assert summary.is_complete
        assert summary.progress.bytes > 0.99 * _PICTURES * _PICTURE_BYTES
    return [_memory("VmHWM")]


def _memory(name: str) -> float:
    """Return a figure of this process in MB; `ru_maxrss` would begin with the parent's."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(name))


def _main() -> None:
    what, folder, *arguments = sys.argv[1:]
    figures = anyio.run(_rows, Path(folder)) if what == "rows" else anyio.run(_pictures, Path(folder), arguments[0])
    print(*figures)


if __name__ == "__main__":
    _main()
