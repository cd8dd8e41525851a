"""Figures and their targets: what is met, what is missed within the slack, and what is missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.report import Figure
from benchmarks.targets import ratio

TARGETS = """
[calls.over_other]
at_most = 0.40

[throughput.over_other]
at_least = 9.0
"""


@pytest.fixture
def targets(tmp_path: Path) -> Path:
    file = tmp_path / "targets.toml"
    file.write_text(TARGETS)
    return file


@pytest.mark.parametrize(
    ("value", "verdict", "holds"),
    [(0.40, "met", True), (0.45, "missed but within 15 %", True), (0.47, "MISSED", False)],
)
def test_at_most(targets: Path, value: float, verdict: str, holds: bool) -> None:
    """A ratio that may be at most so much holds up to 15 % more."""
    figure = ratio("calls.over_other", "CPU", [value], targets=targets)
    assert (figure.verdict, figure.holds) == (verdict, holds)


@pytest.mark.parametrize(
    ("value", "verdict", "holds"),
    [(9.0, "met", True), (7.7, "missed but within 15 %", True), (7.6, "MISSED", False)],
)
def test_at_least(targets: Path, value: float, verdict: str, holds: bool) -> None:
    """A ratio that has to be at least so much holds down to 15 % less."""
    figure = ratio("throughput.over_other", "calls/s", [value], targets=targets)
    assert (figure.verdict, figure.holds) == (verdict, holds)


def test_no_slack() -> None:
    """A figure without slack holds only where its target is met."""
    assert Figure("memory", "MB", [10], target=10).holds
    assert Figure("memory", "MB", [10.1], target=10).verdict == "MISSED"
    assert not Figure("memory", "MB", [10.1], target=10).holds


def test_median_counts(targets: Path) -> None:
    """It is the median that is compared with the target, and the line shows it with its range."""
    figure = ratio("calls.over_other", "CPU", [0.9, 0.3, 0.2], targets=targets)
    assert figure.line() == "CPU: median 0.30 times (0.20 to 0.90), at most 0.4: met"


def test_unknown_target(targets: Path) -> None:
    """A ratio that has no target is refused."""
    with pytest.raises(KeyError):
        ratio("calls.over_another", "CPU", [1], targets=targets)
