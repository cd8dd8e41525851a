"""What has to be done before a call may leave, done while the call waits for its turn anyway."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import anyio

from imagine_async.call import Call
from imagine_async.tasks import spawn

__all__ = ["Preparing"]

_LEAD_SECONDS = 0.05
"""Long enough for a disk, and short enough that little is prepared for nothing."""


class Preparing:
    """Runs a call's `before_leaving` shortly before its turn; a context for the length of the wait.

    Args:
        call: The call.
        wait: Seconds until its turn, as far as is known.
    """

    def __init__(self, call: Call, wait: float) -> None:
        self._call = call
        self._wait = wait
        self._scope = anyio.CancelScope()
        self._is_over = anyio.Event()
        self._error: Exception | None = None
        self._task: object = None

    def __enter__(self) -> Self:
        """Begin to wait for the moment."""
        if self._call.before_leaving is not None:
            self._task = spawn(self._run)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave it, if it is not done yet: whoever makes the attempt does it then."""
        self._scope.cancel()

    async def finish(self) -> None:
        """Wait until it is done.

        Raises:
            Exception: What it raised.
        """
        if self._task is None:
            return
        await self._is_over.wait()
        if self._error is not None:
            raise self._error

    async def _run(self) -> None:
        assert self._call.before_leaving is not None
        try:
            with self._scope:
                await self._call.clock.sleep(max(0.0, self._wait - _LEAD_SECONDS))
                await self._call.before_leaving()
        except Exception as error:
            self._error = error
        finally:
            self._is_over.set()
