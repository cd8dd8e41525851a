"""Ratios and their targets, which stand in `targets.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import Figure

__all__ = ["SLACK", "ratio", "targeted"]

SLACK = 0.15
"""By what share of its target a ratio may miss it before `--check` fails."""

_TARGETS = Path(__file__).with_name("targets.toml")


def targeted(key: str, name: str, unit: str, values: Sequence[float], *, targets: Path = _TARGETS) -> Figure:
    """Make a figure that has a target, and a slack of its own where the usual one is not enough.

    Args:
        key: Of its target, as `calls.cpu_over_httpx_files`.
        name: What it is.
        unit: For example `ms`.
        values: One for each round.
        targets: The file with the targets.

    Raises:
        KeyError: It has no target.
    """
    scenario, _, name_in_it = key.partition(".")
    target = tomllib.loads(targets.read_text("utf-8"))[scenario][name_in_it]
    bound = "at_least" if "at_least" in target else "at_most"
    return Figure(name, unit, values, target[bound], at_least=bound == "at_least", slack=target.get("slack", SLACK))


def ratio(key: str, name: str, values: Sequence[float], *, targets: Path = _TARGETS) -> Figure:
    """Make a figure of a ratio.

    Args:
        key: Of its target, as `calls.cpu_over_httpx_files`.
        name: What it is.
        values: One for each round.
        targets: The file with the targets.

    Raises:
        KeyError: It has no target.
    """
    return targeted(key, name, "times", values, targets=targets)
