"""Waits that end when nobody is left to wait for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyio
from attrs import frozen
from starlette.types import Receive

__all__ = ["ClientGoneError", "Sleep", "SleepWhileThere"]

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""


class ClientGoneError(Exception):
    """The client has left while its reply was put off."""


@frozen
class SleepWhileThere:
    """Waits for as long as the client does.

    Args:
        sleep: Waits so many seconds.
        receive: The request's; nobody else may read from it meanwhile.
    """

    sleep: Sleep
    receive: Receive

    async def __call__(self, seconds: float) -> None:
        """Wait.

        Args:
            seconds: How long.

        Raises:
            ClientGoneError: The client has left.
        """
        async with anyio.create_task_group() as group:
            group.start_soon(self._cancel_once_gone, group.cancel_scope)
            await self.sleep(seconds)
            group.cancel_scope.cancel()
            return
        raise ClientGoneError

    async def _cancel_once_gone(self, scope: anyio.CancelScope) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        scope.cancel()
