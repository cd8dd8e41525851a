"""The test that the README shows is one that passes."""

from __future__ import annotations

import re
from pathlib import Path

from tests.testing.conftest import Run

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_snippet_passes(run: Run) -> None:
    """It runs as it stands there, on asyncio and trio."""
    (snippet,) = re.findall(r"^```py\n(.*?)```", README, re.MULTILINE | re.DOTALL)
    run(snippet).assert_outcomes(passed=2)
