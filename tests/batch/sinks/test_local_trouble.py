"""A folder as a sink where things go wrong: full disks, kills, and others who write there too."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from imagine_async.batch.sinks import claims, locking, temporary
from imagine_async.batch.sinks.local import LocalSink
from tests.batch.sinks.local_worker import content_of
from tests.pictures import variety

_FACTS = b'{"seed": 7}\n'


def _start(folder: Path, name: str, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.batch.sinks.local_worker", str(folder), name, str(count)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[3])


def _checked(folder: Path) -> int:
    """See that every picture is whole and has its own facts, and that nothing else is there; count the pictures."""
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    pictures = {name for name in names if name.endswith(".jpg")}
    for name in pictures:
        facts = json.loads((folder / f"{name}.json").read_bytes())
        assert (folder / name).read_bytes() == content_of(facts)
    others = names - pictures - {f"{name}.json" for name in pictures}
    # Facts whose picture did not come: at most one for each that was in flight.
    assert all(name.endswith(".jpg.json") for name in others)
    assert len(others) <= 8
    return len(pictures)


@pytest.mark.parametrize("most", [30, 100, 300])
def test_a_kill_leaves_no_half_file(tmp_path: Path, most: int) -> None:
    """A process that is killed leaves whole pictures with their facts, and no others."""
    process = _start(tmp_path, "killed", 1_000_000)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.rglob("*.jpg"))) < most:
        assert time.monotonic() < deadline
        assert process.poll() is None
    process.kill()
    process.wait()
    assert _checked(tmp_path) >= most


def test_processes_do_not_mix_up_facts(tmp_path: Path) -> None:
    """Three processes that put files of the same names get a name for each, and each picture keeps its facts."""
    processes = [_start(tmp_path, name, 30) for name in ("first", "second", "third")]
    assert [process.wait(timeout=100) for process in processes] == [0, 0, 0]
    assert _checked(tmp_path) == 3 * 8 * 30
    assert len(list(tmp_path.rglob("*.json"))) == 3 * 8 * 30


@pytest.mark.anyio
@pytest.mark.parametrize("is_spooled", [False, True])
@pytest.mark.parametrize("is_hidden", [False, True])
async def test_a_full_disk_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_spooled: bool, is_hidden: bool
) -> None:
    """Where a file does not fit, the error names the folder, and nothing half is left; then all goes on."""
    if is_hidden:
        monkeypatch.setattr(temporary, "_can_be_named_late", lambda: False)
    sink, content = LocalSink(tmp_path / "out"), bytes(100_000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A spool elsewhere, so that it has to be copied, which is made while there is room.
    body: Any = LocalSink(tmp_path / "elsewhere").spool() if is_spooled else content
    if is_spooled:
        body.append(content)
        monkeypatch.setattr(temporary, "_umask", lambda: None)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(OSError, match="nothing was stored") as caught:
            await sink.put("a/fox", ".jpg", body, media_type="image/jpeg", facts=_FACTS)
        assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(tmp_path / "out" / "a"))
        assert not list((tmp_path / "out" / "a").iterdir())
        await sink.put("a/fox", ".jpg", b"picture", media_type="image/jpeg", facts=_FACTS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    await sink.put("a/fox", ".jpg", body, media_type="image/jpeg", facts=_FACTS)
    assert {path.name for path in (tmp_path / "out" / "a").glob("*.jpg")} == {"fox.jpg", "fox-2.jpg"}


@pytest.mark.anyio
async def test_a_file_where_a_folder_belongs(tmp_path: Path) -> None:
    """The error names what is in the way."""
    (tmp_path / "animals").write_bytes(b"")
    with pytest.raises(OSError, match="animals"):
        await LocalSink(tmp_path).put("animals/fox", ".jpg", b"x", media_type="image/jpeg", facts=_FACTS)


@pytest.mark.anyio
async def test_everything_is_on_the_disk_before_it_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Picture and facts are flushed before they are named, and the folder after; without `sync` nothing is."""
    seen: list[str] = []
    fsync, link = os.fsync, os.link

    def note_sync(descriptor: int) -> None:
        seen.append("folder" if Path(f"/proc/self/fd/{descriptor}").is_dir() else "file")
        fsync(descriptor)

    def note_link(source: str, target: str, **options: Any) -> None:
        seen.append(Path(target).suffix)
        link(source, target, **options)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "link", note_link)
    await LocalSink(tmp_path).put("fox", ".jpg", b"picture", media_type="image/jpeg", facts=_FACTS)
    assert seen == ["file", "file", ".json", ".jpg", "folder"]
    seen.clear()
    await LocalSink(tmp_path, sync=False).put("fox2", ".jpg", b"picture", media_type="image/jpeg", facts=_FACTS)
    assert seen == [".json", ".jpg"]


