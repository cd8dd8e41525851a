"""Tables on the terminal and as CSV: nothing in a name steers a terminal or a spreadsheet, and no digit is lost."""

from __future__ import annotations

import csv
import io
import sys
from math import inf

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from imagine_async.cli.tables import as_csv, as_number, as_table, as_text, visible, write_raw

NAMES = st.text(alphabet=st.characters(), max_size=12)
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\tplain", " =1", "\x01=1", "\uff1d1", "\uff0b1"]


@given(NAMES)
@example("\x1b[31mred\x07")
@example("\u202edesrever")
@example("\x9b31m")
@example("\udce9")
@settings(deadline=None)
def test_visible_text_is_one_line_of_printable_signs(name: str) -> None:
    """Whatever a name holds, no control character, no change of direction and no lone surrogate comes through."""
    assert visible(name).isprintable()
    assert len(visible(name)) == len(name)


def test_visible_text_fits_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the output cannot spell becomes question marks, instead of an error; an output may also name no encoding."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert visible("日本 tests") == "?? tests"
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert visible("日本") == "日本"


@pytest.mark.parametrize(
    ("value", "number", "text"),
    [
        (0.0, 0, "0"),
        (-0.0, 0, "0"),
        (-1e-17, 0, "0"),
        (5.0, 5, "5"),
        (5.5, 5.5, "5.5"),
        (0.1 + 0.2, 0.3, "0.3"),
        (0.00001, 0.00001, "0.00001"),
        (1_234_567.0, 1_234_567, "1234567"),
        (1_234_567.25, 1_234_567.25, "1234567.25"),
        (1e21, 10**21, "1000000000000000000000"),
        (inf, None, "inf"),
    ],
)
def test_numbers_keep_their_digits(value: float, number: float | None, text: str) -> None:
    """A number is whole where it is whole, has no exponent, and loses only the dust of sums of fractions."""
    assert (as_number(value), as_text(value)) == (number, text)
    assert type(as_number(value)) is type(number)


def test_table() -> None:
    """Names are aligned to the left and numbers to the right, also beside wide signs; nothing is a dash."""
    table = as_table(
        ("Tag", "Calls", "Note"), [("日本", 7, "x"), (None, 12.5, None), ("a b", "unknown", "")], numbers=["Calls"]
    )
    assert table.splitlines() == [
        "Tag     Calls  Note",
        "日本        7  x",
        "-        12.5  -",
        "a b   unknown",
    ]


@given(st.lists(st.tuples(NAMES, st.floats(0, 1e9)), max_size=5))
@settings(deadline=None)
def test_rows_of_a_table_are_lines(rows: list[tuple[str, float]]) -> None:
    """A row is a line, and its number ends where the heading ends."""
    lines = as_table(("Name", "Number"), rows, numbers=["Number"]).split("\n")
    assert len(lines) == len(rows) + 1
    assert {cell_len(line) for line in lines} == {cell_len(lines[0])}


@given(st.lists(st.tuples(NAMES, st.none() | st.floats(0, 1e9)), max_size=5))
@example([(name, 1) for name in FORMULAS])
@example([('say "a, b"', None), ("a\r\nb", 2)])
@settings(deadline=None)
def test_csv_can_be_read_and_runs_nothing(rows: list[tuple[str, float | None]]) -> None:
    """Each row is read back with its cells; none begins a formula, with or without the blanks before it."""
    read = list(csv.reader(io.StringIO(as_csv(("name", "number"), rows), newline="")))
    assert read[0] == ["name", "number"]
    assert len(read) == len(rows) + 1
    for (name, number), (cell, digits) in zip(rows, read[1:], strict=True):
        assert cell.removeprefix("'") == visible(name).removeprefix("'")
        assert not cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
        assert digits == ("" if number is None else as_text(number))


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_are_quoted(name: str) -> None:
    """What a spreadsheet would take for a formula, or a tab at the beginning, gets a single quote before it."""
    assert as_csv(("name",), [(name,)]) == f"name\r\n'{visible(name)}\r\n"


@pytest.mark.parametrize("name", ["tests", "a=b", "a-b", "'quoted", "1+1"])
def test_other_names_stay_as_they_are(name: str) -> None:
    """A name that begins no formula is not touched."""
    assert as_csv(("name",), [(name,)]) == f"name\r\n{name}\r\n"


@pytest.mark.parametrize(("encoding", "written"), [("utf-8", "é\r\n".encode()), ("ascii", b"?\r\n")])
def test_raw_text_keeps_its_ends_of_lines(monkeypatch: pytest.MonkeyPatch, encoding: str, written: bytes) -> None:
    """CSV leaves with CR LF on every system, after what was written before it."""
    output = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output, encoding=encoding, newline="\r\n"))
    sys.stdout.write("first\n")
    write_raw("é\r\n")
    assert output.getvalue() == b"first\r\n" + written
