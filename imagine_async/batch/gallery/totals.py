"""The figures at the head of a gallery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from attrs import define, field

from imagine_async.batch.records import RowRecord, RowState

__all__ = ["ENDED", "Totals", "size_in_words"]

ENDED = frozenset({RowState.DONE, RowState.FAILED, RowState.UNKNOWN})
"""The states of rows that a gallery shows."""

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@define
class Totals:
    """What the rows come to, as they pass by."""

    states: Counter[RowState] = field(factory=Counter)
    tokens: float = 0.0
    size: int = 0
    shown: int = 0

    def add(self, record: RowRecord) -> None:
        """Count a row.

        Args:
            record: The row.
        """
        self.states[record.state] += 1
        self.shown += record.state in ENDED
        self.tokens += record.tokens or 0
        self.size += record.size or 0

    def figures(self) -> Iterator[tuple[str, str]]:
        """Give pairs of a figure and what it counts; without those that are nought and need not be told."""
        yield f"{self.states[RowState.DONE]:,}", "done"
        others = {
            "failed": self.states[RowState.FAILED],
            "unknown": self.states[RowState.UNKNOWN],
            "not done yet": sum(count for state, count in self.states.items() if state not in ENDED),
        }
        yield from ((f"{count:,}", name) for name, count in others.items() if count)
        yield f"{round(self.tokens, 2):,}".removesuffix(".0"), "tokens"
        yield size_in_words(self.size), "of files"


def size_in_words(size: float) -> str:
    """Write a size for people.

    Args:
        size: Bytes.
    """
    for unit in _UNITS[:-1]:
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} {_UNITS[-1]}"
