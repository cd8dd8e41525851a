"""Facts within pictures: they come out as they went in, and no pixel changes."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import PIL.Image
import PIL.ImageSequence
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.batch.sinks.base import Body
from imagine_async.batch.sinks.local import LocalSink
from imagine_async.batch.sinks.metadata import LARGEST_FACTS, facts_in, with_facts
from imagine_async.sniff import is_complete, sniff_bytes
from imagine_async.spool import Spool, pieces_of
from tests.pictures import VARIETIES, encode, variety

_FACTS = {"seed": 7, "request": {"prompt": "füchse <&> im ]]> Schnee 🦊\u0000\u2028"}}
_EMBEDDABLE = [name for name in VARIETIES if not name.startswith("avif")]
_OPTIONS = [
    ("PNG", ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"), {}),
    ("JPEG", ("L", "RGB", "CMYK"), {}),
    ("WEBP", ("RGB", "RGBA"), {"lossless": True}),
    ("WEBP", ("RGB", "RGBA"), {}),
    ("GIF", ("L", "P"), {}),
]


def _as_json(facts: object) -> bytes:
    return json.dumps(facts, indent=2, ensure_ascii=False).encode()


def _embedded(content: bytes, facts: bytes, *, piece_bytes: int | None = None) -> tuple[bytes, bytes | None]:
    body: Body = content
    if piece_bytes is not None:
        body = Spool()
        for start in range(0, len(content), piece_bytes):
            body.append(content[start : start + piece_bytes])
    changed, sidecar = with_facts(body, facts, "embedded", Spool)
    assert isinstance(changed, Spool) is isinstance(body, Spool)
    return b"".join(pieces_of(changed)), sidecar


def _frames(content: bytes) -> list[tuple[str, tuple[int, int], bytes]]:
    with PIL.Image.open(BytesIO(content)) as picture:
        frames = [frame.copy() for frame in PIL.ImageSequence.Iterator(picture)]
    return [(frame.mode, frame.size, frame.tobytes()) for frame in frames]


@pytest.mark.parametrize("name", _EMBEDDABLE)
def test_facts_come_out_and_pixels_stay(name: str) -> None:
    """Each variety of picture has its facts in it, is whole, and has the pixels that it had."""
    content = variety(name)
    changed, sidecar = _embedded(content, _as_json(_FACTS))
    assert sidecar is None
    assert facts_in(changed) == _FACTS
    assert _frames(changed) == _frames(content)
    picture = sniff_bytes(changed)
    assert picture == sniff_bytes(content)
    assert picture is not None
    assert is_complete(changed, picture)
    assert facts_in(content) is None


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_picture_keeps_its_pixels(data: st.DataObject) -> None:
    """Whatever its format, mode and size, a picture that is embedded into still opens with the same pixels."""
    kind, modes, options = data.draw(st.sampled_from(_OPTIONS))
    mode, size = data.draw(st.sampled_from(modes)), data.draw(st.tuples(st.integers(1, 70), st.integers(1, 70)))
    content = _encode(kind, mode, size, options)
    facts = data.draw(st.dictionaries(st.text(max_size=5), st.text(max_size=300), max_size=5))
    changed, sidecar = _embedded(content, _as_json(facts), piece_bytes=data.draw(st.none() | st.integers(1, 99)))
    assert sidecar is None
    assert _frames(changed) == _frames(content)
    assert facts_in(changed) == facts


def _encode(kind: str, mode: str, size: tuple[int, int], options: dict[str, Any]) -> bytes:
    if mode == "I;16":
        stream = BytesIO()
        PIL.Image.frombytes("I;16", size, bytes(range(2)) * size[0] * size[1]).save(stream, kind)
        return stream.getvalue()
    return encode(kind, mode=mode, size=size, **options)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_films_keep_their_frames(kind: str) -> None:
    """A picture that moves keeps every frame."""
    frames = [PIL.Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]
    stream = BytesIO()
    frames[0].save(stream, kind, save_all=True, append_images=frames[1:], duration=100)
    changed, _ = _embedded(stream.getvalue(), _as_json(_FACTS))
    assert facts_in(changed) == _FACTS
    assert len(_frames(changed)) == 3
    assert _frames(changed) == _frames(stream.getvalue())


@pytest.mark.parametrize("content", [variety("avif"), b"\0\0\0\x08ftypisom", b"", b"RIFF\0\0\0\0WEBP", b"GIF89a"])
def test_other_files_get_a_sidecar(content: bytes) -> None:
    """A file that has no place for facts is left as it is, and its facts go beside it."""
    assert _embedded(content, _as_json(_FACTS)) == (content, _as_json(_FACTS))
    assert facts_in(content) is None


def test_facts_that_are_too_long_get_a_sidecar() -> None:
    """A JPEG comment holds 64 KB; nothing is embedded that would not be read."""
    long, longer = _as_json({"a": "x" * 65_530}), _as_json({"a": "x" * LARGEST_FACTS})
    assert _embedded(variety("jpeg"), long) == (variety("jpeg"), long)
    assert facts_in(_embedded(variety("png"), long)[0]) == json.loads(long)
    assert _embedded(variety("png"), longer) == (variety("png"), longer)


def test_a_webp_with_xmp_of_its_own_gets_a_sidecar() -> None:
    """XMP that is there is not touched."""
    content = encode("WEBP", xmp=b"<x:xmpmeta/>")
    assert _embedded(content, b"{}") == (content, b"{}")
    assert facts_in(content) is None


@pytest.mark.parametrize("name", _EMBEDDABLE)
def test_cut_files_have_no_facts_or_all(name: str) -> None:
    """A file that is cut anywhere gives its facts or none, and no error."""
    changed, _ = _embedded(variety(name), _as_json(_FACTS))
    for end in (*range(120), *range(120, len(changed), 97)):
        assert facts_in(changed[:end]) in (None, _FACTS)


@pytest.mark.parametrize("name", ["png", "jpeg", "webp", "gif"])
@given(data=st.data())
@settings(deadline=None)
def test_broken_files_raise_nothing(name: str, data: st.DataObject) -> None:
    """Facts are read from files that others wrote: whatever these hold, there is no error."""
    changed = bytearray(_embedded(variety(name), _as_json(_FACTS))[0])
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, min(len(changed), 400) - 1))] = data.draw(st.integers(0, 255))
    found = facts_in(bytes(changed))
    assert found is None or isinstance(found, dict)
    _embedded(bytes(changed), _as_json(_FACTS))


@pytest.mark.parametrize("text", [b"[1]", b"not JSON", b"[" * 100_000, b"\xff"])
def test_only_facts_are_facts(text: bytes, tmp_path: Path) -> None:
    """A sidecar or a comment that holds no JSON object says nothing."""
    (tmp_path / "fox.jpg").write_bytes(variety("jpeg"))
    (tmp_path / "fox.jpg.json").write_bytes(text)
    assert facts_in(tmp_path / "fox.jpg") is None


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["jpeg", "avif"])
async def test_facts_are_read_from_the_file_or_beside_it(name: str, tmp_path: Path) -> None:
    """`facts_in` finds what a sink wrote, wherever it went."""
    sink = LocalSink(tmp_path, metadata="embedded")
    stored = await sink.put("fox", ".x", variety(name), media_type="image/x", facts=_as_json(_FACTS))
    assert facts_in(tmp_path / stored.name) == _FACTS
    assert (tmp_path / "fox.x.json").exists() is (name == "avif")


def test_others_can_read_the_facts() -> None:
    """Pillow finds them where the formats say."""
    with PIL.Image.open(BytesIO(_embedded(variety("png"), b"{}")[0])) as picture:
        assert picture.info["imagine_async"] == "{}"
    with PIL.Image.open(BytesIO(_embedded(variety("jpeg"), b"{}")[0])) as picture:
        assert picture.info["comment"] == b"imagine_async {}"
    with PIL.Image.open(BytesIO(_embedded(variety("webp"), b'{"a": 1}')[0])) as picture:
        assert b"urn:imagine_async:facts" in picture.info["xmp"]
