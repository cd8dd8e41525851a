"""Pictures in files: changed or cut meanwhile, large, foreign, in text mode; read off the event loop."""

from __future__ import annotations

import builtins
import codecs
import io
import os
import threading
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from imagine_async.errors import InvalidRequestError
from imagine_async.inputs import PIECE_BYTES, PathSource, Source, as_source
from imagine_async.inputs.pieces import READ_BYTES
from tests.pictures import variety

MEBIBYTE = 1024 * 1024
PNG = variety("png")


async def body(source: Source) -> bytes:
    return b"".join([piece async for piece in source.pieces()])


def written(folder: Path, content: bytes = PNG) -> Path:
    path = folder / "fox.png"
    path.write_bytes(content)
    return path


@pytest.mark.anyio
@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(PNG + b"more"),
        lambda path: path.write_bytes(PNG[:-9]),
        lambda path: os.utime(path, ns=(1, 1)),
    ],
    ids=["gone", "longer", "shorter", "same-length"],
)
async def test_changed_file_is_refused(change: Callable[[Path], None], tmp_path: Path) -> None:
    """A file that is not what it was when the request was made is refused before a byte of it is sent."""
    path = written(tmp_path)
    source = as_source(path, "image")
    change(path)
    with pytest.raises(InvalidRequestError, match=r"image=.*fox\.png"):
        await anext(source.pieces())


@pytest.mark.anyio
async def test_changed_mask_is_refused_as_the_mask(tmp_path: Path) -> None:
    """The refusal of a file that changed names the field that it was passed for."""
    path = written(tmp_path)
    source = as_source(path, "mask")
    path.unlink()
    with pytest.raises(InvalidRequestError) as caught:
        await anext(source.pieces())
    assert caught.value.field == "mask"


@pytest.mark.anyio
@pytest.mark.parametrize("change", [lambda file: file.truncate(100), lambda file: file.close()], ids=["cut", "closed"])
async def test_changed_open_file_is_refused(change: Callable[[BytesIO], object]) -> None:
    """A file of the caller's that was cut or closed since is refused, and never sent shorter than announced."""
    file = BytesIO(PNG)
    source = as_source(file, "image")
    change(file)
    with pytest.raises(InvalidRequestError):
        await body(source)


@pytest.mark.anyio
async def test_file_that_grows_while_it_is_sent_is_not_sent_longer(tmp_path: Path) -> None:
    """What is appended after the sending began stays at home: the announced length is kept."""
    path = large_file(tmp_path)
    source = as_source(path, "image")
    pieces = source.pieces()
    first = await anext(pieces)
    with path.open("ab") as file:
        file.write(b"more")
    assert len(first) + sum([len(piece) async for piece in pieces]) == source.size


@pytest.mark.anyio
async def test_file_that_shrinks_while_it_is_sent_is_an_error(tmp_path: Path) -> None:
    """A file that is cut while it is sent ends the call with its name, rather than with a wrong length."""
    path = large_file(tmp_path)
    source = as_source(path, "image")
    pieces = source.pieces()
    await anext(pieces)
    os.truncate(path, 1000)
    with pytest.raises(InvalidRequestError, match="was changed"):
        async for _ in pieces:
            pass


def large_file(folder: Path) -> Path:
    path = written(folder)
    os.truncate(path, 20 * MEBIBYTE)
    return path


@pytest.mark.anyio
@pytest.mark.parametrize("form", [lambda path: path, lambda path: path.open("rb")], ids=["path", "open-file"])
async def test_large_file_is_never_held_whole(form: Callable[[Path], Any], tmp_path: Path) -> None:
    """A file of 20 MB leaves in pieces of 256 KB, and no more than a few of the blocks it is read in are held."""
    value = form(large_file(tmp_path))
    tracemalloc.start()
    source = as_source(value, "image")
    lengths = [len(piece) async for piece in source.pieces()]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    getattr(value, "close", lambda: None)()
    assert (sum(lengths), max(lengths)) == (source.size, PIECE_BYTES)
    # One block and one piece, as a rule; but a worker thread may keep what it read until it reads again.
    assert peak < 4 * READ_BYTES


class Witness(BytesIO):
    """Notes the threads that read it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.threads: set[int] = set()

    def read(self, size: int | None = -1, /) -> bytes:
        self.threads.add(threading.get_ident())
        return super().read(size)


@pytest.mark.anyio
async def test_open_file_is_read_off_the_loop() -> None:
    """Reading a caller's file does not block the event loop."""
    file = Witness(PNG)
    source = as_source(file, "image")
    file.threads.clear()
    await body(source)
    assert file.threads
    assert threading.get_ident() not in file.threads


class WitnessFile(io.BufferedReader):
    """A file on the disk that notes the threads that open and read it."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self.threads = {threading.get_ident()}

    def read(self, size: int | None = -1, /) -> bytes:
        self.threads.add(threading.get_ident())
        return super().read(size)


@pytest.mark.anyio
async def test_path_is_opened_and_read_off_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening and reading a file by its path does not block the event loop."""
    path = written(tmp_path)
    source = as_source(path, "image")
    opened: list[WitnessFile] = []
    ordinary_open = open

    def witnessed_open(file: Any, *args: Any, **options: Any) -> Any:
        if file != path:
            return ordinary_open(file, *args, **options)
        opened.append(WitnessFile(path))
        return opened[-1]

    monkeypatch.setattr(io, "open", witnessed_open)
    monkeypatch.setattr(builtins, "open", witnessed_open)
    assert await body(source) == PNG
    assert len(opened) == 1
    assert threading.get_ident() not in opened[0].threads


