"""The programs of the README and of docs/, run as they stand against a sandbox on a port."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox

ROOT = Path(__file__).parent.parent
PROGRAMS = [
    pytest.param(program, id=f"{page}-{number}")
    for page in ("README.md", "docs/performance.md", "docs/sandbox.md", "docs/spending.md")
    for number, program in enumerate(
        re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    )
]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningSandbox]:
    """Run one sandbox for the module, with small pictures."""
    with running_sandbox(SandboxSettings(side=64)) as server:
        yield server


def test_pages_have_programs() -> None:
    """The pattern finds them."""
    assert len(PROGRAMS) >= 9


@pytest.mark.parametrize("program", PROGRAMS)
def test_program_runs(program: str, server: RunningSandbox, tmp_path: Path) -> None:
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
    assert [path for path in tmp_path.rglob("*") if path.suffix in (".jpg", ".mp4")]
