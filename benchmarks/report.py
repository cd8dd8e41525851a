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
        target: The most that the median may be.
    """

    name: str
    unit: str
    values: Sequence[float]
    target: float

    @property
    def median(self) -> float:
        """The median of the runs."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.median <= self.target

    def line(self) -> str:
        """Return the figure as a line of text: median, range, target."""
        span = f"{min(self.values):.1f} to {max(self.values):.1f}"
        verdict = "met" if self.met else "MISSED"
        return f"{self.name}: median {self.median:.1f} {self.unit} ({span}), at most {self.target:g}: {verdict}"
