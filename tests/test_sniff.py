"""Telling pictures by their bytes: every format, every cut, and bytes that only pretend."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imagine_async.sniff import MEDIA_TYPES, SUFFIXES, Picture, is_complete, sniff, sniff_bytes
from tests.pictures import SIZE, VARIETIES, encode, pillow_opens, variety

MAGIC_NUMBERS = {
    "jpeg": b"\xff\xd8\xff",
    "png": b"\x89PNG\r\n\x1a\n",
    "webp": b"RIFF\0\0\0\0WEBP",
    "webp-extended": b"RIFF\0\0\0\0WEBPVP8X",
    "webp-lossless": b"RIFF\0\0\0\0WEBPVP8L",
    "gif": b"GIF89a",
    "avif": b"\0\0\0\x1cftypavif",
}
ENDLESS = {
    "zeros": b"\0",
    "fill-bytes": b"\xff",
    "bare-markers": b"\xff\x01",
    "empty-segments": b"\xff\xe1\x00\x02",
}

every_variety = pytest.mark.parametrize("name", VARIETIES)


class CountingStream(BytesIO):
    """Counts how often it is read."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        return super().read(size)


def judged_whole(content: bytes) -> bool:
    picture = sniff_bytes(content)
    return picture is not None and is_complete(content, picture)


@every_variety
def test_format_and_size_are_pillows(name: str) -> None:
    """Format and size are those that a real decoder finds."""
    picture = sniff_bytes(variety(name))
    assert picture is not None
    assert (picture.format, picture.size) == pillow_opens(variety(name))


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (257, 255)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_odd_sizes(name: str, size: tuple[int, int]) -> None:
    """Width and height are not mixed up, from one pixel to more than a byte holds."""
    assert sniff_bytes(encode(name, size=size)) == Picture(name.lower(), *size)


@every_variety
def test_whole_file_is_complete(name: str) -> None:
    """A file that nobody cut is complete."""
    assert judged_whole(variety(name))


@every_variety
def test_no_cut_is_complete(name: str) -> None:
    """Wherever a file is cut, it is not taken for whole."""
    content = variety(name)
    assert [length for length in range(len(content)) if judged_whole(content[:length])] == []


@every_variety
def test_cut_header_gives_no_wrong_size(name: str) -> None:
    """A header that is cut gives no picture, and never a wrong size."""
    content = variety(name)[:400]
    found = {sniff_bytes(content[:length]) for length in range(len(content))}
    assert found <= {None, Picture(name.partition("-")[0], *SIZE)}


def test_thumbnails_end_is_not_the_pictures() -> None:
    """A JPEG that is cut behind its thumbnail is cut, though an end marker stands in it."""
    content = variety("jpeg-thumbnail")
    behind_thumbnail = content.index(b"\xff\xd9") + 2
    assert behind_thumbnail < len(content) - 2
    assert not judged_whole(content[: behind_thumbnail + 400])


def test_tables_before_the_frame_are_no_frame() -> None:
    """A Huffman table, whose marker looks like a frame's, may stand before the frame of a JPEG."""
    content = variety("jpeg")
    table = b"\xff\xc4\x00\x0b" + bytes(9)
    assert sniff_bytes(content[:2] + table + content[2:]) == Picture("jpeg", *SIZE)


@pytest.mark.parametrize("name", ["jpeg", "png", "gif", "webp"])
def test_padding_behind_the_end_is_allowed(name: str) -> None:
    """Zeros that a server added behind the end do not make a file cut."""
    assert judged_whole(variety(name) + bytes(16))


def test_stream_is_read_from_its_position() -> None:
    """A picture in the middle of a stream is found where the stream stands."""
    stream = BytesIO(b"front matter" + variety("png"))
    stream.seek(12)
    assert sniff(stream) == Picture("png", *SIZE)


@every_variety
def test_header_needs_few_reads(name: str) -> None:
    """The header is found with a handful of reads, whatever the size of the file."""
    stream = CountingStream(variety(name))
    sniff(stream)
    assert stream.reads < 100


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    """Bytes of any kind never raise."""
    judged_whole(content)


@settings(deadline=None)
@given(st.sampled_from(sorted(MAGIC_NUMBERS.values())), st.binary(max_size=200))
def test_any_bytes_behind_a_magic_number(magic: bytes, rest: bytes) -> None:
    """Bytes that begin like a picture never raise, and what is found has at least one pixel."""
    picture = sniff_bytes(magic + rest)
    assert picture is None or min(picture.size) > 0
    judged_whole(magic + rest)


