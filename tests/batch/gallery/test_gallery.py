"""What a gallery writes into a folder."""

from __future__ import annotations

import json
import re
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from PIL import Image

from imagine_async.batch.gallery import thumbs as thumbs_module
from imagine_async.batch.gallery import write_gallery
from imagine_async.batch.gallery.chunks import ROWS_PER_CHUNK
from imagine_async.batch.gallery.totals import size_in_words
from imagine_async.batch.gallery.workers import Workers
from imagine_async.batch.records import RowRecord, RowState
from imagine_async.errors import ConfigurationError
from tests.batch.gallery.making import done, paint, record


class Marked(str):
    """A text of which one can tell whether it is still in memory."""


def data(path: Path) -> list[Any]:
    """Return what a script of data hands over."""
    found = re.fullmatch(r"\w+\(\d+,(.*)\);\n", path.read_text("utf-8"), re.DOTALL)
    assert found
    values: list[Any] = json.loads(json.loads(found[1]))
    return values


def thumbs(folder: Path) -> dict[str, int]:
    """Return thumbnails and when they were made."""
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("gallery/thumbs/*/*")}


def test_parts(tmp_path: Path) -> None:
    """The page is `index.html`; all it needs lies in `gallery/`, and nothing half written stays behind."""
    index = write_gallery([done(tmp_path, 0, "a/fox.png")], tmp_path, title="Foxes", workers=1)
    assert index == tmp_path / "index.html"
    text = index.read_text("utf-8")
    named = set(re.findall(r'(?:src|href)="([^"#?]+)\?', text))
    assert named == {f"gallery/{path.name}" for path in tmp_path.glob("gallery/*.*") if "-0001" not in path.name}
    assert {path.name for path in tmp_path.glob("gallery/*-*.js")} == {"rows-0001.js", "facts-0001.js"}
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".part")]
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|https?:", text)


def test_thumbnails(tmp_path: Path) -> None:
    """Thumbnails are WebP, 320 pixels high and at most twice as wide, turned and transparent as the picture is."""
    turned = Image.Exif()
    turned[0x0112] = 6
    facts = paint(tmp_path / "turned.jpg", (800, 400), exif=turned.tobytes())
    Image.new("RGBA", (640, 640), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    clear = record(1, file="clear.png", digest="a" * 64)
    wide = paint(tmp_path / "wide.jpg", (1200, 300))
    Image.new("P", (10, 10)).save(tmp_path / "palette.png")
    records = [record(0, file="turned.jpg", **facts), clear, record(2, file="wide.jpg", **wide)]
    records.append(record(3, file="palette.png", digest="b" * 64))
    write_gallery(records, tmp_path, workers=1)
    seen = {}
    for path in tmp_path.glob("gallery/thumbs/*/*.webp"):
        with Image.open(path) as picture:
            seen[path.stem] = (picture.format, picture.size, picture.mode)
    assert seen == {
        facts["digest"][:32]: ("WEBP", (160, 320), "RGB"),
        "a" * 32: ("WEBP", (320, 320), "RGBA"),
        wide["digest"][:32]: ("WEBP", (640, 160), "RGB"),
        "b" * 32: ("WEBP", (10, 10), "RGB"),
    }


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "avif"])
def test_every_kind_of_picture(suffix: str, tmp_path: Path) -> None:
    """A picture has a thumbnail in every format, also in those that a video may come in."""
    write_gallery([done(tmp_path, 0, f"fox.{suffix}")], tmp_path, workers=1)
    assert len(thumbs(tmp_path)) == 1


def test_only_what_lacks(tmp_path: Path) -> None:
    """Written again, a gallery keeps thumbnails it has, makes those that lack, removes the rest."""
    records = [done(tmp_path, n, f"{n}.png") for n in range(3)]
    write_gallery(records[:2], tmp_path, workers=1)
    before = thumbs(tmp_path)
    changed = record(0, file="0.png", **paint(tmp_path / "0.png", color="#123456"))
    write_gallery([changed, *records[1:]], tmp_path, workers=1)
    after = thumbs(tmp_path)
    assert len(after) == 3
    kept = {name for name, when in before.items() if after.get(name) == when}
    assert kept == {f"{str(records[1].digest)[:32]}.webp"}


def test_unreadable(tmp_path: Path) -> None:
    """A file that is missing, no picture, or larger than is safe has no thumbnail, and the others have theirs."""
    (tmp_path / "text.png").write_text("no picture")
    Image.new("1", (10_000, 10_000)).save(tmp_path / "bomb.png")
    names = ["missing.png", "text.png", "bomb.png"]
    bad = [record(n, file=name, digest=f"{n}" * 64) for n, name in enumerate(names)]
    write_gallery([*bad, done(tmp_path, 3, "fox.png")], tmp_path, workers=2)
    rows = data(tmp_path / "gallery/rows-0001.js")
    assert [row[5] is None for row in rows] == [True, True, True, False]


