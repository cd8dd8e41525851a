"""Measuring in a process of its own, whose memory nothing else has touched."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

__all__ = ["in_child", "megabytes_in", "memory_now", "peak_since"]

_PATIENCE = 3_600.0


def in_child(measure: Callable[..., list[float]], *arguments: str) -> list[float]:
    """Call a function in a new interpreter.

    Args:
        measure: A function of a module, known by its name there.
        *arguments: What it is called with.

    Returns:
        What it returned.
    """
    code = f"import sys; from {measure.__module__} import {measure.__qualname__} as f; print(*f(*sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.PIPE, text=True, timeout=_PATIENCE
    )
    return [float(word) for word in done.stdout.split()]


def memory_now() -> float:
    """Return what this process holds, in MB, and let its peak begin here."""
    # Importing leaves a peak behind that would hide whatever stays below it.
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    return _status("VmRSS")


def peak_since(before: float) -> float:
    """Return how far memory has risen, in MB, over what `memory_now` returned.

    Args:
        before: What that was.
    """
    return max(0.0, _status("VmHWM") - before)


def _status(name: str) -> float:
    return megabytes_in(Path("/proc/self/status").read_text("ascii"), name)


def megabytes_in(status: str, name: str) -> float:
    """Read a figure from what Linux tells about a process.

    Args:
        status: The text of `/proc/self/status`.
        name: For example `VmRSS`.
    """
    line = next(line for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024 / 1_000_000
