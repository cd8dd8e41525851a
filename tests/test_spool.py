"""Bytes that are kept on disk for as long as their object lives."""

from __future__ import annotations

import errno
import gc
import hashlib
import os
import pickle
import tempfile
import warnings
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.spool import Spool


@settings(deadline=None)
@given(st.lists(st.binary(max_size=100), max_size=20))
def test_what_goes_in_comes_out(pieces: list[bytes]) -> None:
    """The bytes come out as they went in, any number of times, with their size and digest."""
    spool = Spool()
    for piece in pieces:
        spool.append(piece)
    whole = b"".join(pieces)
    assert b"".join(spool.pieces()) == b"".join(spool.pieces()) == whole
    assert (spool.size, spool.digest) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert spool.beginning == whole[:64]


def test_large_spools_come_in_pieces() -> None:
    """A large spool is never read whole, also while it is read twice at once."""
    spool = Spool()
    for number in range(5):
        spool.append(bytes([number]) * 700_000)
    sizes = [len(piece) for piece, other in zip(spool.pieces(), spool.pieces(), strict=True) if piece == other]
    assert sum(sizes) == spool.size
    assert max(sizes) <= 1024 * 1024


def test_the_file_goes_with_the_spool() -> None:
    """Once nobody holds the spool its file is closed, without a warning."""
    spool = Spool()
    file = spool.file()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del spool
        gc.collect()
    assert file.closed


@settings(deadline=None)
@given(st.lists(st.binary(max_size=100), max_size=10), st.integers(0, 300), st.integers(0, 300), st.integers(0, 2))
def test_readers_have_places_of_their_own(pieces: list[bytes], position: int, size: int, whence: int) -> None:
    """A reader is a file as any other, and several of them do not move each other."""
    spool, whole = Spool(), BytesIO(b"".join(pieces))
    spool.extend(pieces)
    reader, other = spool.reader(), spool.reader()
    if whence == 0:
        assert reader.seek(position) == whole.seek(position)
    else:
        assert reader.seek(0, whence) == whole.seek(0, whence)
    assert other.read() == whole.getvalue()
    assert (reader.read(size), reader.tell()) == (whole.read(size), whole.tell())
    assert spool.read(position, size) == whole.getvalue()[position : position + size]


def test_a_spool_lies_where_it_is_told_to(tmp_path: Path) -> None:
    """The file is made in the folder that is named, without a name in it."""
    with pytest.raises(FileNotFoundError):
        Spool(tmp_path / "gone")
    spool = Spool(tmp_path)
    spool.append(b"fox")
    assert os.fstat(spool.file().fileno()).st_dev == tmp_path.stat().st_dev
    assert list(tmp_path.iterdir()) == []


def test_pickled_spools_take_their_bytes_along() -> None:
    """A spool comes back with its bytes, size, digest and beginning, and can be added to."""
    spool = Spool()
    spool.extend([b"fox" * 1_000_000, b"es"])
    for protocol in range(2, 6):
        again = pickle.loads(pickle.dumps(spool, protocol))
        assert b"".join(again.pieces()) == b"".join(spool.pieces())
        assert (again.size, again.digest, again.beginning) == (spool.size, spool.digest, spool.beginning)


def test_a_closed_spool_frees_its_room() -> None:
    """Closing closes the file at once; a second time it does nothing."""
    spool = Spool()
    spool.append(b"fox")
    file = spool.file()
    spool.close()
    spool.close()
    assert file.closed
    with pytest.raises(ValueError, match="closed"):
        spool.read(0, 3)


def test_what_was_refused_by_a_full_disk_is_closed_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A spool whose bytes did not all find room goes without another error."""
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: open("/dev/full", "r+b"))  # noqa: SIM115 - the spool does
    spool = Spool()
    with pytest.raises(OSError, match="No space"):
        spool.append(b"fox")
    spool.close()


class _FullFile:
    """A disk that has no room for more than some bytes."""

    def __init__(self, spool: Spool, room: int) -> None:
        self._write_at = spool._file.write_at
        self._room = room

    def __call__(self, position: int, pieces: Iterable[bytes]) -> None:
        piece = b"".join(pieces)
        self._write_at(position, (piece[: max(0, self._room - position)],))
        if position + len(piece) > self._room:
            raise OSError(errno.ENOSPC, "no room")


def test_a_full_disk_is_left_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spool whose disk is full goes on in the system's folder of temporary files, with all that it held."""
    pieces = [bytes([number]) * 700_000 for number in range(4)]
    spool = Spool(tmp_path)
    monkeypatch.setattr(spool._file, "write_at", _FullFile(spool, 1_800_000))
    spool.extend(pieces)
    assert b"".join(spool.pieces()) == b"".join(pieces)
    assert (spool.size, spool.digest) == (2_800_000, hashlib.sha256(b"".join(pieces)).hexdigest())
    monkeypatch.setattr(spool._file, "write_at", _FullFile(spool, 2_900_000))
    with pytest.raises(OSError, match="no room"):
        spool.append(pieces[0])


def test_what_lies_among_temporary_files_has_nowhere_else_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of a full disk is raised at once."""
    spool = Spool()
    monkeypatch.setattr(spool._file, "write_at", _FullFile(spool, 10))
    with pytest.raises(OSError, match="no room"):
        spool.append(bytes(11))
