"""The page of the sandbox against the tests, the sources, the settings and the lines of curl that it names."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from attrs import fields, frozen

from imagine_async.catalog import SOURCES
from imagine_async.sandbox import SandboxSettings

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "sandbox.md").read_text("utf-8")
CURL_LINES = (ROOT / "tests" / "sandbox" / "curl_lines.sh").read_text("utf-8")
FOLDER = Path(__file__).parent
CLIENTS_ONLY = {27, 28}
"""Numbers of points that no server can show: when to send again, and how long to wait."""


@frozen
class Row:
    """One row of a table: its id, its text, its sources or reasons, and its tests."""

    id: str
    text: str
    source: str
    tests: tuple[str, ...]


def _rows(kind: str) -> list[Row]:
    found = re.findall(rf"^\| ({kind}\d+) \| (.+) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
    return [Row(number, text, source, tuple(re.findall(r"`([^`]+)`", tests))) for number, text, source, tests in found]


FACTS, INVENTIONS = _rows("F"), _rows("I")


@cache
def _tests_in(path: Path) -> dict[str, str]:
    """Return the docstrings of a file's tests by name."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, functions)]
    return {node.name: ast.get_docstring(node) or "" for node in found if node.name.startswith("test_")}


def _of_the_folder() -> dict[str, str]:
    """Return the docstrings of the tests beside this file, by their full names."""
    files = [path for path in FOLDER.glob("test_*.py") if path != Path(__file__)]
    return {
        f"{path.relative_to(ROOT).as_posix()}::{name}": text for path in files for name, text in _tests_in(path).items()
    }


def test_all_rows_are_read() -> None:
    """Every line of the two tables has the four columns that are looked for."""
    lines = re.findall(r"^\| [FI]\d+ \|", PAGE, re.MULTILINE)
    assert len(lines) == len(FACTS) + len(INVENTIONS)


def test_numbers() -> None:
    """Facts and inventions are numbered in order, without gaps but for what concerns clients only."""
    numbers = [int(row.id[1:]) for row in FACTS]
    assert numbers == sorted(set(range(1, max(numbers) + 1)) - CLIENTS_ONLY)
    assert max(numbers) >= 32
    assert [row.id for row in INVENTIONS] == [f"I{number}" for number in range(1, len(INVENTIONS) + 1)]


@pytest.mark.parametrize("row", FACTS, ids=lambda row: row.id)
def test_sources(row: Row) -> None:
    """A fact names sources that the catalog has."""
    assert set(row.source.split(", ")) <= SOURCES.keys()


def test_all_sources() -> None:
    """Every source of the catalog stands behind some fact."""
    assert {name for row in FACTS for name in row.source.split(", ")} == SOURCES.keys()


@pytest.mark.parametrize("row", [*FACTS, *INVENTIONS], ids=lambda row: row.id)
def test_tests_exist(row: Row) -> None:
    """Every row names tests, each by its file and a name that is there."""
    assert row.tests
    for test in row.tests:
        file, _, name = test.partition("::")
        assert name in _tests_in(ROOT / file), test


def test_every_test_is_named() -> None:
    """Each test of a fact bears its number in name and docstring, and stands in that row and no other."""
    named = {test: row.id for row in FACTS for test in row.tests}
    assert len(named) == sum(len(row.tests) for row in FACTS)
    numbered = {test: f"F{int(re.findall(r'::test_f([0-9]{2})_', test)[0])}" for test in _of_the_folder()}
    assert named == numbered
    assert [test for test, text in _of_the_folder().items() if not text.startswith(f"{numbered[test]}: ")] == []


def test_inventions_are_no_facts() -> None:
    """An invention is not shown by a test of a fact."""
    assert not {test for row in INVENTIONS for test in row.tests} & _of_the_folder().keys()


def test_settings_of_the_page() -> None:
    """The table names every setting and nothing else."""
    table = PAGE.partition("## Settings")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted(attribute.name for attribute in fields(SandboxSettings))


def test_curl_of_the_page() -> None:
    """The calls that the page shows are among those that are run."""
    shown = re.findall(r"^```sh\n(curl .*?)```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(shown) >= 3
    assert [call for call in shown if f"\n{call}" not in CURL_LINES] == []


def test_links_of_the_page() -> None:
    """What the page leads to is there."""
    links = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert [link for link in links if not link.startswith("#") and not (ROOT / "docs" / link).is_file()] == []
    titles = {f"#{title.lower().replace(' ', '-')}" for title in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)}
    assert {link for link in links if link.startswith("#")} <= titles
