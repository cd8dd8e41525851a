"""A stranger's project: it installs the package as a user would, and tests itself with the plugin alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PROJECT = ROOT / "examples" / "testing"
TESTS = 10

FORGETFUL = """
from product_photos import has_picture
from imagine_async import Imagine

def test_forgets_the_fixtures():
    assert not has_picture(Imagine("vk-real"), "a mug")
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a virtual environment that holds the package, as built from this tree, and what the project asks for."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    wheels = folder / "wheels"
    run(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, ROOT)
    (wheel,) = wheels.glob("*.whl")
    run(python, "-m", "pip", "install", "--quiet", f"{wheel}[sandbox]", "pytest>=8.4", "pytest-asyncio>=1.2")
    return python


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copy the project to where nothing of this repository is near."""
    return shutil.copytree(PROJECT, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))


def run(python: Path, *arguments: object, folder: Path | None = None) -> str:
    """Run Python without this repository's settings, and return what it says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE", "IMAGINE"))}
    done = subprocess.run(
        [python, *map(str, arguments)],
        cwd=folder,
        env={**kept, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=500,
    )
    assert done.returncode in (0, 1), done.stdout
    return done.stdout


@pytest.mark.timeout(900)
def test_a_project_tests_itself(python: Path, project: Path) -> None:
    """Its whole suite passes, the guard fails a test that forgets the fixtures, and a replay writes nothing."""
    before = {path: path.read_bytes() for path in project.rglob("*.*") if path.is_file()}
    said = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=project)
    assert re.search(rf"^{TESTS} passed in", said, re.MULTILINE), said
    assert {path: path.read_bytes() for path in project.rglob("*.*") if path.is_file()} == before
    site_packages = run(python, "-c", "import imagine_async; print(imagine_async.__file__)", folder=project)
    assert str(ROOT) not in site_packages

    (project / "tests" / "test_forgetful.py").write_text(FORGETFUL)
    said = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_forgetful.py", folder=project)
    assert "1 failed" in said
    assert "the test would have reached api.vyro.ai, the real API" in said


def test_the_cassette_is_up_to_date() -> None:
    """The files that the project's cassette names are all there, and no others."""
    cassettes = PROJECT / "tests" / "cassettes" / "test_product_photos"
    named = set(re.findall(r"[0-9a-f]{64}\.\w+", (cassettes / "test_a_recorded_photo.json").read_text("utf-8")))
    assert named == {path.name for path in (cassettes / "bodies").iterdir()}