@settings(deadline=None)
@given(st.sampled_from(VARIETIES), st.data())
def test_damaged_pictures(name: str, data: st.DataObject) -> None:
    """A picture with bytes flipped in its header never raises."""
    content = bytearray(variety(name))
    for place in data.draw(st.lists(st.integers(0, min(len(content), 700) - 1), max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    judged_whole(bytes(content))


@pytest.mark.parametrize("filler", ENDLESS.values(), ids=ENDLESS)
def test_endless_jpeg_header_is_given_up(filler: bytes) -> None:
    """A megabyte that pretends to be a JPEG header is not walked byte by byte."""
    stream = CountingStream(b"\xff\xd8\xff\xe0\x00\x02" + filler * (1_000_000 // len(filler)))
    sniff(stream)
    assert stream.reads < 20_000


@pytest.mark.parametrize(
    "header",
    ["ffd8 ffda 0002", "ffd8 ffe0 0001 ffc0 000b 08 0001 0001", "ffd8 ffe0 ffff 00", "ffd8 ffc0 000b 08 0000 0000"],
    ids=["scan-without-frame", "segment-shorter-than-its-length", "segment-beyond-the-end", "no-pixels"],
)
def test_broken_jpeg_header_is_no_picture(header: str) -> None:
    """A JPEG header that makes no sense is no picture, and is not complete by any end marker behind it."""
    content = bytes.fromhex(header) + b"\xff\xd9"
    assert sniff_bytes(content) is None
    assert not is_complete(content[:-2], Picture("jpeg", 1, 1))


@pytest.mark.parametrize("magic", MAGIC_NUMBERS.values(), ids=MAGIC_NUMBERS)
def test_magic_number_alone_is_no_picture(magic: bytes) -> None:
    """Nothing but a magic number is no picture."""
    assert sniff_bytes(magic) is None


@pytest.mark.parametrize("width", [0, 44], ids=["both-zero", "height-zero"])
def test_no_pixels_is_no_picture(width: int) -> None:
    """A header that tells of no pixels is no picture."""
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4, "big") + bytes(4)
    assert sniff_bytes(header) is None


@pytest.mark.parametrize("head", ["00000001", "00000000", "00000007"], ids=["large-size-missing", "to-the-end", "tiny"])
def test_odd_avif_boxes_end(head: str) -> None:
    """A box of size 0 reaches to the end of the file; other impossible sizes end the walk."""
    content = bytes.fromhex(head) + b"mdat" + bytes(8)
    assert is_complete(content, Picture("avif", 1, 1)) is (head != "00000007")


def test_avif_box_with_a_large_size() -> None:
    """A box whose size needs 64 bits is measured like any other."""
    content = (1).to_bytes(4, "big") + b"mdat" + (20).to_bytes(8, "big") + b"data"
    picture = Picture("avif", 1, 1)
    assert is_complete(content, picture)
    assert not is_complete(content[:-1], picture)


def test_every_format_has_a_suffix_and_a_media_type() -> None:
    """The tables of suffixes and media types name the same formats."""
    assert set(SUFFIXES) == set(MEDIA_TYPES)
    assert all(media_type == f"image/{name}" for name, media_type in MEDIA_TYPES.items())


def test_gif_with_a_block_that_does_not_exist_is_not_complete() -> None:
    """Where something stands that begins no block, the walk over a GIF ends, whatever follows."""
    content = variety("gif")
    table = 3 << ((content[10] & 7) + 1) if content[10] & 0x80 else 0
    broken = content[: 13 + table] + b"\x00" + content[13 + table :]
    assert not is_complete(broken, Picture("gif", *SIZE))


def test_animated_gif_is_complete_only_whole() -> None:
    """A GIF of several frames, with extensions between them, is whole at its trailer and nowhere before."""
    frames = [Image.new("P", (9, 7), colour) for colour in (1, 2, 3)]
    stream = BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=40, loop=0)
    content = stream.getvalue()
    picture = sniff_bytes(content)
    assert picture == Picture("gif", 9, 7)
    assert [length for length in range(13, len(content) + 1) if is_complete(content[:length], picture)] == [
        len(content)
    ]
