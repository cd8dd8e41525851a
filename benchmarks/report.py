"""A measured figure and its target."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from attrs import frozen

__all__ = ["Figure"]


@frozen
class Figure:
    """What was measured over several runs.

    Args:
        name: What it is.
        unit: For example `ms`.
        values: One for each run.
        target: The most that the median may be; or the least, with `at_least`.
        at_least: Whether more is better.
    """

    name: str
    unit: str
    values: Sequence[float]
    target: float
    at_least: bool = False

    @property
    def median(self) -> float:
        """The median of the runs."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.median >= self.target if self.at_least else self.median <= self.target

    def line(self) -> str:
        """Return the figure as a line of text: median, range, target."""
        digits = 1 if self.target >= 5 else 2
        span = f"{min(self.values):.{digits}f} to {max(self.values):.{digits}f}"
        verdict = "met" if self.met else "MISSED"
        bound = "at least" if self.at_least else "at most"
        return f"{self.name}: median {self.median:.{digits}f} {self.unit} ({span}), {bound} {self.target:g}: {verdict}"
