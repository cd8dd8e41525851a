"""What bytes of a video are, and whether they are all there."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagine_async.video.sniff import VIDEO_MEDIA_TYPES, VIDEO_SUFFIXES, sniff_video, video_is_complete
from tests.pictures import variety


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2")
MP4 = FTYP + box(b"moov", b"m" * 40) + box(b"mdat", b"d" * 100)
LARGE_BOX = FTYP + struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 116) + b"d" * 100
OPEN_BOX = FTYP + struct.pack(">I", 0) + b"mdat" + b"d" * 100


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (MP4, "mp4"),
        (box(b"ftyp", b"qt  \0\0\2\0qt  "), "mov"),
        (b"\x1a\x45\xdf\xa3" + b"webm" * 4, "webm"),
        (variety("webp"), "webp"),
        (variety("gif"), "gif"),
        (variety("avif"), None),
        (variety("png"), None),
        (b"", None),
        (b"<html>no video here</html>", None),
    ],
)
def test_containers(beginning: bytes, kind: str | None) -> None:
    """The first bytes tell the container; a still picture in the same kind of box is none."""
    assert sniff_video(beginning) == kind


def test_every_kind_has_a_type_and_a_suffix() -> None:
    """What can be found can be named."""
    assert VIDEO_MEDIA_TYPES.keys() == VIDEO_SUFFIXES.keys() == {"mp4", "mov", "webm", "webp", "gif"}


@pytest.mark.parametrize("content", [MP4, LARGE_BOX, OPEN_BOX], ids=["plain", "64-bit size", "open end"])
def test_whole(content: bytes) -> None:
    """A file whose last box ends where the file does is whole."""
    assert video_is_complete(BytesIO(content), "mp4")


@pytest.mark.parametrize("cut", [1, 50, 99, 105, 130, len(MP4) - len(FTYP) - 4])
def test_cut(cut: int) -> None:
    """A file that ends within a box is cut."""
    assert not video_is_complete(BytesIO(MP4[:-cut]), "mp4")


def test_box_of_no_size() -> None:
    """A box that claims to be smaller than its own head ends the search."""
    assert not video_is_complete(BytesIO(FTYP + struct.pack(">I", 3) + b"mdat"), "mp4")
    assert not video_is_complete(BytesIO(FTYP + struct.pack(">I", 1) + b"mdat" + b"\0\0"), "mp4")


def test_other_containers() -> None:
    """WebP says how long it is; WebM does not, and passes."""
    webp = variety("webp")
    assert video_is_complete(BytesIO(webp), "webp")
    assert not video_is_complete(BytesIO(webp[:-10]), "webp")
    assert video_is_complete(BytesIO(b"\x1a\x45\xdf\xa3"), "webm")


@given(st.binary(max_size=60))
def test_any_bytes_are_judged(content: bytes) -> None:
    """Whatever comes behind the head, the search ends with an answer."""
    assert video_is_complete(BytesIO(FTYP + content), "mp4") in (True, False)
