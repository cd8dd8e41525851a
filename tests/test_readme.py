"""The README's programs, run as they stand against a sandbox on a port."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox

README = Path(__file__).parent.parent / "README.md"
PROGRAMS = re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningSandbox]:
    """Run one sandbox for the module, with small pictures."""
    with running_sandbox(SandboxSettings(side=64)) as server:
        yield server


def test_readme_has_programs() -> None:
    """The pattern finds them."""
    assert len(PROGRAMS) >= 4


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_program_of_the_readme_runs(program: str, server: RunningSandbox, tmp_path: Path) -> None:
    """Each program ends well, says nothing on standard error and leaves pictures behind."""
    environment = {**os.environ, "IMAGINE_API_KEY": server.key, "IMAGINE_BASE_URL": server.base_url}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [path for path in tmp_path.iterdir() if path.suffix in (".jpg", ".mp4")]
