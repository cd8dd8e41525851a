"""Pictures that callers hand in: every form is sent whole, any number of times, and bad ones are refused by name."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.errors import InvalidRequestError
from imagine_async.inputs import FileSource, PathSource, Source, as_source
from imagine_async.sniff import sniff_bytes
from tests.pictures import made_image, variety

PNG = variety("png")


async def body(source: Source) -> bytes:
    return b"".join([piece async for piece in source.pieces()])


def written(folder: Path, content: bytes = PNG) -> Path:
    path = folder / "fox.png"
    path.write_bytes(content)
    return path


def at_offset(file: Any) -> Any:
    file.write(b"front matter" + PNG)
    file.seek(12)
    return file


class WithPath:
    """Something that stands for a path."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __fspath__(self) -> str:
        return str(self._path)


FORMS: dict[str, Callable[[Path], Any]] = {
    "str": lambda folder: str(written(folder)),
    "Path": written,
    "PathLike": lambda folder: WithPath(written(folder)),
    "bytes": lambda folder: PNG,
    "bytearray": lambda folder: bytearray(PNG),
    "memoryview": lambda folder: memoryview(PNG),
    "BytesIO": lambda folder: BytesIO(PNG),
    "BytesIO-at-offset": lambda folder: at_offset(BytesIO()),
    "open-file-at-offset": lambda folder: at_offset((folder / "mixed").open("w+b")),
    "unbuffered-file": lambda folder: at_offset((folder / "mixed").open("w+b", buffering=0)),
    "temporary-file": lambda folder: at_offset(SpooledTemporaryFile(max_size=100)),  # noqa: SIM115 - the test closes it
    "Image": lambda folder: made_image(PNG),
    "Source": lambda folder: as_source(PNG, "image"),
}


@pytest.mark.anyio
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
async def test_every_form_is_sent_twice_alike(form: Callable[[Path], Any], tmp_path: Path) -> None:
    """Whatever form a picture comes in, each attempt sends exactly its bytes."""
    value = form(tmp_path)
    source = as_source(value, "image")
    assert (await body(source), await body(source)) == (PNG, PNG)
    assert (source.size, source.picture) == (len(PNG), sniff_bytes(PNG))
    getattr(value, "close", lambda: None)()


@pytest.mark.anyio
async def test_callers_file_stays_open(tmp_path: Path) -> None:
    """A file of the caller's is not closed, and reading its header does not move it."""
    with at_offset((tmp_path / "mixed").open("w+b")) as file:
        source = as_source(file, "image")
        assert file.tell() == 12
        await body(source)
        assert not file.closed


@pytest.mark.anyio
async def test_moving_the_file_changes_nothing() -> None:
    """Where the caller moves the file to between attempts does not matter."""
    file = BytesIO(PNG)
    source = as_source(file, "image")
    file.seek(0, os.SEEK_END)
    assert await body(source) == PNG


@pytest.mark.anyio
async def test_later_changes_of_a_bytearray_are_not_sent() -> None:
    """What is sent is what the caller handed in, also after the caller's buffer changed."""
    content = bytearray(PNG)
    source = as_source(content, "image")
    content[:] = bytes(len(content))
    assert await body(source) == PNG


def closed(file: Any) -> Any:
    file.close()
    return file


def moved_to_end(file: Any) -> Any:
    file.seek(0, os.SEEK_END)
    return file


REFUSED: dict[str, Callable[[Path], Any]] = {
    "missing": lambda folder: folder / "nowhere.png",
    "directory": lambda folder: folder,
    "file-as-folder": lambda folder: written(folder) / "fox.png",
    "name-too-long": lambda folder: folder / ("x" * 300),
    "null-in-name": lambda folder: f"{folder}/fox\0.png",
    "device": lambda folder: os.devnull,
    "text-file": lambda folder: written(folder, b"Dear fox,"),
    "empty-file": lambda folder: written(folder, b""),
    "cut-header": lambda folder: written(folder, PNG[:20]),
    "text": lambda folder: "a red fox",
    "empty-bytes": lambda folder: b"",
    "no-picture": lambda folder: b"%PDF-1.7",
    "text-mode": lambda folder: written(folder).open(),
    "text-buffer": lambda folder: io.StringIO("text"),
    "at-its-end": lambda folder: moved_to_end(BytesIO(PNG)),
    "write-only": lambda folder: written(folder).open("ab"),
    "closed-file": lambda folder: closed(written(folder).open("rb")),
    "closed-buffer": lambda folder: closed(BytesIO(PNG)),
    "number": lambda folder: 7,
    "none": lambda folder: None,
    "list": lambda folder: [PNG],
}


@pytest.mark.parametrize("form", REFUSED.values(), ids=REFUSED)
def test_refused_by_name(form: Callable[[Path], Any], tmp_path: Path) -> None:
    """What is no picture, or cannot be sent twice, is refused with the field's name and what was given."""
    value = form(tmp_path)
    try:
        with pytest.raises(InvalidRequestError) as caught:
            as_source(value, "mask")
    finally:
        getattr(value, "close", lambda: None)()
    assert caught.value.field == "mask"
    assert str(caught.value).startswith(f"mask={caught.value.value}: ")


def test_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read is refused with the system's reason."""

    def forbid(*_: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    path = written(tmp_path)
    monkeypatch.setattr(Path, "open", forbid)
    with pytest.raises(InvalidRequestError, match="cannot be read: Permission denied"):
        as_source(path, "image")


def test_named_pipe_is_refused_at_once(tmp_path: Path) -> None:
    """A named pipe that nobody writes to does not hold the caller up for ever."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    caught: list[BaseException] = []

    def ask() -> None:
        try:
            as_source(pipe, "image")
        except InvalidRequestError as error:
            caught.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(2)
    held_up = asking.is_alive()
    if held_up:
        os.close(os.open(pipe, os.O_WRONLY))
        asking.join()
    assert (held_up, len(caught)) == (False, 1)


def test_forms_become_the_cheapest_source(tmp_path: Path) -> None:
    """A path stays a path and an open file stays a file; neither is loaded."""
    assert isinstance(as_source(written(tmp_path), "image"), PathSource)
    assert isinstance(as_source(BytesIO(PNG), "image"), FileSource)


def test_repr_of_bytes_is_short() -> None:
    """A source in memory shows its length and not its bytes."""
    assert f"<{len(PNG)} bytes>" in repr(as_source(PNG, "image"))
    assert "IHDR" not in repr(as_source(PNG, "image"))


class Unread:
    """Like a response of an HTTP library whose content has not come yet."""

    def __init__(self) -> None:
        self._file = BytesIO(PNG)
        self.read = self._file.read

    @property
    def content(self) -> bytes:
        raise RuntimeError("not read yet")


@pytest.mark.anyio
async def test_content_that_is_not_there_yet_is_read() -> None:
    """Where asking for the content fails, the stream is taken."""
    assert await body(as_source(Unread(), "image")) == PNG


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60) | st.integers() | st.none())
def test_anything_else_is_refused(value: Any) -> None:
    """Values of any kind are refused by name and raise nothing else."""
    with pytest.raises(InvalidRequestError):
        as_source(value, "image")
