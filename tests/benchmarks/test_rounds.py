"""Peers by turns: ours before and after each, what stood side by side is compared."""

from __future__ import annotations

from typing import Any, cast

from attrs import field, frozen

from benchmarks.clients import Client, clients_named
from benchmarks.measures import calls_per_second, cpu_per_call
from benchmarks.peer_process import PeerProcess
from benchmarks.peers.work import Answer
from benchmarks.rounds import Turns, by_rounds
from tests.benchmarks.answers import answer


@frozen
class Scripted:
    """A peer that notes its turns."""

    client: Client
    log: list[str]
    counts: list[int] = field(factory=list[int])

    def carry_out(self, do: str, *, count: int, wide: int, seconds: float = 5.0) -> Answer:
        self.log.append(self.client.module)
        self.counts.append(count)
        return answer(calls=count, seconds=count / 1000)


def scripted(log: list[str], *modules: str) -> list[PeerProcess]:
    return [cast("PeerProcess", Scripted(client, log)) for client in clients_named(modules)]


def test_turns() -> None:
    """Ours goes before and after each peer, and the peers begin in another order in each round."""
    log: list[str] = []
    by_rounds(scripted(log, "ours", "httpx_files", "aiohttp_form"), "small", wide=1, most=2)
    trials, turns = log[:3], log[3:]
    assert trials == ["ours", "httpx_files", "aiohttp_form"]
    assert turns[:5] == ["ours", "httpx_files", "ours", "aiohttp_form", "ours"]
    assert turns[5:] == ["ours", "aiohttp_form", "ours", "httpx_files", "ours"]


def test_as_long_as_told() -> None:
    """A turn has as many calls as fit into it, and never fewer than are made at once."""
    peers = scripted([], "ours")
    by_rounds(peers, "small", wide=10, most=1, turn_seconds=0.2)
    by_rounds(peers, "small", wide=500, most=1, turn_seconds=0.2)
    assert cast("Any", peers[0]).counts[1::2] == [200, 500]


def test_three_rounds_at_least() -> None:
    """Where time is up, three rounds are made."""
    rounds = by_rounds(scripted([], "ours", "fal_run"), "small", wide=1, seconds_each=-1.0)
    assert len(rounds.turns["fal_run"].theirs) == 3


def test_ratios() -> None:
    """A ratio is ours to theirs, round by round; to none at all it is endless."""
    turns = Turns(theirs=[answer(calls=50), answer(calls=0, failed=9)], ours=[answer(calls=100), answer(calls=100)])
    assert turns.ratios(calls_per_second) == [2.0, float("inf")]
    assert turns.ratios(cpu_per_call)[0] == 0.5