def test_killed_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that ends the process that reads it costs its own thumbnail alone."""
    killer = tmp_path / "killer"
    killer.mkdir()
    (killer / "sitecustomize.py").write_text(
        "import sys, os\n"
        "if 'gallery' in ''.join(sys.orig_argv):\n"
        "    import json, imagine_async.batch.gallery.thumbnail as t\n"
        "    real = t.make\n"
        "    t.make = lambda source, target: os._exit(7) if source.name == 'evil.png' else real(source, target)\n"
    )
    monkeypatch.syspath_prepend(str(killer))
    records = [done(tmp_path, n, name) for n, name in enumerate(["a.png", "evil.png", "b.png"])]
    write_gallery(records, tmp_path, workers=1)
    rows = data(tmp_path / "gallery/rows-0001.js")
    assert [row[5] is None for row in rows] == [False, True, False]


def test_chunks(tmp_path: Path) -> None:
    """Rows go into scripts of 1,000; those of a gallery that was longer are removed."""
    records = [record(n, state=RowState.FAILED, error="no") for n in range(ROWS_PER_CHUNK + 1)]
    write_gallery(records, tmp_path)
    assert [len(data(tmp_path / f"gallery/rows-000{n}.js")) for n in (1, 2)] == [ROWS_PER_CHUNK, 1]
    write_gallery(records[:5], tmp_path)
    assert {path.name for path in tmp_path.glob("gallery/*-*.js")} == {"rows-0001.js", "facts-0001.js"}


def test_streams(tmp_path: Path) -> None:
    """Rows are taken one after the other: of 5,000, no more than a chunk's worth are alive at once."""
    alive: weakref.WeakSet[Marked] = weakref.WeakSet()
    most = 0

    def rows() -> Iterator[RowRecord]:
        nonlocal most
        for n in range(5 * ROWS_PER_CHUNK):
            mark = Marked(str(n))
            alive.add(mark)
            most = max(most, len(alive))
            yield record(n, state=RowState.FAILED, error=mark)

    write_gallery(rows(), tmp_path)
    assert most <= 2 * ROWS_PER_CHUNK + 2


def test_states(tmp_path: Path) -> None:
    """Rows that have not ended are counted at the page's head, and have no card."""
    records = [record(n, state=state) for n, state in enumerate(RowState)]
    text = write_gallery(records, tmp_path, workers=1).read_text("utf-8")
    assert [row[2] for row in data(tmp_path / "gallery/rows-0001.js")] == ["done", "failed", "unknown"]
    assert "<dt>not done yet</dt><dd>3</dd>" in text
    assert "<dt>failed</dt><dd>1</dd>" in text


def test_no_rows(tmp_path: Path) -> None:
    """A batch without rows has a page that can be read."""
    assert 'data-chunks="0"' in write_gallery([], tmp_path / "new").read_text("utf-8")


def test_large_requests(tmp_path: Path) -> None:
    """The bytes of pictures that a request holds are not on the page."""
    request = {"endpoint": "upscale", "image": {"base64": "A" * 1_000_000}, "odd": float("nan"), "list": [float("inf")]}
    write_gallery([record(0, state=RowState.FAILED, request=request)], tmp_path)
    (pair,) = data(tmp_path / "gallery/facts-0001.js")
    assert pair[1]["request"] == {
        "endpoint": "upscale",
        "image": {"base64": f"{'A' * 100}… (1,000,000 characters)"},
        "odd": None,
        "list": [None],
    }


def test_without_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra `images`, the page shows the pictures themselves and says how to have thumbnails."""
    monkeypatch.setattr(thumbs_module, "find_spec", lambda name: None)
    text = write_gallery([done(tmp_path, 0, "fox.png")], tmp_path).read_text("utf-8")
    assert "imagine-async[images]" in text
    assert not thumbs(tmp_path)
    monkeypatch.undo()
    text = write_gallery([done(tmp_path, 0, "fox.png")], tmp_path, thumbnails=False).read_text("utf-8")
    assert "as asked for" in text
    assert not thumbs(tmp_path)


@pytest.mark.parametrize("folder", ["s3://bucket/prefix", "memory://x", "file:///tmp/x", object(), None])
def test_no_folder(folder: Any) -> None:
    """A gallery of files that are not in a folder of this machine is refused, with the way out."""
    with pytest.raises(ConfigurationError, match="copy the files to a folder"):
        write_gallery([], folder)


def test_folder_with_colon(tmp_path: Path) -> None:
    """A folder whose name has a colon is a folder."""
    assert write_gallery([], str(tmp_path / "a:b")).exists()


def test_no_workers(tmp_path: Path) -> None:
    """A number of workers that makes no thumbnails is refused."""
    with pytest.raises(ConfigurationError, match="workers=0: pass 1 or more"):
        write_gallery([], tmp_path, workers=0)


def test_foreign_page(tmp_path: Path) -> None:
    """An `index.html` that no gallery wrote is not replaced."""
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(FileExistsError, match="was not written by a gallery"):
        write_gallery([], tmp_path)
    assert (tmp_path / "index.html").read_text() == "mine"


def test_interrupted(tmp_path: Path) -> None:
    """An error in mid-write goes to the caller, leaves the page that was there, and ends the workers."""
    records = [done(tmp_path, 0, "fox.png")]
    before = write_gallery(records, tmp_path, workers=1).read_bytes()

    def broken() -> Iterator[RowRecord]:
        other = done(tmp_path, 1, "other.png")
        yield from (evolve(other, position=position) for position in range(ROWS_PER_CHUNK))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_gallery(broken(), tmp_path, workers=1)
    assert (tmp_path / "index.html").read_bytes() == before


def test_ended_worker(tmp_path: Path) -> None:
    """A worker that has ended between two pictures costs one thumbnail, and the next worker makes the next one."""
    paint(tmp_path / "fox.png")
    with Workers(1) as workers:
        assert workers.run([(tmp_path / "fox.png", tmp_path / "a.webp")]) == [None]
        (process,) = workers._started
        process.kill()
        process.wait()
        jobs = [(tmp_path / "fox.png", tmp_path / f"{name}.webp") for name in "bc"]
        first, second = workers.run(jobs)
    assert "ended with code" in str(first)
    assert second is None


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (1_234_567, "1.23 MB"), (5e14, "500 TB")],
)
def test_sizes(size: float, words: str) -> None:
    """Sizes are told in the unit that fits."""
    assert size_in_words(size) == words
