"""What can be read but once: kept in memory or on disk, capped, and sent any number of times."""

from __future__ import annotations

import errno
import gc
import os
import socket
import tempfile
import threading
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.errors import InvalidRequestError
from imagine_async.inputs import SPOOL_BYTES, BytesSource, FileSource, Source, as_source
from imagine_async.inputs.spooling import Spooler
from tests.pictures import variety

MEBIBYTE = 1024 * 1024
PNG = variety("png")
LARGE = PNG.ljust(3 * MEBIBYTE, b"\x07")


async def body(source: Source) -> bytes:
    return b"".join([piece async for piece in source.pieces()])


class Once:
    """Has a `read` and nothing else."""

    def __init__(self, content: bytes, most: int = 10**9, kind: Callable[[bytes], Any] = bytes) -> None:
        self._file = BytesIO(content)
        self._most = most
        self._kind = kind

    def read(self, size: int) -> Any:
        return self._kind(self._file.read(min(size, self._most)))


class Unseekable(BytesIO):
    """Can be read once, from where it stands to its end."""

    def seekable(self) -> bool:
        return False


@contextmanager
def pipe(content: bytes) -> Iterator[Any]:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as file:
            file.write(content)

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(reading, "rb") as file:
        yield file
    writer.join()


@contextmanager
def connection(content: bytes) -> Iterator[Any]:
    left, right = socket.socketpair()

    def write() -> None:
        with right:
            right.sendall(content)

    writer = threading.Thread(target=write)
    writer.start()
    with left, left.makefile("rb") as file:
        yield file
    writer.join()


@contextmanager
def at_offset(content: bytes) -> Iterator[Any]:
    file = Unseekable(b"front" + content)
    file.read(5)
    yield file
    assert not file.closed


@contextmanager
def only_read(content: bytes) -> Iterator[Any]:
    yield Once(content, most=7 if len(content) < MEBIBYTE else 70_001, kind=memoryview)


@contextmanager
def whole_at_once(content: bytes) -> Iterator[Any]:
    class Whole:
        def read(self, _: int) -> bytes:
            nonlocal content
            given, content = content, b""
            return given

    yield Whole()


@pytest.mark.anyio
@pytest.mark.parametrize("content", [PNG, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("form", [pipe, connection, at_offset, only_read, whole_at_once])
async def test_what_can_be_read_once_is_sent_twice_alike(form: Any, content: bytes) -> None:
    """A pipe, a socket and anything with a `read` are sent whole, from where they stood, any number of times."""
    with form(content) as file:
        source = as_source(file, "image")
        assert isinstance(source, BytesSource if content is PNG else FileSource)
        assert (await body(source), await body(source)) == (content, content)
        assert (source.read(), source.size) == (content, len(content))
        assert source.picture.format == "png"


@pytest.mark.parametrize("extra", [0, 1])
def test_memory_holds_up_to_the_limit(extra: int) -> None:
    """Exactly 1 MB stays in memory; a byte more goes to the disk."""
    source = as_source(Once(PNG.ljust(SPOOL_BYTES + extra, b"\0")), "image")
    assert isinstance(source, FileSource if extra else BytesSource)


def test_large_stream_is_never_held_whole() -> None:
    """Of 40 MB that come once only a few pieces are in memory."""
    length = 40 * MEBIBYTE

    class Endless:
        left = length

        def read(self, size: int) -> bytes:
            given = min(size, self.left)
            piece = (PNG if self.left == length else b"").ljust(given, b"\0")
            self.left -= given
            return piece

    tracemalloc.start()
    source = as_source(Endless(), "image")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert source.size == length
    assert peak < 4 * MEBIBYTE


def test_spooled_file_goes_with_its_last_source() -> None:
    """The temporary file is closed, without a warning, when no source holds it; a copied source keeps it open."""
    source = as_source(Once(LARGE), "image")
    assert isinstance(source, FileSource)
    copy = attrs.evolve(source, name="mask")
    stream = getattr(source.file, "stream")  # noqa: B009 - not of the protocol
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del source
        gc.collect()
        assert not stream.closed
        assert copy.read() == LARGE
        del copy
        gc.collect()
    assert stream.closed


def test_spooled_file_has_no_name(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is spooled lies in no folder where others could find it, or where it could be left behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    source = as_source(Once(LARGE), "image")
    assert list(tmp_path.iterdir()) == []
    assert "<spooled file>" in repr(source)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
@pytest.mark.anyio
async def test_any_kind_of_bytes_is_taken(kind: Callable[[bytes], Any]) -> None:
    """A `read` may give bytes in any form."""
    assert await body(as_source(Once(PNG, most=100, kind=kind), "image")) == PNG


def failing(_: bytes) -> Any:
    raise KeyError("unplugged")


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "text": (lambda: Once(PNG, kind=repr), "gave str: open it in binary mode"),
    "numbers": (lambda: Once(PNG, kind=list), "gave list"),
    "not-blocking": (lambda: Once(PNG, kind=lambda _: None), "the file does not block"),
    "failing": (lambda: Once(PNG, kind=failing), "cannot be read: 'unplugged'"),
    "empty": (lambda: Once(b""), "nothing came"),
    "read-already": (lambda: Unseekable(b""), "nothing came"),
    "no-picture": (lambda: Once(b"%PDF-1.7"), "no JPEG"),
    "cut-header": (lambda: Once(PNG[:20]), "no JPEG"),
    "web-page": (lambda: Once(b"\n<!doctype html><title>Sign in</title>" * 9), "begins like a web page"),
    "no-size": (lambda: type("Reader", (), {"read": lambda self: PNG})(), "cannot be read"),
    "closed": (lambda: closed(Unseekable(PNG)), "cannot be read"),
}


def closed(file: Any) -> Any:
    file.close()
    return file


@pytest.mark.parametrize(("make", "advice"), REFUSED.values(), ids=REFUSED)
def test_refused_by_name(make: Callable[[], Any], advice: str) -> None:
    """What gives no picture is refused with the field's name and what was wrong with it."""
    with pytest.raises(InvalidRequestError, match=advice) as caught:
        as_source(make(), "mask")
    assert caught.value.field == "mask"


def test_what_is_no_picture_is_not_read_to_its_end() -> None:
    """The first bytes are looked at before the others are read."""
    file = Once(b"not a picture" * 100_000)
    with pytest.raises(InvalidRequestError):
        as_source(file, "image")
    assert file.read(1)


@pytest.mark.parametrize(("cap", "fits"), [(len(LARGE), True), (len(LARGE) - 1, False), (len(PNG) - 1, False)])
def test_cap(cap: int, fits: bool) -> None:
    """A picture may have as many bytes as the cap says, and no more."""
    if fits:
        assert as_source(Once(LARGE), "image", max_bytes=cap).size == cap
        return
    with pytest.raises(InvalidRequestError, match=f"larger than {cap} bytes"):
        as_source(Once(LARGE), "image", max_bytes=cap)


def test_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk does not take the copy, the error says so and names the way out."""

    def refuse(**_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(InvalidRequestError, match=r"cannot be kept on disk .*: No space left on device; pass a path"):
        as_source(Once(LARGE), "image")


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 700_000), max_size=8))
def test_spooler_keeps_what_it_takes(lengths: list[int]) -> None:
    """In whatever pieces a picture comes, the source holds it byte for byte."""
    spooler = Spooler("image", "stream", 10**9)
    pieces = [PNG, *(bytes([number]) * length for number, length in enumerate(lengths))]
    for piece in pieces:
        if spooler.add(piece):
            spooler.flush()
    assert spooler.source().read() == b"".join(pieces)
