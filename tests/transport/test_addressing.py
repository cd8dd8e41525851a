"""Hosts with several addresses, of which some lead nowhere: the first that answers is taken, the others are let go."""

from __future__ import annotations

import anyio
import httpcore
import pytest

from imagine_async.transport.addressing import connect_to_one

pytestmark = pytest.mark.anyio

V4, OTHER_V4, V6 = "192.0.2.1", "192.0.2.2", "2001:db8::1"


class Stream(httpcore.AsyncNetworkStream):
    """A stream that knows whether it was closed."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.is_closed = False

    async def aclose(self) -> None:
        self.is_closed = True


class Network:
    """Answers, refuses or says nothing, by address."""

    def __init__(self, **behaviours: float | None) -> None:
        self.seconds = behaviours
        self.asked: list[str] = []
        self.opened: list[Stream] = []

    async def connect(self, address: str) -> Stream:
        self.asked.append(address)
        seconds = self.seconds[{V4: "v4", OTHER_V4: "other", V6: "v6"}[address]]
        if seconds is None:
            raise httpcore.ConnectError(f"{address} refuses")
        await anyio.sleep(seconds)
        self.opened.append(Stream(address))
        return self.opened[-1]


async def test_an_address_that_says_nothing_holds_nobody_up() -> None:
    """After a quarter of a second the next address is tried beside the first, and wins."""
    network = Network(v6=60, v4=0)
    with anyio.fail_after(5):
        stream = await connect_to_one("host", [V6, V4], network.connect)
    assert isinstance(stream, Stream)
    assert (stream.address, stream.is_closed) == (V4, False)


async def test_families_are_tried_by_turns() -> None:
    """One family may lead nowhere, so that its second address comes after the other's first."""
    network = Network(v4=None, other=None, v6=None)
    with pytest.raises(httpcore.ConnectError, match=f"{OTHER_V4} refuses"):
        await connect_to_one("host", [V4, OTHER_V4, V6], network.connect)
    assert network.asked == [V4, V6, OTHER_V4]


async def test_who_refuses_gives_way_at_once() -> None:
    """Nobody waits a quarter of a second for an address that has refused."""
    network = Network(v6=None, v4=0)
    began = anyio.current_time()
    await connect_to_one("host", [V6, V4], network.connect)
    assert anyio.current_time() - began < 0.2


async def test_an_address_that_comes_too_late_is_closed() -> None:
    """Of two that answer one is used, and the other closed or never opened."""
    network = Network(v6=0.3, v4=0.05)
    stream = await connect_to_one("host", [V6, V4], network.connect)
    await anyio.sleep(0.3)
    assert [each.is_closed for each in network.opened] == [each is not stream for each in network.opened]


async def test_cancelled_after_an_answer_nothing_stays_open() -> None:
    """A race that is cancelled leaves no stream behind."""
    network = Network(v6=60, v4=0.1)

    for seconds in (0.05, 0.3, 0.35, 0.36):
        with anyio.move_on_after(seconds):
            stream = await connect_to_one("host", [V6, V4], network.connect)
            await stream.aclose()
    assert all(each.is_closed for each in network.opened)


async def test_a_host_without_addresses_says_so() -> None:
    """Nothing is tried where there is nothing."""
    with pytest.raises(httpcore.ConnectError, match="host has no address"):
        await connect_to_one("host", [], Network().connect)
