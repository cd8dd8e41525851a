"""One connection to a host that has several addresses, of which some may lead nowhere (RFC 8305).

anyio has this for streams of its own, and asyncio's own way loses sockets when it is cancelled.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import chain, zip_longest

import anyio
import httpcore
from anyio.abc import TaskGroup

__all__ = ["connect_to_one"]

_HEAD_START_SECONDS = 0.25

Connect = Callable[[str], Awaitable[httpcore.AsyncNetworkStream]]


async def connect_to_one(host: str, addresses: Iterable[str], connect: Connect) -> httpcore.AsyncNetworkStream:
    """Connect to whichever address answers first; each has a quarter of a second's start before the next.

    Args:
        host: Whose addresses they are, for the error.
        addresses: As the resolver has them, its first choice first; tried by turns of the two families.
        connect: Connects to an address.

    Returns:
        The stream to the first that answers; those to others are closed.

    Raises:
        httpcore.ConnectError: None of them takes the connection; the error of the last one.
    """
    ordered = _by_turns([ip_address(address) for address in dict.fromkeys(addresses)])
    if len(ordered) == 1:
        return await connect(ordered[0])
    race = _Race(connect, httpcore.ConnectError(f"{host} has no address"))
    return await race.run(ordered)


class _Race:
    def __init__(self, connect: Connect, failure: Exception) -> None:
        self._connect = connect
        self._failure = failure
        self._winner: httpcore.AsyncNetworkStream | None = None

    async def run(self, addresses: list[str]) -> httpcore.AsyncNetworkStream:
        try:
            async with anyio.create_task_group() as group:
                for address in addresses:
                    ended = anyio.Event()
                    group.start_soon(self._try, address, ended, group)
                    with anyio.move_on_after(_HEAD_START_SECONDS):
                        await ended.wait()
        except BaseException:
            # Cancelled from outside, after one had answered.
            await _closed(self._winner)
            raise
        if self._winner is None:
            raise self._failure
        return self._winner

    async def _try(self, address: str, ended: anyio.Event, group: TaskGroup) -> None:
        try:
            stream = await self._connect(address)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            self._failure = error
        else:
            if self._winner is None:
                self._winner = stream
                group.cancel_scope.cancel()
            else:
                await _closed(stream)
        finally:
            ended.set()


async def _closed(stream: httpcore.AsyncNetworkStream | None) -> None:
    if stream is not None:
        with anyio.CancelScope(shield=True):
            await stream.aclose()


def _by_turns(addresses: list[IPv4Address | IPv6Address]) -> list[str]:
    first = [address for address in addresses if address.version == addresses[0].version]
    second = [address for address in addresses if address.version != addresses[0].version]
    return [str(address) for address in chain.from_iterable(zip_longest(first, second)) if address is not None]
