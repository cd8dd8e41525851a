"""A folder as a batch's sink: whole files, their facts before them, and nothing outside of it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from imagine_async.batch.sinks.local import LocalSink
from imagine_async.spool import Spool
from tests.pictures import variety

_FACTS = b'{"seed": 7}\n'


async def _put(sink: LocalSink, stem: str, body: bytes | Spool, suffix: str = ".jpg") -> str:
    return (await sink.put(stem, suffix, body, media_type="image/jpeg", facts=_FACTS)).name


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.anyio
async def test_facts_lie_beside_the_file(tmp_path: Path) -> None:
    """The sidecar has the picture's name with `.json` behind it, and nothing else is left in the folder."""
    await _put(LocalSink(tmp_path), "animals/fox", b"picture")
    assert _files(tmp_path) == {"animals/fox.jpg": b"picture", "animals/fox.jpg.json": _FACTS}


@pytest.mark.anyio
@pytest.mark.parametrize("mask", [0o022, 0o027])
async def test_files_have_the_mode_of_any_file(tmp_path: Path, mask: int) -> None:
    """Files of both kinds of bodies, and facts, get the mode that `open` would give them."""
    sink, before = LocalSink(tmp_path), os.umask(mask)
    try:
        await _put(sink, "small", b"picture")
        spool = sink.spool()
        spool.append(b"picture")
        await _put(sink, "large", spool)
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {0o666 & ~mask}


@pytest.mark.anyio
async def test_a_spool_of_the_sink_is_not_copied(tmp_path: Path) -> None:
    """The file of a spool becomes the picture's file; a second file of the same spool is a copy."""
    sink = LocalSink(tmp_path)
    spool = sink.spool()
    spool.append(b"picture")
    inode = os.fstat(spool.file().fileno()).st_ino
    first, second = await _put(sink, "first", spool), await _put(sink, "second", spool)
    assert (tmp_path / first).stat().st_ino == inode != (tmp_path / second).stat().st_ino
    assert (tmp_path / first).read_bytes() == (tmp_path / second).read_bytes() == b"picture"


@pytest.mark.anyio
@pytest.mark.parametrize("stem", ["out/fox", "out/deeper/fox"])
async def test_links_that_lead_outside_are_refused(tmp_path: Path, stem: str) -> None:
    """A folder that is a link to another place is not written into, and no folder is made there."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "out").symlink_to(outside)
    with pytest.raises(PermissionError, match="leads out"):
        await _put(LocalSink(inside), stem, b"picture")
    assert not list(outside.iterdir())


@pytest.mark.anyio
async def test_what_a_link_leads_to_is_not_read(tmp_path: Path) -> None:
    """A file outside is neither found nor read through a link."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "fox.jpg").write_bytes(variety("jpeg"))
    (inside / "fox.jpg").symlink_to(tmp_path / "fox.jpg")
    sink = LocalSink(inside)
    assert await sink.find("fox") is None
    for name in ("fox.jpg", "../fox.jpg"):
        with pytest.raises(FileNotFoundError):
            await sink.read(name)


@pytest.mark.anyio
async def test_a_removed_folder_is_made_again(tmp_path: Path) -> None:
    """A folder that somebody removes in the middle of a batch is made again."""
    sink = LocalSink(tmp_path)
    for _ in range(2):
        name = await _put(sink, "animals/fox", b"picture")
        for path in (tmp_path / "animals").iterdir():
            path.unlink()
        (tmp_path / "animals").rmdir()
    assert name == "animals/fox.jpg"


@pytest.mark.anyio
async def test_find_reports_what_is_stored(tmp_path: Path) -> None:
    """A whole picture is found with its size and digest."""
    sink, content = LocalSink(tmp_path), variety("png")
    stored = await sink.put("fox", ".png", content, media_type="image/png", facts=_FACTS)
    assert await sink.find("fox") == stored
    assert stored.digest == hashlib.sha256(content).hexdigest()
