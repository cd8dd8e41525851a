"""Manifests as tables: CSV and TSV."""

from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.batch.manifest import ManifestError, read_manifest
from imagine_async.batch.manifest.lines import LONGEST_LINE
from imagine_async.batch.rows import Row, RowError
from imagine_async.inputs import PathSource, RowOutput, UrlSource
from imagine_async.requests import TextToImage
from imagine_async.requests_v1 import V1Generations, V1Variations
from tests.batch.manifest.places import asked, outcomes, reads, write

NUMBERS = """endpoint,prompt,cfg,steps,high_res_results,seed
v1.generations,a,7.5,30,TRUE,7
v1.generations,b,1e1,31.0,no,-3.
v1.generations,c, 3 , 32 ,0,+4
"""


def test_cells(folder: Path) -> None:
    """Empty cells count as left out, tags are divided, and pictures may be another row's."""
    text = (
        "\ufeff id , endpoint,prompt,seed,tags,image,extra.strength,extra.mode\r\n"
        '7,,"a ""red"" fox,\nasleep",7.0,a; b c;,,,\r\n'
        ",,,,,,,\r\n\r\n"
        '8,upscale,,,,row:7,0.50,"x"\r\n'
        "9, upscale,,,,pictures/fox.png\r\n"
        "10,upscale,,,,https://example.com/a.png,,,\r\n"
    )
    path = write(folder / "a.csv", text)
    first, second, third, last = reads(path)
    assert first.request == TextToImage(prompt='a "red" fox,\nasleep', seed=7)
    assert (first.id, first.tags, first.line) == ("7", ("a", "b c"), 2)
    assert asked(second).image == RowOutput("7")
    assert asked(second).extra == {"strength": "0.50", "mode": "x"}
    assert isinstance(asked(third).image, PathSource)
    assert isinstance(asked(last).image, UrlSource)
    assert [row.line for row in (second, third, last)] == [6, 7, 8]
    assert read_manifest(path).count() == 4


def test_numbers(tmp_path: Path) -> None:
    """Texts become the numbers and truth values that a field takes."""
    wanted = [(7.5, 30, True, 7), (10.0, 31, False, -3), (3.0, 32, False, 4)]
    for row, (cfg, steps, is_high, seed) in zip(reads(write(tmp_path / "a.csv", NUMBERS)), wanted, strict=True):
        prompt = asked(row).prompt
        assert row.request == V1Generations(prompt=prompt, cfg=cfg, steps=steps, high_res_results=is_high, seed=seed)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        *(("seed", cell) for cell in ("7.5", "1_000", "٣", "true", "9" * 200)),
        *(("cfg", cell) for cell in ("nan", "1_0", "x", "1e999")),
        *(("high_res_results", cell) for cell in ("maybe", "2")),
    ],
)
def test_no_numbers(column: str, cell: str, tmp_path: Path) -> None:
    """A cell that is no number is refused with its line and column."""
    text = f"endpoint,prompt,{column}\nv1.generations,a,{cell}\n"
    (error,) = outcomes(write(tmp_path / "a.csv", text))
    assert isinstance(error, RowError)
    assert (error.line, error.field) == (2, column)


def test_tsv(tmp_path: Path) -> None:
    """In TSV there are tabs between the cells, and commas are nothing special."""
    (row,) = reads(write(tmp_path / "a.tsv", "prompt\tseed\na fox, red\t7\n"))
    assert row.request == TextToImage(prompt="a fox, red", seed=7)


def test_bad_rows(tmp_path: Path) -> None:
    """A broken row is an error with its first line, and the rows around it are read."""
    rows = [
        (b"a,1", None),
        (b"b,1,c, ,", "the row has 5 cells, and there are 2 columns"),
        (b'"c"d,1', "this is no row of a table"),
        (b'"e\n\xff",1', "line 6 holds the byte 0xff, which is not UTF-8"),
        (b"f\rg,1", "this is no row of a table"),
        (b"x" * 200_000, "more than 131,072 characters"),
        (b"g,x", "pass a whole number"),
        (b"h,1", None),
        (b'"i,1', "its quotation mark is not closed"),
    ]
    path = write(tmp_path / "a.csv", b"prompt,seed\n" + b"\n".join(row for row, _ in rows))
    found = outcomes(path)
    assert [each.line for each in found] == [2, 3, 4, 5, 7, 8, 9, 10, 11]
    for outcome, (_, told) in zip(found, rows, strict=True):
        if told is None:
            assert isinstance(outcome, Row)
        else:
            assert isinstance(outcome, RowError)
            assert told in outcome.reason
    assert read_manifest(path).count() == len(rows)


