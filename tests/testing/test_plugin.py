"""The plugin as a guest in projects that do not use it, and in their coverage."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import imagine_async.testing
from tests.testing.conftest import LOOK_UP, Run

PLUGIN = "imagine_async.testing.plugin"


def run_python(folder: Path, *arguments: str) -> str:
    """Run Python in a process of its own, with no plugins but those it names, and return what it says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    environment = {**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_loading_it_loads_nothing_else(tmp_path: Path) -> None:
    """A session that uses none of it imports no HTTP library, no event loop library, and nothing of the sandbox.

    Of the package it loads no more than what finds a name when it is first used.
    """
    (tmp_path / "test_it.py").write_text(
        "import sys\n\n"
        "def test():\n"
        "    assert 'imagine_async.testing.plugin' in sys.modules\n"
        "    mine = [name for name in sys.modules if name.startswith('imagine_async')]\n"
        "    print('loaded', sorted(name for name in mine if not name.startswith('imagine_async.testing')))\n"
        "    print('foreign', sorted({'attr', 'anyio', 'httpx', 'numpy', 'starlette', 'trio'} & set(sys.modules)))\n"
    )
    said = run_python(tmp_path, "-m", "pytest", "-q", "-s", "-p", PLUGIN, "test_it.py")
    assert "loaded ['imagine_async', 'imagine_async.on_use']" in said
    assert "foreign []" in said


def test_coverage_sees_the_code_under_test(tmp_path: Path) -> None:
    """The plugin imports nothing of the project, so that coverage that begins with pytest misses no line of it."""
    (tmp_path / "project.py").write_text("def double(number):\n    return 2 * number\n")
    (tmp_path / "test_it.py").write_text(
        "import project\n\ndef test(imagine_sandbox):\n    assert project.double(2) == 4\n"
    )
    run_python(tmp_path, "-m", "coverage", "run", "--source=.", "-m", "pytest", "-q", "-p", PLUGIN, "test_it.py")
    assert "100%" in run_python(tmp_path, "-m", "coverage", "report", "--include=project.py")


GUARDED = f"""
import socket
import pytest
from imagine_async.testing import Guard, RealApiError

def test():
    with Guard().watching(), pytest.raises(RealApiError):
        {LOOK_UP}
"""


def test_no_audit_hook(tmp_path: Path) -> None:
    """The guard adds no audit hook: with one, threads may die under coverage or a debugger on CPython 3.11."""
    (tmp_path / "test_it.py").write_text(GUARDED)
    (tmp_path / "main.py").write_text(
        "import sys\n"
        "import pytest\n\n"
        "def forbidden(hook):\n"
        "    raise AssertionError('an audit hook was added')\n\n"
        "sys.addaudithook = forbidden\n"
        "sys.exit(pytest.main(sys.argv[1:]))\n"
    )
    run_python(tmp_path, "main.py", "-p", PLUGIN, "test_it.py")


AFTERWARDS = """
import socket
import sys
import pytest

def state():
    return socket.getaddrinfo, socket.socket.connect, len(sys.meta_path)

before = state()
code = pytest.main(sys.argv[1:])
print("exit", int(code), "unchanged", state() == before)
"""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["-p", PLUGIN], 0), (["-p", PLUGIN, "--no-such-option"], 4), (["-p", PLUGIN, "--confcutdir=none"], 4), ([], 0)],
)
def test_the_guard_leaves(tmp_path: Path, arguments: list[str], code: int) -> None:
    """After the session, or one that fails to begin, nothing is watched, whoever has named the plugin."""
    (tmp_path / "test_it.py").write_text(GUARDED)
    (tmp_path / "main.py").write_text(AFTERWARDS)
    if PLUGIN not in arguments:
        (tmp_path / "conftest.py").write_text(f"pytest_plugins = [{PLUGIN!r}]\n")
    assert f"exit {code} unchanged True" in run_python(tmp_path, "main.py", *arguments, "test_it.py")


def test_names_that_a_conftest_takes(tmp_path: Path) -> None:
    """Functions are watched by the time that the first conftest takes them from their modules."""
    (tmp_path / "conftest.py").write_text("from socket import getaddrinfo\n")
    (tmp_path / "test_it.py").write_text(GUARDED.replace("socket.get", "conftest.get") + "\nimport conftest\n")
    run_python(tmp_path, "-m", "pytest", "-p", PLUGIN, "test_it.py")


@pytest.mark.imagine_live
def test_it_can_be_left_out(run: Run) -> None:
    """`-p no:imagine` takes fixtures and guard away."""
    source = f"import pytest, socket\n\ndef test():\n    with pytest.raises(socket.gaierror):\n        {LOOK_UP}"
    assert "imagine_client" not in run(source, "-p", "no:imagine", "--fixtures").stdout.str()
    run(source, "-p", "no:imagine").assert_outcomes(passed=1)


@pytest.mark.parametrize("name", imagine_async.testing.__all__)
def test_public_names(name: str) -> None:
    """What the fixtures are made of can be had from the package."""
    assert getattr(imagine_async.testing, name).__doc__


def test_unknown_names() -> None:
    """A name that does not exist says so, as with any module."""
    with pytest.raises(AttributeError, match="no attribute 'Casette'"):
        _ = imagine_async.testing.Casette
