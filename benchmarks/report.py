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
        target: The most that the median may be; or the least, with `at_least`. `None`: it is shown and not judged.
        at_least: Whether more is better.
        slack: By what share of its target it may be missed before `--check` fails.
    """

    name: str
    unit: str
    values: Sequence[float]
    target: float | None = None
    at_least: bool = False
    slack: float = 0.0

    @property
    def median(self) -> float:
        """The median of the runs."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self._reaches(0.0)

    @property
    def holds(self) -> bool:
        """Whether the target is met, or missed by no more than the slack."""
        return self._reaches(self.slack)

    @property
    def verdict(self) -> str:
        """What is to be said of it."""
        if self.met:
            return "met"
        return f"missed but within {100 * self.slack:.0f} %" if self.holds else "MISSED"

    def line(self) -> str:
        """Return the figure as a line of text: median, range, target."""
        _, median, span, bound, verdict = self.cells()
        return f"{self.name}: median {median} ({span})" + (f", {bound}: {verdict}" if bound else "")

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return name, median, range, target and verdict, the last two empty where there is no target."""
        digits = 1 if (self.median if self.target is None else self.target) >= 5 else 2
        span = f"{min(self.values):.{digits}f} to {max(self.values):.{digits}f}"
        median = f"{self.median:.{digits}f} {self.unit}"
        if self.target is None:
            return self.name, median, span, "", ""
        bound = "at least" if self.at_least else "at most"
        return self.name, median, span, f"{bound} {self.target:g}", self.verdict

    def _reaches(self, slack: float) -> bool:
        if self.target is None:
            return True
        if self.at_least:
            return self.median >= self.target * (1 - slack)
        return self.median <= self.target * (1 + slack)