def test_an_open_quotation_mark_does_not_take_the_rest(tmp_path: Path) -> None:
    """The cap on a cell ends a row whose quotation mark is never closed, and rows are read again."""
    text = 'prompt,seed\n"a,1\n' + "b,2\n" * 100_000
    first, *others = outcomes(write(tmp_path / "a.csv", text))
    assert isinstance(first, RowError)
    assert first.line == 2
    assert isinstance(others[-1], Row)
    assert others[-1].line == 100_002


def test_a_line_that_is_too_long(tmp_path: Path) -> None:
    """A line beyond the cap is an error of its row, and is never held whole."""
    path = write(tmp_path / "a.csv", b"prompt\na\n" + b"x" * (3 * LONGEST_LINE) + b"\nb\n")
    tracemalloc.start()
    found = outcomes(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [each.line for each in found] == [2, 3, 4]
    assert isinstance(found[1], RowError)
    assert "more than 16 MB" in found[1].reason
    assert peak < 2.5 * LONGEST_LINE


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty: its first row names the columns"),
        (b"\n\n", "the file is empty"),
        (b"prompt,prompt\n", "column 2: prompt stands twice"),
        (b"prompt,,seed\n", "column 2 has no name"),
        (b"prompt,stile\n", "column stile: text_to_image has no such field; did you mean style?"),
        (b"prompt,image\n", "column image: text_to_image has no such field"),
        (b"endpoint,imag\n", "column imag: no endpoint has such a field; did you mean image?"),
        (b"prompt,extra.\n", "column extra.: "),
        (b"prompt,extra\n", "column extra: name the form field as well, as in extra.strength"),
        (b"prompt;seed\n", "CSV has commas between its cells"),
        (b"prompt,\xff\n", "cannot be read: line 1 holds the byte 0xff"),
        (b'"prompt', "its quotation mark is not closed"),
        (b"\xff\xfep\0r\0", "the file is in UTF-16"),
        (b"a,b,c,d,e,f,g,h,i,j,k,l\n", "column j"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_bad_headers(content: bytes, told: str, tmp_path: Path) -> None:
    """What is wrong with the columns is told at once, before any row."""
    path = write(tmp_path / "a.csv", content)
    with pytest.raises(ManifestError) as caught:
        read_manifest(path)
    assert told in caught.value.reason
    assert str(caught.value).startswith(f"manifest {path}: ")


def test_trailing_commas(tmp_path: Path) -> None:
    """Empty cells beyond the columns, as spreadsheets write them, are passed over."""
    (row,) = reads(write(tmp_path / "a.csv", "prompt,seed,,\na,7,,,,\n"))
    assert row.request == TextToImage(prompt="a", seed=7)


@pytest.mark.parametrize(("column", "may_block"), [("prompt", False), ("image", True), ("mask", True)])
def test_only_rows_with_pictures_may_block(column: str, may_block: bool, tmp_path: Path) -> None:
    """Where no column is for a picture, rows are known to name no file."""
    (row,) = read_manifest(write(tmp_path / "a.csv", f"endpoint,{column}\n,x\n"))
    assert row.may_block == may_block


def test_fields_of_another_endpoint(folder: Path) -> None:
    """A column that the row's endpoint does not take must be empty in that row."""
    text = "endpoint,prompt,image,strength\nv1.variations,a,pictures/fox.png,0.5\n,a,,0.5\n"
    good, bad = outcomes(write(folder / "a.csv", text))
    assert isinstance(good, Row)
    assert isinstance(good.request, V1Variations)
    assert isinstance(bad, RowError)
    assert bad.field == "strength"


def test_fingerprints_follow_row_and_header(tmp_path: Path) -> None:
    """The same row has the same fingerprint under the same columns alone."""

    def prints(text: str, name: str = "a.csv") -> list[bytes]:
        return [row.fingerprint for row in read_manifest(write(tmp_path / name, text))]

    assert prints("prompt,seed\na,1\nb,2\n") == prints("prompt, seed\r\na,1\r\nb,2")
    assert prints("prompt,seed\na,1\n")[0] == prints("prompt,seed\nb,2\n\na,1\n")[1]
    assert prints("prompt,seed\na,1\n") != prints("prompt,style\na,1\n")
    assert prints("prompt\na\n") != prints("prompt\na\n", "a.tsv")


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\0")), st.integers(1, 10**9))))
def test_what_a_writer_writes_is_read(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int]]) -> None:
    """Whatever texts Python's own writer writes come back, but for the white space around them."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerows([("prompt", "seed"), *rows])
    path = write(tmp_path_factory.mktemp("tables") / "a.csv", stream.getvalue())
    found = [each.request if isinstance(each, Row) else each.field for each in outcomes(path)]
    assert found == [TextToImage(prompt=text, seed=seed) if text.strip() else "prompt" for text, seed in rows]
