"""The folder of the cache: nothing comes out that was not put in, and there is never more in it than allowed."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.middleware.cache_files import CacheFolder
from imagine_async.version import VERSION
from tests.pictures import made_image, variety

PNG, JPEG = variety("png"), variety("jpeg")
KEY = sha256(b"a key").hexdigest()
NOW = 1_700_000_000.25


def key_of(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


def kept(folder: Path, *, key: str = KEY, content: bytes = PNG, **options: Any) -> CacheFolder:
    """Make a folder that holds a picture."""
    cache = CacheFolder(folder, max_bytes=options.pop("max_bytes", 10**9))
    cache.store(key, made_image(content), now=NOW)
    return cache


def picture_at(folder: Path, key: str = KEY) -> Path:
    return folder / key[:2] / f"{key}.png"


def facts_at(folder: Path, key: str = KEY) -> Path:
    return folder / key[:2] / f"{key}.json"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}


def test_facts_are_for_people_and_programs(tmp_path: Path) -> None:
    """Beside a picture lies what it is, from when, and by which release."""
    kept(tmp_path)
    assert json.loads(facts_at(tmp_path).read_bytes()) == {
        "version": 1,
        "sha256": sha256(PNG).hexdigest(),
        "bytes": len(PNG),
        "format": "png",
        "width": 60,
        "height": 44,
        "seed": 7,
        "sdk": f"imagine-async {VERSION}",
        "created": "2023-11-14T22:13:20+00:00",
    }


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    """An unknown key is no error, also where there is no folder."""
    assert kept(tmp_path).load(key_of(1), now=NOW) is None
    assert CacheFolder(tmp_path / "none", max_bytes=1).load(KEY, now=NOW) is None


@pytest.mark.parametrize("key", ["", "../../etc/passwd", KEY.upper(), KEY[:-1], KEY + "0", f"{KEY}\n", "é" * 64])
def test_nothing_but_digests_names_a_file(key: str, tmp_path: Path) -> None:
    """What is no digest cannot lead out of the folder."""
    cache = CacheFolder(tmp_path, max_bytes=10**9)
    uses: list[Callable[[], object]] = [
        lambda: cache.load(key, now=NOW),
        lambda: cache.store(key, made_image(), now=NOW),
        lambda: cache.remove(key),
    ]
    for use in uses:
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            use()
    assert names(tmp_path) == set()


def edited(**changes: Any) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        facts = facts_at(folder)
        facts.write_text(json.dumps(json.loads(facts.read_bytes()) | changes))

    return damage


def facts_are(text: bytes) -> Callable[[Path], object]:
    return lambda folder: facts_at(folder).write_bytes(text)


def picture_is(content: bytes) -> Callable[[Path], object]:
    return lambda folder: picture_at(folder).write_bytes(content)


def no_picture_at_all(folder: Path) -> None:
    picture_at(folder).write_bytes(b"no picture")
    edited(sha256=sha256(b"no picture").hexdigest(), bytes=10)(folder)


def picture_of_another_format(folder: Path) -> None:
    picture_at(folder).write_bytes(JPEG)
    edited(sha256=sha256(JPEG).hexdigest(), bytes=len(JPEG))(folder)


def link(path: Callable[[Path], Path]) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        path(folder).rename(folder / "elsewhere")
        path(folder).symlink_to(folder / "elsewhere")

    return damage


def pipe(path: Callable[[Path], Path]) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        path(folder).unlink()
        os.mkfifo(path(folder))

    return damage


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": picture_is(PNG[:-1]),
    "longer": picture_is(PNG + b"x"),
    "empty": picture_is(b""),
    "one bit": picture_is(PNG[:-1] + bytes([PNG[-1] ^ 1])),
    "gone": lambda folder: picture_at(folder).unlink(),
    "no picture": no_picture_at_all,
    "another format": picture_of_another_format,
    "picture is a link": link(picture_at),
    "facts are a link": link(facts_at),
    "picture is a pipe": pipe(picture_at),
    "facts are a pipe": pipe(facts_at),
    "facts empty": facts_are(b""),
    "facts cut": facts_are(b'{"version": 1, "sha'),
    "facts no text": facts_are(b"\xff\xfe\x00"),
    "facts a list": facts_are(b"[]"),
    "facts a number": facts_are(b"1"),
    "facts deep": facts_are(b"[" * 16_000),
    "facts endless": facts_are(b" " * 20_000 + b"{}"),
    "digest of another": edited(sha256="0" * 64),
    "no digest": edited(sha256=None),
    "size of another": edited(bytes=1),
    "size no number": edited(bytes="9"),
    "unknown format": edited(format="bmp"),
    "format out of the folder": edited(format="/../../x"),
    "format no text": edited(format=["png"]),
    "later version": edited(version=2),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_picture_is_removed_and_may_come_again(damage: Callable[[Path], object], tmp_path: Path) -> None:
    """Whatever happened to picture or facts: nothing comes out, both go, and the next one takes their place."""
    cache = kept(tmp_path)
    damage(tmp_path)
    assert cache.load(KEY, now=NOW) is None
    assert names(tmp_path) <= {"elsewhere"}
    cache.store(KEY, made_image(), now=NOW)
    found = cache.load(KEY, now=NOW)
    assert found is not None
    assert found.content == PNG


def test_picture_without_facts_is_not_found(tmp_path: Path) -> None:
    """A picture whose writer was killed before its end is none; the next one takes its place."""
    cache = kept(tmp_path)
    facts_at(tmp_path).unlink()
    assert cache.load(KEY, now=NOW) is None
    cache.store(KEY, made_image(), now=NOW)
    assert cache.load(KEY, now=NOW) is not None


@settings(deadline=None, max_examples=200)
@given(
    is_facts=st.booleans(),
    at=st.integers(0, 10**6),
    what=st.sampled_from(["flip", "cut", "insert"]),
    bit=st.integers(0, 7),
)
def test_wrong_bytes_never_come_out(is_facts: bool, at: int, what: str, bit: int) -> None:
    """Whichever bit or byte changes in a picture or its facts, the right bytes come out, or none."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cache = kept(folder)
        path = facts_at(folder) if is_facts else picture_at(folder)
        content = bytearray(path.read_bytes())
        at %= len(content)
        match what:
            case "flip":
                content[at] ^= 1 << bit
            case "cut":
                del content[at:]
            case _:
                content.insert(at, bit)
        path.write_bytes(content)
        found = cache.load(KEY, now=NOW)
    assert found is None or (found.content, found.picture.size) == (PNG, (60, 44))
    assert found is None or is_facts


def test_place_that_is_taken_by_a_folder_is_an_error(tmp_path: Path) -> None:
    """What cannot be removed or replaced is reported, so that it can be logged."""
    cache = kept(tmp_path)
    picture_at(tmp_path).unlink()
    (picture_at(tmp_path) / "inside").mkdir(parents=True)
    assert cache.load(KEY, now=NOW) is None
    with pytest.raises(OSError, match="directory"):
        cache.store(KEY, made_image(), now=NOW)
    assert cache.load(KEY, now=NOW) is None


@pytest.mark.parametrize("is_missing", [True, False])
def test_time_that_cannot_be_noted_is_no_problem(
    is_missing: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that can only be read gives its pictures."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError if not is_missing else FileNotFoundError

    cache = kept(tmp_path)
    monkeypatch.setattr(os, "utime", refuse)
    assert cache.load(KEY, now=NOW) is not None
