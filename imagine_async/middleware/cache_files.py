"""The folder of the cache: whole pictures under the digests of their requests, and no more of them than allowed.

`<first two digits>/<key>.jpg` is a picture, and `<key>.json` beside it its facts. They are written last, so a picture
without facts is one whose writer did not come to its end. Any number of processes may use a folder at once, without a
lock: what they replace or remove under each other's hands is at worst a picture that is made again.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from imagine_async.files import write_whole
from imagine_async.results import Image
from imagine_async.sniff import SUFFIXES, Picture, sniff_bytes
from imagine_async.spool import pieces_of
from imagine_async.version import VERSION

__all__ = ["CacheFolder", "KeptPicture"]

_KEY = re.compile(r"[0-9a-f]{64}")
_PLACE = re.compile(r"[0-9a-f]{2}")
_FACTS = ".json"
_KEPT_SUFFIXES = (_FACTS, *SUFFIXES.values())
_LARGEST_FACTS = 16 * 1024
_PART = re.compile(r"\.[0-9a-f]+\.part")
_PART_SECONDS = 3600
"""What is still being written after this time was left behind by a process that was killed."""


@frozen
class KeptPicture:
    """A picture out of the folder, whose bytes are those that were put in.

    Args:
        content: The file's bytes.
        picture: What its header says.
    """

    content: bytes
    picture: Picture


class _DamagedError(Exception):
    """What lies in the folder is not what was put there."""


class CacheFolder:
    """Keeps pictures by key, those that were used last, up to a number of bytes. Its methods block.

    Args:
        folder: Where; made on first use.
        max_bytes: The most bytes to keep, facts included.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        # By process: a fork may copy a lock that a thread of the parent holds.
        self._tallies: dict[int, _Tally] = {}

    def load(self, key: str, *, now: float) -> KeptPicture | None:
        """Look for a picture; one that is damaged is removed.

        Args:
            key: 64 hexadecimal digits.
            now: Seconds since the epoch, noted as the time of its last use.

        Returns:
            The picture, or `None` where there is no whole one.

        Raises:
            OSError: The folder cannot be read. What lies in it stays: it may be readable later.
        """
        if not os.path.lexists(self._file(key, _FACTS)):
            return None
        try:
            found = self._read(key)
        except (_DamagedError, FileNotFoundError):
            self.remove(key)
            return None
        _touch(self._file(key, SUFFIXES[found.picture.format]), now)
        return found

    def store(self, key: str, image: Image, *, now: float) -> None:
        """Keep a picture, and remove those that were not used for longest where there are too many bytes.

        Args:
            key: 64 hexadecimal digits.
            image: The picture; one that is larger than all there may be is not kept.
            now: Seconds since the epoch.

        Raises:
            OSError: The folder cannot be written to; what it held under this key is whole or gone.
        """
        facts = _facts_of(image, now)
        size = image.size + len(facts)
        if size > self._max_bytes:
            return
        self._write(key, image, facts, now)
        self._make_room(key, size)

    def remove(self, key: str) -> None:
        """Remove a picture, as far as that is possible.

        Args:
            key: 64 hexadecimal digits.
        """
        for suffix in _KEPT_SUFFIXES:
            with contextlib.suppress(OSError):
                self._file(key, suffix).unlink()

    def _file(self, key: str, suffix: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError("a key is made of 64 hexadecimal digits")
        return self._folder / key[:2] / f"{key}{suffix}"

    def _read(self, key: str) -> KeptPicture:
        facts = _parsed(_content(self._file(key, _FACTS), at_most=_LARGEST_FACTS))
        content = _content(self._file(key, SUFFIXES[facts.format]), at_most=facts.size)
        picture = sniff_bytes(content)
        if picture is None or picture.format != facts.format or sha256(content).hexdigest() != facts.digest:
            raise _DamagedError
        return KeptPicture(content, picture)

    def _write(self, key: str, image: Image, facts: bytes, now: float) -> None:
        target = self._file(key, image.suffix)
        for folder in (self._folder, target.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(target, pieces_of(image.body), overwrite=True)
        _touch(target, now)
        try:
            write_whole(self._file(key, _FACTS), [facts], overwrite=True)
        except BaseException:
            # Only from here on: before, an older picture may still be whole, and unreadable just for the moment.
            self.remove(key)
            raise

    def _make_room(self, newest: str, size: int) -> None:
        pid = os.getpid()
        tally = self._tallies.get(pid) or self._tallies.setdefault(pid, _Tally())
        with tally.lock:
            tally.left -= size
            if tally.left < 0:
                # Others add to the folder as well: after a tenth of what it may hold it is time to look again.
                tally.left = min(self._max_bytes - self._trimmed(newest), self._max_bytes // 10)

    def _trimmed(self, newest: str) -> int:
        """Look what there is, and remove what is too much; return the bytes that are left.

        A tenth is made free at once, so that a full folder is not looked through for each new picture.
        """
        entries = sorted(self._entries(), key=lambda entry: (entry.used, entry.key))
        total = sum(entry.size for entry in entries)
        wanted = total if total <= self._max_bytes else self._max_bytes - self._max_bytes // 10
        for entry in entries:
            if total > wanted and entry.key != newest:
                self.remove(entry.key)
                total -= entry.size
        return total

    def _entries(self) -> list[_Entry]:
        """List what is kept. Other files are neither counted nor touched."""
        entries: dict[str, _Entry] = {}
        for file in self._files():
            key, suffix = file.name[:64], file.name[64:]
            # Removed by somebody else in the meantime.
            with contextlib.suppress(FileNotFoundError):
                status = file.stat(follow_symlinks=False)
                if _KEY.fullmatch(key) and suffix in _KEPT_SUFFIXES:
                    entries.setdefault(key, _Entry(key)).add(suffix, status)
                elif _PART.fullmatch(file.name):
                    _clear_away(file, status)
        return list(entries.values())

    def _files(self) -> Iterator[os.DirEntry[str]]:
        with os.scandir(self._folder) as places:
            names = [place.path for place in places if _PLACE.fullmatch(place.name) and place.is_dir()]
        for name in names:
            with contextlib.suppress(FileNotFoundError), os.scandir(name) as files:
                yield from files


@define(eq=False)
class _Tally:
    """How many bytes one process may add before it looks into the folder again."""

    left: int = 0
    lock: threading.Lock = field(factory=threading.Lock)


@define
class _Entry:
    """A picture and its facts: bytes on disk, and when it was used last, which is the time of the picture's file."""

    key: str
    size: int = 0
    used: int = 0

    def add(self, suffix: str, status: os.stat_result) -> None:
        self.size += status.st_size
        if suffix != _FACTS:
            self.used = max(self.used, status.st_mtime_ns)


@frozen
class _Facts:
    """What is read of the facts; the rest of them is for people."""

    digest: str
    size: int
    format: str


def _facts_of(image: Image, now: float) -> bytes:
    facts = {
        "version": 1,
        "sha256": image.digest,
        "bytes": image.size,
        "format": image.format,
        "width": image.width,
        "height": image.height,
        "seed": image.seed,
        "sdk": f"imagine-async {VERSION}",
        "created": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
    }
    return (json.dumps(facts, indent=2) + "\n").encode()


def _parsed(text: bytes) -> _Facts:
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise _DamagedError from None
    match found:
        case {"version": 1, "sha256": str(digest), "bytes": int(size), "format": str(name)} if name in SUFFIXES:
            return _Facts(digest, size, name)
    raise _DamagedError


def _content(path: Path, *, at_most: int) -> bytes:
    """Read a file; its size is looked at before, because what somebody put in its place may be endless."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_size > at_most:
        raise _DamagedError
    return path.read_bytes()


def _touch(path: Path, now: float) -> None:
    at = int(now * 1e9)
    # A folder that cannot be written to can be read all the same.
    with contextlib.suppress(OSError):
        os.utime(path, ns=(at, at))


def _clear_away(part: os.DirEntry[str], status: os.stat_result) -> None:
    # The file system's own time: the client's may be another one.
    if time.time() - status.st_mtime > _PART_SECONDS:
        with contextlib.suppress(OSError):
            Path(part.path).unlink()
