"""A peer in a process of its own, which is told what to do and says what that took."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from threading import Timer
from typing import Any, cast

from benchmarks.clients import Client
from benchmarks.environments import environments
from benchmarks.loopback import Loopback, picture_of
from benchmarks.peers.work import Answer, Order

__all__ = ["PICTURE_NAME", "PeerProcess", "peer_processes"]

PICTURE_NAME = "picture.png"
_PATIENCE = 60.0
_ROOT = Path(__file__).parent.parent


class PeerProcess:
    """A peer.

    Args:
        client: Which.
        server: Whom it asks.
        wide: Calls at once at most.
        folder: Where files go.
    """

    def __init__(self, client: Client, server: Loopback, *, wide: int, folder: Path) -> None:
        self.client = client
        self._folder = folder
        python = sys.executable if client.environment is None else str(environments()[client.environment].ready())
        words = ["-m", "benchmarks.peers", client.module, server.url, str(wide), str(folder / PICTURE_NAME)]
        self._process = subprocess.Popen(
            [python, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(server),
            cwd=_ROOT,
        )

    def wait_until_ready(self) -> None:
        """Wait until it takes orders."""
        self._read(_PATIENCE)

    def carry_out(self, do: str, *, count: int, wide: int, seconds: float = 5.0) -> Answer:
        """Have it make calls.

        Args:
            do: `small`, `to_disk` or `upload`.
            count: How many.
            wide: How many at once.
            seconds: After so many, it begins none any more; those that are under way it awaits.

        Returns:
            What that took.
        """
        order = Order(do=do, count=count, wide=wide, seconds=seconds, folder=str(self._folder))
        assert self._process.stdin is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return cast("Answer", self._read(2 * seconds + _PATIENCE))

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    def _read(self, seconds: float) -> Any:
        assert self._process.stdout is not None
        watch = Timer(seconds, self._process.kill)
        watch.start()
        try:
            line = self._process.stdout.readline()
        finally:
            watch.cancel()
        if not line:
            raise RuntimeError(f"{self.client.module} has ended, or said nothing for {seconds:.0f} s")
        return json.loads(line)


@contextlib.contextmanager
def peer_processes(
    clients: Sequence[Client], server: Loopback, *, wide: int, folder: Path
) -> Generator[Sequence[PeerProcess], None, None]:
    """Start some peers side by side, and end them with the block.

    Args:
        clients: Which.
        server: Whom they ask.
        wide: Calls at once at most.
        folder: Where files go; a picture to upload is put there.
    """
    (folder / PICTURE_NAME).write_bytes(picture_of(1024))
    with contextlib.ExitStack() as stack:
        processes = []
        for client in clients:
            processes.append(PeerProcess(client, server, wide=wide, folder=folder))
            stack.callback(processes[-1].close)
        for process in processes:
            process.wait_until_ready()
        yield processes


def _environment(server: Loopback) -> dict[str, str]:
    """Return the environment of a peer: all of them take the authority to trust from there, and no settings."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("IMAGINE_", "OPENAI_", "FAL_"))}
    return ours if server.authority is None else {**ours, "SSL_CERT_FILE": server.authority}