@pytest.mark.anyio
async def test_path_is_closed_when_sending_stops(tmp_path: Path) -> None:
    """A body that is given up in the middle leaves no file open; the tests turn a forgotten one into an error."""
    source = as_source(large_file(tmp_path), "image")
    pieces = source.pieces()
    await anext(pieces)
    await pieces.aclose()
    assert [piece async for piece in pieces] == []


@pytest.mark.anyio
async def test_worker_threads_are_asked_for_blocks_and_not_for_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file costs one step across threads, its opening included; a large one a step for each block."""
    steps: list[object] = []
    across = anyio.to_thread.run_sync

    async def counted(function: Callable[..., Any], *args: Any) -> Any:
        steps.append(function)
        return await across(function, *args)

    monkeypatch.setattr(anyio.to_thread, "run_sync", counted)
    assert await body(as_source(written(tmp_path), "image")) == PNG
    assert len(steps) == 1
    steps.clear()
    await body(as_source(large_file(tmp_path), "image"))
    assert len(steps) == 20 * MEBIBYTE // READ_BYTES


@pytest.mark.parametrize("form", [lambda path: path, lambda path: path.open("rb"), lambda path: path.read_bytes()])
def test_read_gives_the_whole(form: Callable[[Path], Any], tmp_path: Path) -> None:
    """Code that blocks anyway reads a source in one go, any number of times."""
    value = form(written(tmp_path))
    source = as_source(value, "image")
    getattr(value, "seek", lambda _: None)(5)
    assert source.read() == source.read() == PNG
    getattr(value, "close", lambda: None)()


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: os.utime(path, ns=(1, 1))])
def test_read_refuses_a_changed_file(change: Callable[[Path], None], tmp_path: Path) -> None:
    """Also in one go nothing is read that is not what the request was made with."""
    path = written(tmp_path)
    source = as_source(path, "mask")
    change(path)
    with pytest.raises(InvalidRequestError, match="mask="):
        source.read()


def test_read_refuses_a_file_cut_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is cut between its opening and its reading is not taken for whole."""
    path = written(tmp_path)
    source = as_source(path, "image")

    class Short(io.BufferedReader):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size)[:-1]

    monkeypatch.setattr(Path, "open", lambda self, mode: Short(io.FileIO(self)))
    with pytest.raises(InvalidRequestError, match="was changed"):
        source.read()


class Crumbs(BytesIO):
    """Gives less than asked for, as unbuffered files may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 40))


@pytest.mark.anyio
async def test_file_that_gives_less_than_asked_for_is_sent_whole() -> None:
    """Short reads are no cuts."""
    assert await body(as_source(Crumbs(PNG), "image")) == PNG


class Stubborn(BytesIO):
    """Raises what no file should raise."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.stubborn = False

    def read(self, size: int | None = -1, /) -> bytes:
        if self.stubborn:
            raise KeyError("bad sector")
        return super().read(size)


@pytest.mark.anyio
async def test_whatever_a_file_raises_names_the_field() -> None:
    """Errors of foreign file objects arrive as ours, with the cause chained, when looked at and when sent."""
    file = Stubborn(PNG)
    source = as_source(file, "image")
    file.stubborn = True
    for attempt in (source.read, lambda: as_source(file, "image")):
        with pytest.raises(InvalidRequestError, match="cannot be read: 'bad sector'") as caught:
            attempt()
        assert isinstance(caught.value.__cause__, KeyError)


class Disguise:
    """Passes on what a file in text mode does, and is none by its class."""

    def __init__(self) -> None:
        file = io.StringIO("text")
        self.read, self.seek, self.tell, self.seekable = file.read, file.seek, file.tell, file.seekable


def test_text_mode_is_told_so(tmp_path: Path) -> None:
    """A file in text mode is refused with what to do, also where only its reads tell."""
    path = written(tmp_path, b"text")
    with path.open() as file:
        for text in (file, codecs.getreader("ascii")(BytesIO(b"text")), Disguise()):
            with pytest.raises(InvalidRequestError, match="open in text mode; open it in binary mode"):
                as_source(text, "image")


def test_binary_file_may_name_an_encoding() -> None:
    """What a file gives counts, not whether it has an attribute that files in text mode have."""

    class Response(BytesIO):
        encoding = "gzip"

    assert as_source(Response(PNG), "image").read() == PNG


class BytesPath:
    """Stands for a path as the system knows it: bytes."""

    def __init__(self, path: Path) -> None:
        self._path = os.fsencode(path)

    def __fspath__(self) -> bytes:
        return self._path


def test_paths_of_bytes_are_paths(tmp_path: Path) -> None:
    """A path whose text is bytes is understood."""
    assert isinstance(as_source(BytesPath(written(tmp_path)), "image"), PathSource)
