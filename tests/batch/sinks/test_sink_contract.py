"""What every sink does, whatever is behind it."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO

import anyio
import PIL.Image
import pytest

from imagine_async.batch.sinks.base import Body, Sink, Stored
from imagine_async.batch.sinks.metadata import facts_in
from imagine_async.spool import Spool
from tests.batch.sinks.places import Place
from tests.pictures import variety

pytestmark = pytest.mark.anyio

_FACTS = b'{"prompt": "a  fox \xf0\x9f\xa6\x8a", "seed": 7}\n'
_VIDEO = b"\0\0\0\x18ftypisom" + bytes(12) + b"\0\0\0\x10mdat" + bytes(8)


async def _put(sink: Sink, stem: str, body: Body, suffix: str = ".jpg") -> Stored:
    return await sink.put(stem, suffix, body, media_type="image/jpeg", facts=_FACTS)


def _spooled(sink: Sink, content: bytes) -> Spool:
    spool = sink.spool()
    for start in range(0, len(content), 1_000_000):
        spool.append(content[start : start + 1_000_000])
    return spool


async def test_a_sink_is_a_sink(place: Place) -> None:
    """It has the methods of the protocol, and tells what it is."""
    sink = place.sink()
    assert isinstance(sink, Sink)
    assert "Sink(" in repr(sink)
    await sink.aclose()


@pytest.mark.parametrize("stem", ["fox", "animals/fox", "a/b/c/d", "Füchse im Schnee (2)/狐 #1 100%~+&=;,'", "v1.2"])
@pytest.mark.parametrize("is_spooled", [False, True])
async def test_what_is_put_is_there(place: Place, stem: str, is_spooled: bool) -> None:
    """A file is stored under its name, with its facts beside it and nothing else, and can be found and read again."""
    sink, content = place.sink(), variety("jpeg")
    stored = await _put(sink, stem, _spooled(sink, content) if is_spooled else content)
    assert place.files() == {f"{stem}.jpg": content, f"{stem}.jpg.json": _FACTS}
    assert (stored.name, stored.size) == (f"{stem}.jpg", len(content))
    assert stored.digest == hashlib.sha256(content).hexdigest()
    found = await sink.find(stem)
    assert found is not None
    assert (found.name, found.size, found.digest) == (stored.name, stored.size, stored.digest)
    assert abs(found.modified_at - stored.modified_at) < 60
    assert await sink.read(stored.name) == content


@pytest.mark.parametrize("on_collision", ["number", "replace"])
async def test_large_files_are_not_held_in_memory(place: Place, on_collision: str) -> None:
    """A spool of many parts is stored whole, and comes back as a spool."""
    sink, content = place.sink(on_collision=on_collision), bytes(range(251)) * 80_000
    stored = await _put(sink, "large", _spooled(sink, content), ".mp4")
    assert place.files() == {"large.mp4": content, "large.mp4.json": _FACTS}
    back = await sink.read("large.mp4")
    assert isinstance(back, Spool)
    assert (
        (back.size, back.digest) == (stored.size, stored.digest) == (len(content), hashlib.sha256(content).hexdigest())
    )


@pytest.mark.parametrize("is_spooled", [False, True])
async def test_names_that_are_taken_get_numbers(place: Place, is_spooled: bool) -> None:
    """By default nothing is replaced, and each file has its own facts."""
    sink = place.sink()
    for content in (b"first", b"second", b"third"):
        await _put(sink, "fox", _spooled(sink, content) if is_spooled else content)
    names = {"fox.jpg": b"first", "fox-2.jpg": b"second", "fox-3.jpg": b"third"}
    assert place.files() == names | {f"{name}.json": _FACTS for name in names}


@pytest.mark.parametrize("is_spooled", [False, True])
async def test_taken_names_can_be_refused(place: Place, is_spooled: bool) -> None:
    """With `refuse` a file that is there stays, and its facts too."""
    sink = place.sink(on_collision="refuse")
    await _put(sink, "fox", b"first")
    before = place.files()
    with pytest.raises(FileExistsError):
        await _put(sink, "fox", _spooled(sink, b"second") if is_spooled else b"second")
    assert place.files() == before


@pytest.mark.parametrize("is_spooled", [False, True])
async def test_taken_names_can_be_replaced(place: Place, is_spooled: bool) -> None:
    """With `replace` the last file stays."""
    sink = place.sink(on_collision="replace")
    for content in (b"first", b"second"):
        await _put(sink, "fox", _spooled(sink, content) if is_spooled else content)
    assert place.files() == {"fox.jpg": b"second", "fox.jpg.json": _FACTS}


@pytest.mark.parametrize("metadata", ["embedded", "none"])
async def test_facts_of_what_was_replaced_go(place: Place, metadata: str) -> None:
    """No sidecar is left that tells of another picture than the one beside it."""
    await _put(place.sink(on_collision="replace"), "fox", b"first")
    for content in (variety("jpeg"), variety("jpeg-grey")):
        await _put(place.sink(on_collision="replace", metadata=metadata), "fox", content)
        assert set(place.files()) == {"fox.jpg"}


@pytest.mark.parametrize("metadata", ["sidecar", "embedded", "none"])
@pytest.mark.parametrize("is_spooled", [False, True])
async def test_files_of_one_name_at_once_are_all_there(place: Place, metadata: str, is_spooled: bool) -> None:
    """Many files of one name, put at the same time, get a name each."""
    sink = place.sink(metadata=metadata)
    contents = [b"picture %d" % number for number in range(10)]
    stored: list[Stored] = []

    async def put(content: bytes) -> None:
        stored.append(await _put(sink, "animals/fox", _spooled(sink, content) if is_spooled else content))

    async with anyio.create_task_group() as group:
        for content in contents:
            group.start_soon(put, content)
    files = {name: content for name, content in place.files().items() if not name.endswith(".json")}
    assert sorted(files.values()) == sorted(contents)
    assert {entry.name: entry.digest for entry in stored} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    # These are no pictures, so that nothing can be embedded.
    sidecars = {name for name in place.files() if name.endswith(".json")}
    assert sidecars == (set() if metadata == "none" else {f"{name}.json" for name in files})


@pytest.mark.parametrize("is_spooled", [False, True])
async def test_facts_can_be_embedded(place: Place, is_spooled: bool) -> None:
    """With `embedded` the facts are in the picture, and what is reported is what is stored."""
    sink, content = place.sink(metadata="embedded"), variety("png")
    stored = await _put(sink, "fox", _spooled(sink, content) if is_spooled else content, ".png")
    files = place.files()
    assert set(files) == {"fox.png"}
    assert facts_in(files["fox.png"]) == json.loads(_FACTS)
    assert (stored.size, stored.digest) == (len(files["fox.png"]), hashlib.sha256(files["fox.png"]).hexdigest())
    assert await sink.lacking([(stored.name, stored.size)]) == []
    with PIL.Image.open(BytesIO(files["fox.png"])) as changed, PIL.Image.open(BytesIO(content)) as original:
        assert changed.tobytes() == original.tobytes()


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "gif", "avif"])
async def test_whole_pictures_are_found(place: Place, name: str) -> None:
    """A picture is found whatever its suffix; one that is cut is not, and a whole one beside it is."""
    sink, content = place.sink(), variety(name)
    suffix = ".jpg" if name == "jpeg" else f".{name}"
    place.write(f"a/fox{suffix}", content[:-20])
    assert await sink.find("a/fox") is None
    place.write("a/fox.jpeg", content)
    found = await sink.find("a/fox")
    assert found is not None
    assert (found.name, found.digest) == ("a/fox.jpeg", hashlib.sha256(content).hexdigest())


async def test_whole_videos_are_found(place: Place) -> None:
    """A video is found, unless it is cut or is something else."""
    sink = place.sink()
    place.write("fox.mp4", _VIDEO)
    place.write("cut.mp4", _VIDEO[:-1])
    place.write("text.mp4", b"something else")
    found = await sink.find("fox")
    assert found is not None
    assert (found.name, found.size) == ("fox.mp4", len(_VIDEO))
    assert [await sink.find(stem) for stem in ("cut", "text", "missing", "missing/fox")] == [None] * 4


async def test_facts_alone_are_no_picture(place: Place) -> None:
    """What a crash may leave, facts without a picture, is not found, and the next file of that name takes its place."""
    sink = place.sink()
    place.write("fox.jpg.json", b"left behind")
    assert await sink.find("fox") is None
    await _put(sink, "fox", b"picture")
    assert place.files() == {"fox.jpg": b"picture", "fox.jpg.json": _FACTS}


async def test_lacking_names_the_places(place: Place) -> None:
    """Files that are missing, or have another size, are named by their places, however many are asked for."""
    sink = place.sink(metadata="none")
    assert await sink.lacking([]) == []
    assert await sink.lacking([("fox.jpg", 1)]) == [0]
    for number in range(30):
        place.write(f"a/{number % 3}/{number:03d}.jpg", bytes(number))
    files = [(f"a/{number % 3}/{number:03d}.jpg", number) for number in range(40)]
    files[7], files[3] = (files[7][0], 1), ("elsewhere/fox.jpg", 3)
    assert list(await sink.lacking(files)) == [3, 7, *range(30, 40)]
    assert list(await sink.lacking(files[::-1])) == [*range(10), 32, 36]
    assert list(await sink.lacking([files[1], files[1]])) == []


@pytest.mark.parametrize("name", ["missing.jpg", "missing/fox.jpg", "../fox.jpg", "/etc/hostname", "a/../../fox.jpg"])
async def test_what_is_not_there_cannot_be_read(place: Place, name: str) -> None:
    """A file that is missing, or lies outside, is not read."""
    place.write("fox.jpg", b"picture")
    with pytest.raises(FileNotFoundError):
        await place.sink().read(name)


@pytest.mark.parametrize("choice", [{"on_collision": "ask"}, {"metadata": "exif"}])
async def test_choices_are_checked(place: Place, choice: dict[str, str]) -> None:
    """A choice there is not is refused at once."""
    with pytest.raises(ValueError, match="pass one of '"):
        place.sink(**choice)
