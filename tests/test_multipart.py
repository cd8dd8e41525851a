"""The body of a request: its length, its pieces, and that a server reads from it what was put in."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable
from email import message_from_bytes
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_multipart import parse_form

from imagine_async.errors import InvalidRequestError
from imagine_async.inputs import PIECE_BYTES, Source, as_source
from imagine_async.inputs.pieces import READ_BYTES
from imagine_async.multipart import MultipartForm
from imagine_async.requests import GenerativeFill, TextToImage
from imagine_async.sniff import MEDIA_TYPES, SUFFIXES
from tests.pictures import VARIETIES, texts, variety

MEBIBYTE = 1024 * 1024
Parts = Iterable[tuple[str, str | Source]]


async def pieces_of(form: MultipartForm) -> list[bytes]:
    return [piece async for piece in form.pieces()]


def body_of(form: MultipartForm) -> bytes:
    return b"".join(anyio.run(pieces_of, form))


def received(form: MultipartForm) -> list[tuple[str, bytes]]:
    """Read a body as a server does: names with contents, in order."""
    found: list[tuple[str, bytes]] = []

    def on_field(field: Any) -> None:
        found.append((field.field_name.decode(), field.value or b""))

    def on_file(file: Any) -> None:
        file.file_object.seek(0)
        found.append((file.field_name.decode(), file.file_object.read()))
        file.close()

    headers = {"Content-Type": form.content_type.encode(), "Content-Length": str(form.length).encode()}
    parse_form(headers, BytesIO(body_of(form)), on_field, on_file)
    return found


def source(name: str = "png") -> Source:
    return as_source(variety(name), "image")


def padded(length: int) -> bytes:
    return variety("png").ljust(length, b"\0")


FORMS: dict[str, Parts] = {
    "empty": [],
    "texts": [("prompt", "a red fox"), ("style", "anime"), ("seed", "7")],
    "empty-text": [("prompt", "")],
    "other-scripts": [("prompt", "狐 🦊 renard"), ("línea", "ñ")],
    "lines": [("prompt", "a\r\nred\nfox\r\n\r\n--\r\n")],
    "picture": [("image", source())],
    "both": [("prompt", "a red fox"), ("image", source("jpeg")), ("mask", source("webp"))],
    "large": [("image", as_source(padded(MEBIBYTE + 1), "image")), ("prompt", "after it")],
    "two-large": [(name, as_source(padded(PIECE_BYTES + 1), name)) for name in ("image", "mask")],
}

every_form = pytest.mark.parametrize("parts", FORMS.values(), ids=FORMS)


@every_form
def test_length_is_that_of_the_body(parts: Parts) -> None:
    """The length that is announced is the length that is sent."""
    form = MultipartForm(parts)
    assert form.length == len(body_of(form))


@every_form
def test_form_is_sent_twice_alike(parts: Parts) -> None:
    """A form that is sent again is the same to the byte."""
    form = MultipartForm(parts)
    assert body_of(form) == body_of(form)


@every_form
def test_server_reads_what_was_put_in(parts: Parts) -> None:
    """A server's parser finds every part, in order, with its exact content."""
    expected = [(name, value.encode() if isinstance(value, str) else contents(value)) for name, value in parts]
    assert received(MultipartForm(parts)) == expected


def contents(picture: Source) -> bytes:
    async def read() -> bytes:
        return b"".join([piece async for piece in picture.pieces()])

    return anyio.run(read)


@pytest.mark.parametrize("name", ["empty", "texts", "picture", "both"])
def test_small_form_is_one_buffer(name: str) -> None:
    """What lies in memory and is small leaves in one write."""
    assert len(anyio.run(pieces_of, MultipartForm(FORMS[name]))) == 1


def test_picture_of_one_piece_is_still_joined() -> None:
    """A picture of exactly 256 KB goes in the one buffer; one byte more, and it goes in pieces."""
    whole = MultipartForm([("image", as_source(padded(PIECE_BYTES), "image"))])
    split = MultipartForm([("image", as_source(padded(PIECE_BYTES + 1), "image"))])
    assert len(anyio.run(pieces_of, whole)) == 1
    lengths = [len(piece) for piece in anyio.run(pieces_of, split)]
    assert lengths[1:3] == [PIECE_BYTES, 1]
    assert len(lengths) == 4


