"""Saving: where a picture goes, under what name, and that it is there whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.files import target_for, write_whole
from imagine_async.requests import RemoveBackground, TextToImage
from tests.pictures import made_image, texts, variety

PNG = variety("png")
NASTY = "../../etc/passwd"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fail_with(number: int) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def styled(style: str, **changes: Any) -> Any:
    return made_image(request=TextToImage(prompt="fox", style=style), **changes)


@pytest.mark.parametrize(
    ("asked", "kind", "written"),
    [
        ("fox.png", "png", "fox.png"),
        ("fox.PNG", "png", "fox.PNG"),
        ("fox.jpg", "jpeg", "fox.jpg"),
        ("fox.jpeg", "jpeg", "fox.jpeg"),
        ("fox.jpe", "jpeg", "fox.jpe"),
        ("fox.png", "jpeg", "fox.jpg"),
        ("fox.jpeg", "webp", "fox.webp"),
        ("fox.JPG", "png", "fox.png"),
        ("fox", "avif", "fox.avif"),
        ("fox.v2", "gif", "fox.v2.gif"),
        ("fox.png.part", "png", "fox.png.part.png"),
        (".fox", "png", ".fox.png"),
        ("a red fox.", "png", "a red fox..png"),
    ],
)
def test_suffix_follows_the_bytes(asked: str, kind: str, written: str, tmp_path: Path) -> None:
    """A picture's suffix is corrected, any other part of the name is kept."""
    image = made_image(variety(kind))
    assert image.save(tmp_path / asked) == tmp_path / written
    assert names(tmp_path) == [written]
    assert (tmp_path / written).read_bytes() == image.content


def test_save_takes_text(tmp_path: Path) -> None:
    """A path may be given as text."""
    assert made_image().save(f"{tmp_path}/fox.png") == tmp_path / "fox.png"


def test_save_to_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare name goes to the working directory."""
    monkeypatch.chdir(tmp_path)
    made_image().save("fox.png")
    assert names(tmp_path) == ["fox.png"]


@pytest.mark.parametrize(
    ("image", "pattern"),
    [
        (styled("anime", seed=7), r"anime-7-[0-9a-f]{8}\.png"),
        (styled("anime", seed=None), r"anime-[0-9a-f]{8}\.png"),
        (made_image(request=RemoveBackground(image=PNG), seed=None), r"remove-background-[0-9a-f]{8}\.png"),
        (styled("a b/c\0d*狐", seed=7), r"a-b-c-d-7-[0-9a-f]{8}\.png"),
        (styled(NASTY, seed=7), r"etc-passwd-7-[0-9a-f]{8}\.png"),
        (styled("s" * 300, seed=10**100), r"s{80}-10{79}-[0-9a-f]{8}\.png"),
    ],
    ids=["style-and-seed", "style", "endpoint", "odd-signs", "path-as-style", "endless"],
)
def test_name_in_a_folder(image: Any, pattern: str, tmp_path: Path) -> None:
    """In a folder, the name tells style, seed and digest."""
    path = image.save(tmp_path)
    assert path.parent == tmp_path
    assert re.fullmatch(pattern, path.name)


@settings(deadline=None)
@given(texts().filter(str.strip), st.none() | st.integers(1))
def test_no_style_leaves_the_folder(style: str, seed: int | None) -> None:
    """Whatever the style is called, the name is one plain file name in the folder that was asked for."""
    try:
        image = styled(style, seed=seed)
    except ValueError:
        return
    target = target_for(Path(), image)
    assert target.parent == Path()
    assert re.fullmatch(r"[A-Za-z0-9.-]{1,200}", target.name)
    assert not target.name.startswith(".")


def test_different_pictures_have_different_names(tmp_path: Path) -> None:
    """Two pictures of one style and seed do not collide."""
    made_image(PNG).save(tmp_path)
    made_image(variety("png-grey")).save(tmp_path)
    assert len(names(tmp_path)) == 2


def test_existing_file_is_kept(tmp_path: Path) -> None:
    """A file is not replaced unless that is asked for; the error says how."""
    target = tmp_path / "fox.png"
    target.write_text("mine")
    with pytest.raises(FileExistsError, match="overwrite=True") as caught:
        made_image().save(target)
    assert (caught.value.errno, caught.value.filename) == (errno.EEXIST, str(target))
    assert target.read_text() == "mine"
    assert names(tmp_path) == ["fox.png"]


def test_corrected_name_is_checked_too(tmp_path: Path) -> None:
    """It is the corrected name that must be free."""
    (tmp_path / "fox.png").write_text("mine")
    with pytest.raises(FileExistsError):
        made_image().save(tmp_path / "fox.jpg")


@pytest.mark.parametrize("links", [True, False], ids=["with-hard-links", "without"])
def test_dangling_link_counts_as_a_file(links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to nowhere is neither written through nor replaced."""
    if not links:
        monkeypatch.setattr(os, "link", fail_with(errno.EPERM))
    (tmp_path / "fox.png").symlink_to(tmp_path / "elsewhere.png")
    with pytest.raises(FileExistsError):
        made_image().save(tmp_path / "fox.png")
    assert (tmp_path / "fox.png").is_symlink()
    assert not (tmp_path / "elsewhere.png").exists()


