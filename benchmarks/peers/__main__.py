"""`python -m benchmarks.peers MODULE URL WIDE PICTURE`: a peer that takes orders, one in each line of its input."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from pathlib import Path
from typing import TextIO

from benchmarks.peers.peer import Place
from benchmarks.peers.work import carry_out


async def _serve(module: str, place: Place, answers: TextIO) -> None:
    """Stay in one event loop for all orders; between them it stands still, and takes no time from other peers."""
    async with importlib.import_module(f"benchmarks.peers.{module}").open_peer(place) as peer:
        _say(answers, {"ready": module})
        for line in sys.stdin:
            _say(answers, await carry_out(peer, json.loads(line)))


def _say(answers: TextIO, answer: object) -> None:
    print(json.dumps(answer), file=answers, flush=True)


def _main() -> None:
    module, url, wide, picture = sys.argv[1:]
    answers, sys.stdout = sys.stdout, sys.stderr
    asyncio.run(_serve(module, Place(url, int(wide), Path(picture)), answers))


if __name__ == "__main__":
    _main()
