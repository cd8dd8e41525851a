"""What was measured on, and with which versions."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
from pathlib import Path

from benchmarks.environments import environments
from imagine_async.version import VERSION

__all__ = ["machine_facts"]

_OURS = ("httpx", "httpcore", "h11", "anyio")


def machine_facts() -> dict[str, str]:
    """Return what figures depend on, by name."""
    peers = [requirement for environment in environments().values() for requirement in environment.requirements]
    return {
        "Date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "Processor": _processor(),
        "Cores": str(os.cpu_count()),
        "System": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "imagine_async": ", ".join([VERSION, *(f"{name} {importlib.metadata.version(name)}" for name in _OURS)]),
        "Peers": ", ".join(requirement.replace("==", " ") for requirement in sorted(peers)),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo")
    if lines.exists():
        names = [line.partition(":")[2] for line in lines.read_text().splitlines() if line.startswith("model name")]
        if names:
            return names[0].strip()
    return platform.processor() or platform.machine()
