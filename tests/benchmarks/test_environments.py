"""The peers' environments: made once, and anew where their requirements have changed."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from benchmarks.environments import Environment, environments


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Note the commands instead of running them; that which makes an environment makes its folder."""
    seen: list[list[str]] = []

    def run(command: list[str], **options: Any) -> None:
        seen.append(command)
        if "venv" in command:
            Path(command[-1]).mkdir()

    monkeypatch.setattr("benchmarks.environments.subprocess.run", run)
    return seen


def test_made_once(tmp_path: Path, commands: list[list[str]]) -> None:
    """An environment is made on first use, with what is pinned, and used again."""
    environment = Environment(tmp_path / "httpx", ["httpx==0.28.1"])
    assert environment.ready() == environment.ready() == environment.python
    made, installed = commands
    assert made[1:] == ["-m", "venv", str(environment.folder)]
    assert installed[0] == str(environment.python)
    assert installed[-1] == "httpx==0.28.1"


def test_made_anew(tmp_path: Path, commands: list[list[str]]) -> None:
    """Where the requirements are others, what was there goes."""
    environment = Environment(tmp_path / "httpx", ["httpx==0.28.1"])
    environment.ready()
    (environment.folder / "old").touch()
    other = evolve(environment, requirements=["httpx==0.28.2"])
    assert not other.is_ready
    other.ready()
    assert other.is_ready
    assert not environment.is_ready
    assert not (environment.folder / "old").exists()


def test_half_made(tmp_path: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """One whose packages could not be installed does not count as made."""
    environment = Environment(tmp_path / "httpx", ["httpx==0.28.1"])

    def fail(command: list[str], **options: Any) -> None:
        environment.folder.mkdir(exist_ok=True)
        if "pip" in command:
            raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr("benchmarks.environments.subprocess.run", fail)
    with pytest.raises(subprocess.CalledProcessError):
        environment.ready()
    assert not environment.is_ready


def test_pins(tmp_path: Path) -> None:
    """Every peer is pinned to one version, and nothing is made by reading that."""
    found = environments(tmp_path)
    assert {"aiohttp", "fal", "httpx", "imaginesdk", "openai", "replicate"} <= found.keys()
    assert all("==" in requirement for each in found.values() for requirement in each.requirements)
    assert not list(tmp_path.iterdir())
