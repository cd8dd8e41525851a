"""Signals: Ctrl-C once lets the running rows end, and twice stops them; so does the end of the terminal, once."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

import anyio
from anyio.abc import TaskStatus

from imagine_async.clock import Clock

__all__ = ["Stopper", "signals_to_heed", "watch_signals"]

_SAME_PRESS_SECONDS = 0.25
"""A program that runs this one may pass on a Ctrl-C that the terminal has sent to both."""


class Stopper:
    """Counts what tells a batch to stop.

    Args:
        drain: Lets the running rows end and begins no more.
        cancel: Stops the running rows.
        clock: The time.
    """

    def __init__(self, drain: Callable[[], None], cancel: Callable[[], None], clock: Clock) -> None:
        self._drain = drain
        self._cancel = cancel
        self.clock = clock
        self._pressed_at = 0.0
        self.is_stopping = False
        self.is_cancelled = False

    def heed(self, number: int) -> None:
        """Do as a signal says.

        Only Ctrl-C stops at once when it comes again: `timeout` and others send SIGTERM twice and mean it once.

        Args:
            number: The signal's number.
        """
        now = self.clock.now()
        if not self.is_stopping:
            self.is_stopping, self._pressed_at = True, now
            self._drain()
        elif number == signal.SIGINT and not self.is_cancelled and now - self._pressed_at >= _SAME_PRESS_SECONDS:
            self.is_cancelled = True
            self._cancel()


def signals_to_heed() -> list[signal.Signals]:
    """Return the signals that tell a batch to stop, without those that whoever started the process has it ignore."""
    if sys.platform == "win32":  # pragma: no cover - runs on Windows alone
        # No event loop receives signals there; Ctrl-C raises KeyboardInterrupt, which stops at once.
        return []
    wanted = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
    return [number for number in wanted if number is not None and signal.getsignal(number) is not signal.SIG_IGN]


async def watch_signals(stopper: Stopper, *, task_status: TaskStatus[None]) -> None:
    """Heed signals until cancelled.

    Args:
        stopper: Is told of them.
        task_status: Is told once they are heeded.
    """
    numbers = signals_to_heed()
    if not numbers:
        task_status.started()
        await anyio.sleep_forever()
    with anyio.open_signal_receiver(*numbers) as received:
        task_status.started()
        async for number in received:
            stopper.heed(number)
