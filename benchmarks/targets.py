"""Ratios and their targets, which stand in `targets.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import Figure

__all__ = ["SLACK", "ratio"]

SLACK = 0.15
"""By what share of its target a ratio may miss it before `--check` fails."""

_TARGETS = Path(__file__).with_name("targets.toml")


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
    scenario, _, name_in_it = key.partition(".")
    target = tomllib.loads(targets.read_text("utf-8"))[scenario][name_in_it]
    bound, value = next(iter(target.items()))
    return Figure(name, "times", values, target=value, at_least=bound == "at_least", slack=SLACK)
