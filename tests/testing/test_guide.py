"""The guide to testing: its examples are tests, and they pass; its tables name everything that there is."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from imagine_async.testing import fixtures
from tests.testing.conftest import Run

PAGE = (Path(__file__).parent.parent.parent / "docs" / "testing.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
BACKEND = """

import pytest

@pytest.fixture
def anyio_backend():
    return "trio"
"""


def test_examples_pass(run: Run, pytester: pytest.Pytester) -> None:
    """Every example that is a test passes, with warnings as errors; the one for the real API is skipped."""
    tests = [example for example in EXAMPLES if "def test_" in example]
    pytester.makeconftest(BACKEND)
    pytester.makepyfile(**{f"test_example_{number}": example for number, example in enumerate(tests)})
    count = sum(example.count("def test_") for example in tests)
    assert count >= 11
    run("", "--strict-markers").assert_outcomes(passed=count - 1, skipped=1)


def test_programs_run(pytester: pytest.Pytester) -> None:
    """Every other example is a program that ends well."""
    programs = [example for example in EXAMPLES if "def test_" not in example]
    assert programs
    for program in programs:
        done = pytester.run(sys.executable, "-W", "error", "-c", program)
        assert (done.ret, done.stderr.lines) == (0, [])
        done.stdout.re_match_lines([r"9 0\.\d+|9 [01]\.?\d*"])


def test_every_fixture_is_listed() -> None:
    """The table names each fixture, and no other."""
    listed = re.findall(r"^\| `(imagine_\w+)` \|", PAGE, flags=re.MULTILINE)
    assert sorted(listed) == sorted(fixtures.__all__)
