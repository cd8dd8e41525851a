"""Every form of input, with bytes and offsets of any kind: each sending gives the same bytes, on both event loops."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import anyio
import numpy
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.inputs import UNRESOLVED, ImageInput, PathSource, as_source, resolve
from imagine_async.sniff import sniff_bytes
from tests.pictures import made_image, variety

JUNK = b"\xff\xd8\xff\xe0junk that is like a picture\x89PNG"


@contextmanager
def on_disk(content: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "picture.txt")
        path.write_bytes(content)
        yield path


@contextmanager
def text_path(content: bytes) -> Iterator[str]:
    with on_disk(content) as path:
        yield str(path)


@contextmanager
def open_file(content: bytes, offset: int) -> Iterator[BinaryIO]:
    with on_disk(JUNK[:offset] + content) as path, path.open("rb") as file:
        file.seek(min(offset, len(JUNK)))
        yield file


class Pipe(BytesIO):
    def seekable(self) -> bool:
        return False


def buffer(kind: type[BytesIO], content: bytes, offset: int) -> BytesIO:
    file = kind(JUNK[:offset] + content)
    file.read(min(offset, len(JUNK)))
    return file


async def in_pieces(content: bytes, length: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), length + 1):
        yield content[start : start + length + 1]


def data_uri(content: bytes, number: int) -> str:
    return f"data:image/x-{number};base64,{base64.b64encode(content).decode()}"


FORMS: dict[str, Callable[[bytes, int], AbstractContextManager[ImageInput]]] = {
    "path": lambda content, number: on_disk(content),
    "text": lambda content, number: text_path(content),
    "bytes": lambda content, number: nullcontext(content),
    "bytearray": lambda content, number: nullcontext(bytearray(content)),
    "memoryview": lambda content, number: nullcontext(memoryview(JUNK + content)[len(JUNK) :]),
    "file": open_file,
    "buffer": lambda content, number: nullcontext(buffer(BytesIO, content, number)),
    "pipe": lambda content, number: nullcontext(buffer(Pipe, content, number)),
    "image": lambda content, number: nullcontext(made_image(content)),
    "source": lambda content, number: nullcontext(as_source(content, "image")),
    "url": lambda content, number: nullcontext(f"https://example.com/{number}"),
    "data-uri": lambda content, number: nullcontext(data_uri(content, number)),
    "stream": lambda content, number: nullcontext(in_pieces(content, number)),
}


async def sent_twice(value: ImageInput, content: bytes) -> list[bytes]:
    @asynccontextmanager
    async def fetch(_: str) -> AsyncIterator[AsyncIterator[bytes]]:
        yield in_pieces(content, 1000)

    source, bodies = as_source(value, "image"), []
    for _ in range(2):
        ready = await resolve(source, fetch) if isinstance(source, UNRESOLVED) else source
        assert ready.picture == sniff_bytes(content)
        assert ready.size == len(content)
        bodies.append(b"".join([piece async for piece in ready.pieces()]))
    return bodies


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@settings(deadline=None, max_examples=20)
@given(
    name=st.sampled_from(["png", "jpeg", "webp", "gif", "avif"]),
    tail=st.binary(max_size=50) | st.sampled_from([bytes(300_000), bytes(1_200_000)]),
    number=st.integers(0, 40),
    backend=st.sampled_from(["asyncio", "trio"]),
)
def test_every_form_is_sent_twice_alike(
    form: Callable[[bytes, int], AbstractContextManager[ImageInput]], name: str, tail: bytes, number: int, backend: str
) -> None:
    """Whatever comes in whatever form, from whatever offset, leaves byte for byte, at each sending."""
    content = variety(name) + tail
    with form(content, number) as value:
        assert anyio.run(sent_twice, value, content, backend=backend) == [content, content]


def test_types_take_every_form(tmp_path: Path) -> None:
    """What the documentation lists, the type checker takes: each line is checked by mypy."""
    path = tmp_path / "fox.png"
    path.write_bytes(variety("png"))
    with path.open("rb") as file, tempfile.TemporaryFile() as temporary:
        temporary.write(variety("png"))
        temporary.seek(0)
        forms: list[ImageInput] = [
            str(path),
            path,
            file,
            temporary,
            BytesIO(variety("png")),
            PIL.Image.new("L", (2, 2)),
            numpy.zeros((2, 2), dtype=numpy.uint8),
            numpy.zeros((2, 2)) > 0,
            in_pieces(b"", 1),
            made_image(),
            as_source("https://example.com/", "image"),
        ]
        assert len([as_source(form, "image") for form in forms]) == len(forms)
    assert isinstance(as_source(path, "image"), PathSource)
