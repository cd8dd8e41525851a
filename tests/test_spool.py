"""Bytes that are kept on disk for as long as their object lives."""

from __future__ import annotations

import gc
import hashlib
import os
import warnings
from pathlib import Path

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


def test_a_spool_lies_in_its_folder(tmp_path: Path) -> None:
    """A spool's file lies in the file system of its folder, without a name in it."""
    spool = Spool(tmp_path)
    spool.append(b"picture")
    assert os.fstat(spool.file().fileno()).st_dev == tmp_path.stat().st_dev
    assert not list(tmp_path.iterdir())