@pytest.mark.anyio
@pytest.mark.parametrize("from_file", [False, True], ids=["bytes", "path"])
async def test_large_picture_is_never_copied_whole(from_file: bool, tmp_path: Path) -> None:
    """A picture of 20 MB leaves in pieces of 256 KB, without a second copy in memory."""
    content = padded(20 * MEBIBYTE)
    path = tmp_path / "large.png"
    path.write_bytes(content)
    tracemalloc.start()
    form = MultipartForm([("prompt", "fox"), ("image", as_source(path if from_file else content, "image"))])
    lengths = [len(piece) async for piece in form.pieces()]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (sum(lengths), max(lengths)) == (form.length, PIECE_BYTES)
    assert peak < (4 * READ_BYTES if from_file else 2 * MEBIBYTE)


@pytest.mark.parametrize("name", VARIETIES)
def test_file_part_is_named_by_its_bytes(name: str) -> None:
    """A picture's part has the media type and the suffix of what it is."""
    form = MultipartForm([("image", source(name))])
    kind = name.partition("-")[0]
    message = message_from_bytes(f"Content-Type: {form.content_type}\r\n\r\n".encode() + body_of(form))
    (part,) = message.walk() if not message.is_multipart() else list(message.walk())[1:]
    assert part.get_content_type() == MEDIA_TYPES[kind]
    assert part.get_filename() == f"image{SUFFIXES[kind]}"
    assert part.get_param("name", header="Content-Disposition") == "image"


@pytest.mark.parametrize("value", ["text", source()], ids=["text", "picture"])
def test_names_cannot_break_out_of_their_header(value: str | Source) -> None:
    """Quotation marks and line ends in a name are escaped wherever the name stands."""
    form = MultipartForm([('a"b\r\nX-Injected: 1', value)])
    header = body_of(form).partition(b"\r\n\r\n")[0]
    assert b'name="a%22b%0D%0AX-Injected: 1"' in header
    assert len(header.splitlines()) == (2 if value == "text" else 3)
    assert header.count(b'"') == (2 if value == "text" else 4)


def test_boundaries_differ() -> None:
    """Every form has a boundary of its own, which no prompt can foresee."""
    assert len({MultipartForm([]).boundary for _ in range(50)}) == 50


def test_boundary_can_be_given() -> None:
    """A given boundary stands in the header and between the parts."""
    form = MultipartForm([("prompt", "fox")], boundary="line")
    assert form.content_type == "multipart/form-data; boundary=line"
    expected = b'--line\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nfox\r\n--line--\r\n'
    assert body_of(form) == expected


@settings(deadline=None, max_examples=60)
@given(texts())
def test_any_prompt_arrives_or_is_refused(prompt: str) -> None:
    """Any prompt is refused, or reaches the server as it is but for white space at its ends."""
    try:
        request = TextToImage(prompt=prompt)
    except InvalidRequestError:
        return
    parts = dict(received(MultipartForm(request.form())))
    assert parts["prompt"].decode() == prompt.strip()


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(texts().filter(lambda name: not set(name) & set('\r\n"')), texts(), max_size=4))
def test_any_extra_arrives_or_is_refused(extra: dict[str, str | int | float]) -> None:
    """Any further field is refused, or reaches the server by its name."""
    try:
        request = TextToImage(prompt="fox", extra=extra)
    except InvalidRequestError:
        return
    parts = {name: value.decode() for name, value in received(MultipartForm(request.form()))}
    assert extra.items() <= parts.items()


def test_request_with_pictures_arrives() -> None:
    """A whole request reaches the server: texts and pictures."""
    request = GenerativeFill(prompt="a hat", image=variety("jpeg"), mask=variety("png"))
    assert received(MultipartForm(request.form())) == [
        ("prompt", b"a hat"),
        ("image", variety("jpeg")),
        ("mask", variety("png")),
    ]
