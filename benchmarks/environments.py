"""The virtual environments of the peers, made on first use: nothing of theirs gets into the one that measures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

__all__ = ["Environment", "environments"]

_ROOT = Path(__file__).parent.parent / ".benchmarks" / "environments"
_PINS = Path(__file__).with_name("peers.toml")


@frozen
class Environment:
    """A virtual environment.

    Args:
        folder: Where it is, or will be.
        requirements: What is installed into it, pinned.
    """

    folder: Path
    requirements: Sequence[str]

    @property
    def python(self) -> Path:
        """The interpreter in it."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def is_ready(self) -> bool:
        """Whether it holds these requirements, for this version of Python."""
        return self._stamp.is_file() and self._stamp.read_text("utf-8") == self._contents()

    def ready(self) -> Path:
        """Make it, unless it is there.

        Returns:
            Its interpreter.

        Raises:
            subprocess.CalledProcessError: It cannot be made; nothing counts as made then.
        """
        if not self.is_ready:
            shutil.rmtree(self.folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(self.folder)], check=True)
            install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", *self.requirements]
            subprocess.run([str(self.python), *install], check=True)
            self.stamp()
        return self.python

    def stamp(self) -> None:
        """Note what it holds; the last step, so that one that was left half made is made anew."""
        self._stamp.write_text(self._contents(), "utf-8")

    @property
    def _stamp(self) -> Path:
        return self.folder / "requirements.json"

    def _contents(self) -> str:
        return json.dumps({"python": sys.version, "requirements": list(self.requirements)})


def environments(root: Path = _ROOT, pins: Path = _PINS) -> dict[str, Environment]:
    """Return all environments by name; none is made by that.

    Args:
        root: The folder for them.
        pins: What each of them holds, as TOML.
    """
    tables = tomllib.loads(pins.read_text("utf-8"))
    return {name: Environment(root / name, table["requirements"]) for name, table in tables.items()}
