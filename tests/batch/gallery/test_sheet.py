"""Contact sheets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imagine_async.batch.gallery import sheet_painting, write_contact_sheet
from imagine_async.batch.gallery.sheet_layout import layout_for, most_columns, most_on_one
from imagine_async.batch.records import RowState
from imagine_async.errors import ConfigurationError, MissingExtraError
from tests.batch.gallery.making import paint, record

RED, BLUE = (255, 0, 0), (0, 0, 255)


def colors_of(sheet: Path) -> set[object]:
    with Image.open(sheet) as picture:
        return {color for _, color in picture.convert("RGB").getcolors(1 << 20) or []}


def test_pictures(tmp_path: Path) -> None:
    """Pictures stand row by row, fitted into squares; rows that are not done have none."""
    records = [
        record(0, file="a.png", **paint(tmp_path / "a.png", (64, 64), "red")),
        record(1, state=RowState.FAILED),
        record(2, file="b.png", **paint(tmp_path / "b.png", (400, 200), "blue")),
    ]
    (sheet,) = write_contact_sheet(records, tmp_path, tmp_path / "sheet.png", columns=2, side=64, captions=False)
    with Image.open(sheet) as picture:
        assert picture.size == (4 + 2 * 68, 4 + 68)
        seen = [picture.getpixel(place) for place in ((6, 6), (66, 66), (80, 10), (80, 36))]
    assert seen == [RED, RED, (0xFA, 0xF8, 0xF5), BLUE]


def test_captions(tmp_path: Path) -> None:
    """The prompt, the id or the file's name stands below its picture, whatever it is."""
    facts = paint(tmp_path / "a.png", (64, 64), "red")
    texts = ["a fox", "", "x" * 10_000, "ほほえむ 狐", "a\n\x00\u202e", "a b " * 500]
    for text in texts:
        rows = [record(0, file="a.png", prompt=text, **facts)]
        (sheet,) = write_contact_sheet(rows, tmp_path, tmp_path / "sheet.png", side=64)
        with Image.open(sheet) as picture:
            below = picture.crop((0, 70, picture.width, picture.height))
            assert picture.size == (72, 4 + 64 + 34 + 4)
            assert len(below.getcolors(1 << 20) or []) > 1, text


def test_others(tmp_path: Path) -> None:
    """A video, a missing file and one that is no picture have a tile, and the others are painted."""
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "film.mp4").write_bytes(b"no film")
    facts = paint(tmp_path / "a.png", (64, 64), "red")
    names = ("film.mp4", "missing.png", "text.png", "a.png")
    records = [record(n, file=name, **(facts if n == 3 else {})) for n, name in enumerate(names)]
    (sheet,) = write_contact_sheet(records, tmp_path, tmp_path / "sheet.png", columns=4, captions=False)
    with Image.open(sheet) as picture:
        assert [picture.getpixel((20 + n * 268, 20)) for n in range(4)] == [(0xE9, 0xE5, 0xDD)] * 3 + [RED]


def test_transparent(tmp_path: Path) -> None:
    """What is transparent lets the paper through."""
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(tmp_path / "a.png")
    (sheet,) = write_contact_sheet([record(0, file="a.png")], tmp_path, tmp_path / "s.png", captions=False, side=64)
    assert colors_of(sheet) == {(0xFA, 0xF8, 0xF5)}


def test_several(tmp_path: Path) -> None:
    """Pictures that do not fit on one sheet go on further ones, up to the limit."""
    facts = paint(tmp_path / "a.png", (8, 8), "red")
    most = most_on_one(2048, captions=False, columns=None)
    records = [record(n, file="a.png", **facts) for n in range(most + 5)]
    target = tmp_path / "sheet.jpg"
    made = write_contact_sheet(records, tmp_path, target, side=2048, captions=False, limit=most + 1)
    assert [path.name for path in made] == ["sheet.jpg", "sheet-2.jpg"]
    with Image.open(made[1]) as picture:
        assert picture.size == (102 * 2 + 2048,) * 2


@pytest.mark.parametrize("name", ["sheet.jpg", "sheet.JPEG", "sheet.webp", "sheet.png"])
def test_formats(tmp_path: Path, name: str) -> None:
    """The suffix chooses the format."""
    facts = paint(tmp_path / "a.png")
    (sheet,) = write_contact_sheet([record(0, file="a.png", **facts)], tmp_path, tmp_path / name)
    with Image.open(sheet) as picture:
        assert str(picture.format).lower() == Path(name.lower().replace("jpg", "jpeg")).suffix[1:]


def test_nothing(tmp_path: Path) -> None:
    """Without pictures there is no sheet."""
    assert write_contact_sheet([record(0, state=RowState.FAILED)], tmp_path, tmp_path / "sheet.png") == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"side": 31}, "side=31: pass 32 to 2048 pixels"),
        ({"side": 2049}, "side=2049"),
        ({"limit": 0}, "limit=0: pass 1 or more"),
        ({"columns": 0}, "columns=0: pass 1 to 59 for pictures of 256 pixels"),
        ({"columns": 60}, "columns=60"),
        ({"target": "sheet.gif"}, "ends in .jpg, .jpeg, .png, .webp, and not in '.gif'"),
        ({"folder": "s3://bucket"}, "copy the files to a folder"),
    ],
    ids=str,
)
def test_refusals(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    """What cannot be painted is refused, with what can."""
    arguments = {"folder": tmp_path, "target": tmp_path / "sheet.png", **change}
    with pytest.raises(ConfigurationError, match=reason):
        write_contact_sheet([], **arguments)


@given(
    side=st.integers(32, 2048), captions=st.booleans(), columns=st.none() | st.integers(1, 400), share=st.floats(0, 1)
)
def test_layouts(side: int, captions: bool, columns: int | None, share: float) -> None:
    """Every sheet is within the limits, has a square for each picture, and they do not overlap."""
    columns = None if columns is None else min(columns, most_columns(side))
    most = most_on_one(side, captions=captions, columns=columns)
    count = max(1, round(most * share))
    layout = layout_for(count, side=side, captions=captions, columns=columns)
    assert layout.fits
    assert layout.columns * layout.rows >= count
    right, low = layout.corner(count - 1)
    assert right + side <= layout.size[0]
    assert low + side + layout.caption <= layout.size[1]


def test_without_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Pillow, the error names the extra."""
    monkeypatch.delitem(sys.modules, "imagine_async.batch.gallery.sheet_painting", raising=False)
    monkeypatch.delattr("imagine_async.batch.gallery.sheet_painting", raising=False)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtraError, match=r"imagine-async\[images\]"):
        write_contact_sheet([record(0, file="a.png")], tmp_path, tmp_path / "sheet.png")


def test_without_font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where DejaVu Sans is not installed, captions are written in the font that comes with Pillow."""
    monkeypatch.setattr(sheet_painting, "_FONT", "no such font.ttf")
    sheet_painting._font.cache_clear()
    facts = paint(tmp_path / "a.png")
    (sheet,) = write_contact_sheet([record(0, file="a.png", **facts)], tmp_path, tmp_path / "sheet.png", side=64)
    sheet_painting._font.cache_clear()
    assert len(colors_of(sheet)) > 3