def test_overwrite(tmp_path: Path) -> None:
    """With `overwrite`, the file is replaced."""
    target = tmp_path / "fox.png"
    target.write_text("old")
    made_image().save(target, overwrite=True)
    assert target.read_bytes() == PNG
    assert names(tmp_path) == ["fox.png"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_missing_folder_is_refused(overwrite: bool, tmp_path: Path) -> None:
    """A folder that does not exist is not made, and the error names it."""
    with pytest.raises(FileNotFoundError, match="create it first") as caught:
        made_image().save(tmp_path / "nowhere" / "fox.png", overwrite=overwrite)
    assert caught.value.filename == str(tmp_path / "nowhere")


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_failed_write_leaves_nothing(
    overwrite: bool, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full, neither the file nor a part of it stays."""
    monkeypatch.setattr(os, step, fail_with(errno.ENOSPC))
    monkeypatch.setattr(os, "link", fail_with(errno.ENOSPC))
    with pytest.raises(OSError, match="No space left") as caught:
        made_image().save(tmp_path / "fox.png", overwrite=overwrite)
    assert caught.value.errno == errno.ENOSPC
    assert names(tmp_path) == []


def test_failed_overwrite_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a replacement fails, the old file is still there, whole."""
    target = tmp_path / "fox.png"
    target.write_text("old")
    monkeypatch.setattr(os, "fsync", fail_with(errno.EIO))
    with pytest.raises(OSError, match="Input/output"):
        made_image().save(target, overwrite=True)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["fox.png"]


def test_file_systems_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file system has no links, the picture is saved all the same, and no file is replaced."""
    monkeypatch.setattr(os, "link", fail_with(errno.EPERM))
    made_image().save(tmp_path / "fox.png")
    with pytest.raises(FileExistsError):
        made_image().save(tmp_path / "fox.png")
    assert names(tmp_path) == ["fox.png"]


def test_file_that_appears_in_the_meantime_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another program writes while ours is on its way is not replaced."""
    target = tmp_path / "fox.png"
    flush = os.fsync

    def flush_slowly(number: int) -> None:
        target.write_text("theirs")
        flush(number)

    monkeypatch.setattr(os, "fsync", flush_slowly)
    with pytest.raises(FileExistsError):
        made_image().save(target)
    assert target.read_text() == "theirs"
    assert names(tmp_path) == ["fox.png"]


def test_one_of_many_wins(tmp_path: Path) -> None:
    """Of many that save under one name at once, exactly one does, and its file is whole."""
    target = tmp_path / "fox.png"
    contents = [bytes([number]) * 100_000 for number in range(16)]
    gate = threading.Barrier(len(contents), timeout=30)

    def write(content: bytes) -> bytes | None:
        gate.wait()
        try:
            write_whole(target, [content], overwrite=False)
        except FileExistsError:
            return None
        return content

    with ThreadPoolExecutor(len(contents)) as pool:
        winners = [content for content in pool.map(write, contents) if content is not None]
    assert winners == [target.read_bytes()]
    assert names(tmp_path) == ["fox.png"]


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600), (0o002, 0o664)], ids=oct)
def test_mode_follows_the_umask(mask: int, mode: int, tmp_path: Path) -> None:
    """A saved file may be read by whom the user's umask lets."""
    before = os.umask(mask)
    try:
        path = made_image().save(tmp_path / "fox.png")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize("name", ["x" * 251 + ".png", "狐" * 80 + ".png"], ids=["ascii", "three-byte-signs"])
def test_long_names(name: str, tmp_path: Path) -> None:
    """Any name that the file system takes can be saved under, also by way of the temporary file."""
    assert made_image().save(tmp_path / name).name == name


@pytest.mark.anyio
async def test_asave(tmp_path: Path) -> None:
    """The async method does the same as the other."""
    path = await made_image().asave(tmp_path / "fox.jpg", sidecar=True)
    assert path == tmp_path / "fox.png"
    assert names(tmp_path) == ["fox.png", "fox.png.json"]
    with pytest.raises(FileExistsError):
        await made_image().asave(path)
    await made_image().asave(path, overwrite=True)


@pytest.mark.anyio
async def test_asave_works_off_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk does not block the event loop."""
    threads: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda _: threads.append(threading.get_ident()))
    async with anyio.create_task_group() as group:
        group.start_soon(made_image().asave, tmp_path / "fox.png")
    assert threads
    assert threading.get_ident() not in threads
