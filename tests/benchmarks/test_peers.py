"""Peers in processes of their own, against the server of the benchmarks."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.clients import CLIENTS, clients_named
from benchmarks.environments import environments

pytest.importorskip("uvloop")

from benchmarks.loopback import loopback, picture_of
from benchmarks.peer_process import peer_processes

PICTURE_BYTES = 300_000


def test_every_client_is_there() -> None:
    """Every client has its module, and its environment where it needs one."""
    folder = Path(__file__).parents[2] / "benchmarks" / "peers"
    for client in CLIENTS:
        assert (folder / f"{client.module}.py").is_file()
        assert client.environment is None or client.environment in environments()


def test_ours(tmp_path: Path) -> None:
    """The SDK as a peer carries out each kind of order in one process, and tells what came back."""
    size = len(picture_of(PICTURE_BYTES))
    with (
        loopback(reply_bytes=PICTURE_BYTES) as server,
        peer_processes(clients_named(["ours"]), server, wide=2, folder=tmp_path) as (ours,),
    ):
        for do in ("small", "to_disk", "upload"):
            answer = ours.carry_out(do, count=4, wide=2)
            assert (answer["calls"], answer["failed"], answer["error"]) == (4, 0, "")
            assert answer["bytes"] == 4 * size
            assert answer["cpu_seconds"] > 0
            assert 0 < answer["latency"] < answer["seconds"]
    assert {file.name for file in tmp_path.iterdir()} == {"0.png", "1.png", "picture.png"}


def test_failures_are_counted(tmp_path: Path) -> None:
    """Calls that fail are counted, and the error is told; the peer goes on."""
    with (
        loopback() as server,
        peer_processes(clients_named(["by_hand"]), server, wide=1, folder=tmp_path) as (peer,),
    ):
        answer = peer.carry_out("upload", count=3, wide=1)
        assert (answer["calls"], answer["failed"], answer["error"]) == (
            0,
            3,
            "CannotError('no picture from picture.png')",
        )
        assert peer.carry_out("small", count=3, wide=1)["calls"] == 3


def test_time_is_up(tmp_path: Path) -> None:
    """When the time of an order is up, no call is begun any more."""
    with (
        loopback() as server,
        peer_processes(clients_named(["by_hand"]), server, wide=1, folder=tmp_path) as (peer,),
    ):
        assert peer.carry_out("small", count=10_000, wide=1, seconds=0.0)["calls"] == 0