@pytest.fixture(params=["hidden names", "no links", "no late names"])
def _a_poorer_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the system one that cannot name a file late, or has no links at all."""
    if request.param == "no late names":
        opened = os.open

        def open_named(path: Any, flags: int, *rest: Any, **options: Any) -> int:
            if flags & os.O_TMPFILE == os.O_TMPFILE:
                raise OSError(errno.EOPNOTSUPP, "not supported", path)
            return opened(path, flags, *rest, **options)

        monkeypatch.setattr(os, "open", open_named)
    else:
        monkeypatch.setattr(temporary, "_can_be_named_late", lambda: False)
    if request.param == "no links":

        def refuse(source: str, target: str) -> None:
            if os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, "exists", target)
            raise PermissionError(errno.EPERM, "no links here", source)

        monkeypatch.setattr(os, "link", refuse)


@pytest.mark.anyio
@pytest.mark.usefixtures("_a_poorer_system")
@pytest.mark.parametrize("on_collision", ["number", "replace"])
async def test_poorer_systems_do_as_well(tmp_path: Path, on_collision: Any) -> None:
    """Without late names, and without links, files are whole and nothing else is left."""
    sink = LocalSink(tmp_path, on_collision=on_collision)
    for content in (b"first", b"second"):
        spool = sink.spool()
        spool.append(content)
        await sink.put("fox", ".jpg", spool, media_type="image/jpeg", facts=_FACTS)
        await sink.put("fox", ".jpg", content, media_type="image/jpeg", facts=_FACTS)
    pictures = sorted(path.name for path in tmp_path.glob("*.jpg"))
    assert pictures == (
        ["fox.jpg"] if on_collision == "replace" else ["fox-2.jpg", "fox-3.jpg", "fox-4.jpg", "fox.jpg"]
    )
    assert len(list(tmp_path.iterdir())) == 2 * len(pictures)


@pytest.mark.anyio
async def test_hidden_files_of_the_dead_are_removed(tmp_path: Path) -> None:
    """Looking for what a process has stored that was killed removes its hidden files, and no others."""
    (tmp_path / "a").mkdir()
    left, alive = temporary.Temporary(str(tmp_path / "a")), temporary.Temporary(str(tmp_path / "a"))
    for file in (left, alive):
        file._hide()
    # As the system does when a process is killed.
    os.close(left.descriptor)
    (tmp_path / "a" / ".mine.part").touch()
    assert len(list((tmp_path / "a").iterdir())) == 3
    assert await LocalSink(tmp_path).find("a/fox") is None
    with alive:
        assert {path.name for path in (tmp_path / "a").iterdir()} == {Path(str(alive._hidden)).name, ".mine.part"}


@pytest.mark.anyio
async def test_facts_whose_picture_is_on_its_way_are_left_alone(tmp_path: Path) -> None:
    """While another process is between its facts and its picture, the name is taken."""
    with temporary.Temporary(str(tmp_path)) as theirs:
        theirs.write([b"theirs"])
        assert locking.locked(theirs.descriptor)
        theirs.name_it(str(tmp_path / "fox.jpg.json"))
        sink = LocalSink(tmp_path)
        with pytest.raises(FileExistsError):
            await LocalSink(tmp_path, on_collision="refuse").put("fox", ".jpg", b"x", media_type="", facts=_FACTS)
        stored = await sink.put("fox", ".jpg", b"mine", media_type="image/jpeg", facts=_FACTS)
    assert stored.name == "fox-2.jpg"
    assert (tmp_path / "fox.jpg.json").read_bytes() == b"theirs"


@pytest.mark.anyio
async def test_a_picture_that_comes_first_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture without facts that another program writes at the last moment is not replaced, and gets no facts."""
    named = claims._named
    target = tmp_path / "fox.jpg"

    def name_late(file: temporary.Temporary, path: str) -> bool:
        if path == str(target) and not target.exists():
            target.write_bytes(b"theirs")
        return named(file, path)

    monkeypatch.setattr(claims, "_named", name_late)
    stored = await LocalSink(tmp_path).put("fox", ".jpg", b"mine", media_type="image/jpeg", facts=_FACTS)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "fox.jpg": b"theirs",
        "fox-2.jpg": b"mine",
        "fox-2.jpg.json": _FACTS,
    }
    assert stored.name == "fox-2.jpg"


@pytest.mark.anyio
async def test_what_is_found_is_not_large_in_memory(tmp_path: Path) -> None:
    """A large file is read onto the disk, a small one into memory."""
    sink = LocalSink(tmp_path)
    (tmp_path / "large.mp4").write_bytes(bytes(9_000_000))
    (tmp_path / "small.jpg").write_bytes(variety("jpeg"))
    assert not isinstance(await sink.read("large.mp4"), bytes)
    assert await sink.read("small.jpg") == variety("jpeg")
