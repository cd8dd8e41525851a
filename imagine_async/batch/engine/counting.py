"""How far a batch has come: counted as it goes."""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from imagine_async.batch.records import BatchProgress, RowState
from imagine_async.call import Event, EventKind
from imagine_async.clock import Clock

__all__ = ["Counts"]

_RATE_SECONDS = 60
_MOST_FAILURES = 20


class Counts:
    """Counts rows, tokens and waits; an observer of the calls.

    Args:
        clock: The time.
        total: Rows in the input, where that is known.
    """

    kinds: ClassVar[frozenset[EventKind]] = frozenset({"waiting", "failed"})
    """The events that it wants to be told of."""

    def __init__(self, clock: Clock, total: int | None) -> None:
        self._clock = clock
        self._started = clock.now()
        self._ended_at: float | None = None
        # Of each second in which rows ended: when it was, and how many.
        self._recent: deque[tuple[int, int]] = deque()
        self._waiting: set[str] = set()
        self.total = total
        self.done = self.skipped = self.failed = self.unknown = self.running = self.bytes = 0
        self.tokens = self.tokens_held = self.limiter_wait = 0.0
        self.tokens_left: float | None = None
        self.paused = False
        self.failures: list[tuple[str, str]] = []

    def __call__(self, event: Event) -> None:
        """Take notice of an event of a call."""
        if event.kind == "waiting":
            self._waiting.add(event.call_id)
            self.limiter_wait += event.seconds or 0.0
        else:
            self._waiting.discard(event.call_id)

    def note_leaving(self, call_id: str) -> None:
        """Take notice of a call that has waited long enough.

        Args:
            call_id: Its id.
        """
        self._waiting.discard(call_id)

    def note_cost(self, tokens: float, *, is_held: bool) -> None:
        """Count what an attempt has cost, or may have.

        Args:
            tokens: How much.
            is_held: Whether it may have been charged and nobody knows.
        """
        if is_held:
            self.tokens_held += tokens
        else:
            self.tokens += tokens
        if self.tokens_left is not None:
            self.tokens_left = max(0.0, self.tokens_left - tokens)

    def note_skipped(self, rows: int = 1) -> None:
        """Count rows that were done before."""
        self.skipped += rows
        self.done += rows

    def note_end(self, state: RowState, *, size: int = 0, place: str = "", error: Exception | None = None) -> None:
        """Count a row that has ended in this run.

        Args:
            state: How.
            size: Bytes of its file.
            place: What people call the row.
            error: What went wrong.
        """
        if state is RowState.DONE:
            self.done += 1
            self.bytes += size
        elif state is RowState.FAILED:
            self.failed += 1
        elif state is RowState.UNKNOWN:
            self.unknown += 1
        else:
            return
        if error is not None and len(self.failures) < _MOST_FAILURES:
            self.failures.append((place, f"{type(error).__name__}: {error}"))
        self._note_rate()

    def end(self) -> None:
        """Stop the time."""
        self._ended_at = self._clock.now()

    def progress(self) -> BatchProgress:
        """Return the figures as they are now."""
        now = self._clock.now() if self._ended_at is None else self._ended_at
        return BatchProgress(
            total=self.total,
            done=self.done,
            skipped=self.skipped,
            failed=self.failed,
            unknown=self.unknown,
            running=self.running,
            waiting=len(self._waiting),
            tokens=self.tokens,
            tokens_held=self.tokens_held,
            tokens_left=self.tokens_left,
            bytes=self.bytes,
            elapsed=now - self._started,
            rate=self._rate(now),
            limiter_wait=self.limiter_wait,
            paused=self.paused,
        )

    def _note_rate(self) -> None:
        second = int(self._clock.now())
        if self._recent and self._recent[-1][0] == second:
            self._recent[-1] = (second, self._recent[-1][1] + 1)
            return
        self._recent.append((second, 1))
        while self._recent[0][0] <= second - _RATE_SECONDS:
            self._recent.popleft()

    def _rate(self, now: float) -> float:
        rows = sum(number for second, number in self._recent if second > now - _RATE_SECONDS)
        seconds = min(_RATE_SECONDS, now - self._started)
        return rows / seconds if seconds > 0 else 0.0
