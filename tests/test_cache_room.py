"""Room in the folder of the cache: there is never more in it than allowed, however many processes share it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from imagine_async.middleware.cache_files import CacheFolder, _facts_of
from imagine_async.results import Image
from tests.pictures import made_image
from tests.test_cache_files import JPEG, KEY, NOW, PNG, facts_at, kept, key_of, names, picture_at

ROOM = len(PNG) + len(_facts_of(made_image(), NOW))
"""What one picture and its facts take."""


def keep_in_turn(cache: CacheFolder, count: int, *, begin: int = 0) -> None:
    for number in range(begin, begin + count):
        cache.store(key_of(number), made_image(), now=NOW + number)


def still_there(folder: Path, count: int) -> list[int]:
    return [number for number in range(count) if facts_at(folder, key_of(number)).exists()]


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_oldest_go_first(tmp_path: Path) -> None:
    """Beyond the cap the pictures that were used longest ago go, picture and facts, until a tenth is free."""
    keep_in_turn(CacheFolder(tmp_path, max_bytes=10 * ROOM), 12)
    # The eleventh pushed out two, and left room for the twelfth.
    assert still_there(tmp_path, 12) == list(range(2, 12))
    assert (size_of(tmp_path), len(names(tmp_path))) == (10 * ROOM, 20)


def test_what_is_used_stays(tmp_path: Path) -> None:
    """A picture that was asked for lately stays; one that was made later and not asked for goes."""
    cache = CacheFolder(tmp_path, max_bytes=3 * ROOM)
    keep_in_turn(cache, 3)
    assert cache.load(key_of(0), now=NOW + 50) is not None
    cache.store(key_of(3), made_image(), now=NOW + 51)
    assert still_there(tmp_path, 4) == [0, 3]


def test_picture_larger_than_the_cap_is_not_kept(tmp_path: Path) -> None:
    """It would push out everything and go next itself."""
    cache = kept(tmp_path, content=JPEG, max_bytes=len(PNG))
    cache.store(key_of(1), made_image(PNG), now=NOW)
    assert cache.load(key_of(1), now=NOW) is None
    assert cache.load(KEY, now=NOW) is not None


def test_newest_stays_although_it_alone_is_nearly_too_much(tmp_path: Path) -> None:
    """The picture that was just made is not the one to go, whatever the times of the others say."""
    cache = CacheFolder(tmp_path, max_bytes=ROOM)
    cache.store(key_of(0), made_image(), now=NOW + 1000)
    cache.store(key_of(1), made_image(), now=NOW)
    assert still_there(tmp_path, 2) == [1]


def test_pictures_of_other_processes_count(tmp_path: Path) -> None:
    """What lies there already, and what others add, counts: the folder is looked through while it fills."""
    caches = [CacheFolder(tmp_path, max_bytes=40 * ROOM) for _ in range(3)]
    for number in range(150):
        keep_in_turn(caches[number % 3], 1, begin=number)
        # Each may add a tenth between two looks.
        assert size_of(tmp_path) <= (40 + 2 * 4) * ROOM
    assert still_there(tmp_path, 150)[-30:] == list(range(120, 150))


def test_nothing_goes_where_others_made_room(tmp_path: Path) -> None:
    """Where the sum is over the cap because others removed something meanwhile, it is corrected."""
    cache = CacheFolder(tmp_path, max_bytes=3 * ROOM)
    keep_in_turn(cache, 3)
    CacheFolder(tmp_path, max_bytes=1).remove(key_of(0))
    cache.store(key_of(3), made_image(), now=NOW + 3)
    assert still_there(tmp_path, 4) == [1, 2, 3]


def test_folder_is_not_looked_through_for_each_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once in a tenth of what the folder may hold it is looked through, also when it is full."""
    looks = []

    class Counting(CacheFolder):
        def _entries(self) -> Any:
            looks.append(1)
            return super()._entries()

    cache = Counting(tmp_path, max_bytes=100 * ROOM)
    keep_in_turn(cache, 300)
    assert 300 / 11 <= len(looks) <= 300 / 10 + 2
    # A process that was forked looks for itself.
    monkeypatch.setattr("os.getpid", lambda: -1)
    before = len(looks)
    keep_in_turn(cache, 1, begin=300)
    assert len(looks) == before + 1


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """What the cache did not write is neither counted nor removed, wherever it lies."""
    cache = CacheFolder(tmp_path, max_bytes=3 * ROOM)
    keep_in_turn(cache, 2)
    place = picture_at(tmp_path, key_of(0)).parent
    others = [tmp_path / "notes.txt", place / "notes.txt", place / f"{key_of(0)}.txt", tmp_path / "photos" / "a.png"]
    for path in others:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(10 * ROOM))
        os.utime(path, (0, 0))
    keep_in_turn(cache, 1, begin=2)
    assert still_there(tmp_path, 3) == [0, 1, 2]
    keep_in_turn(cache, 1, begin=3)
    assert still_there(tmp_path, 4) == [2, 3]
    assert all(path.exists() for path in others)


def test_what_a_killed_process_left_half_written_is_cleared_away(tmp_path: Path) -> None:
    """Half files go after an hour; one that may still be written stays."""
    place = picture_at(tmp_path).parent
    place.mkdir()
    old, new = place / ".0123456789abcdef.part", place / ".fedcba9876543210.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    kept(tmp_path)
    assert (old.exists(), new.exists()) == (False, True)


def test_files_that_vanish_under_way_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may remove files and folders while this one looks."""
    keep_in_turn(CacheFolder(tmp_path, max_bytes=10**9), 3)
    real, gone = os.scandir, picture_at(tmp_path, key_of(0)).parent

    def scandir(path: Any) -> Any:
        if Path(path) == gone:
            raise FileNotFoundError
        entries = list(real(path))
        if Path(path) == facts_at(tmp_path, key_of(1)).parent:
            facts_at(tmp_path, key_of(1)).unlink()
        return _Entries(entries)

    monkeypatch.setattr(os, "scandir", scandir)
    cache = CacheFolder(tmp_path, max_bytes=10**9)
    assert {entry.key for entry in cache._entries()} == {key_of(1), key_of(2)}


class _Entries(list[Any]):
    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_old_half_file_that_cannot_be_removed_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clearing away is no reason to fail."""
    part = picture_at(tmp_path).parent / ".0123456789abcdef.part"
    part.parent.mkdir()
    part.write_bytes(b"half")
    os.utime(part, (0, 0))

    def refuse(_: Path, *, missing_ok: bool = False) -> None:
        if not missing_ok:
            raise PermissionError

    monkeypatch.setattr(Path, "unlink", refuse)
    assert kept(tmp_path).load(KEY, now=NOW) is not None


def image_number(number: int) -> Image:
    """A picture that says which it is, behind its end."""
    return made_image(PNG + number.to_bytes(4, "big"))


def test_threads_share_a_folder(tmp_path: Path) -> None:
    """Threads that keep, look for and push out pictures at once find whole ones or none, and keep to the cap."""
    cache, start = CacheFolder(tmp_path, max_bytes=8 * ROOM), threading.Barrier(8)

    def work(seed: int) -> int:
        start.wait(20)
        hits = 0
        for number in range(seed, seed + 40):
            found = cache.load(key_of(number % 12), now=NOW + number)
            if found is None:
                cache.store(key_of(number % 12), image_number(number % 12), now=NOW + number)
            else:
                assert found.content == image_number(number % 12).content
                hits += 1
        return hits

    with ThreadPoolExecutor(8) as threads:
        hits = sum(threads.map(work, range(8)))
    assert hits > 0
    assert size_of(tmp_path) <= 8 * ROOM
    assert not list(tmp_path.rglob("*.part"))


WORKER = """
import random, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from imagine_async.middleware.cache_files import CacheFolder
from tests.test_cache_room import NOW, ROOM, image_number, key_of
cache, hits = CacheFolder(Path({folder!r}), max_bytes=8 * ROOM), 0
for step in range(150):
    number = random.randrange(12)
    found = cache.load(key_of(number), now=NOW + step)
    if found is None:
        cache.store(key_of(number), image_number(number), now=NOW + step)
    else:
        assert found.content == image_number(number).content
        hits += 1
print(hits)
"""


def test_processes_share_a_folder(tmp_path: Path) -> None:
    """So do processes."""
    program = WORKER.format(root=str(Path(__file__).parent.parent), folder=str(tmp_path))
    running = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) for _ in range(4)]
    said = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0] * 4
    assert sum(map(int, said)) > 0
    assert not list(tmp_path.rglob("*.part"))
    keep_in_turn(CacheFolder(tmp_path, max_bytes=8 * ROOM), 1)
    assert size_of(tmp_path) <= 8 * ROOM
