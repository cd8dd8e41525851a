"""Files of results: a name that cannot leave its folder, and a write that is whole or not there."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from imagine_async.sniff import SUFFIXES
from imagine_async.video.sniff import VIDEO_SUFFIXES

if TYPE_CHECKING:
    from imagine_async.results import Image
    from imagine_async.video import Video

__all__ = ["target_for", "write_whole"]

_KNOWN_SUFFIXES = {
    **{suffix: name for name, suffix in (SUFFIXES | VIDEO_SUFFIXES).items()},
    ".jpeg": "jpeg",
    ".jpe": "jpeg",
    ".m4v": "mp4",
}
_UNSAFE = re.compile(r"[^A-Za-z0-9.]+")


def target_for(path: Path, result: Image | Video) -> Path:
    """Choose the file that a picture or a video is written to.

    Args:
        path: A file's path, or an existing folder.
        result: What is written.

    Returns:
        The path with a suffix that fits the bytes.

    Raises:
        FileNotFoundError: The folder does not exist.
    """
    if path.is_dir():
        return path / f"{_stem(result)}{result.suffix}"
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "the folder does not exist; create it first", str(path.parent))
    known = _KNOWN_SUFFIXES.get(path.suffix.lower())
    if known == result.format:
        return path
    return path.with_suffix(result.suffix) if known else path.with_name(f"{path.name}{result.suffix}")


def write_whole(target: Path, pieces: Iterable[bytes], *, overwrite: bool) -> None:
    """Write a file by way of a temporary one beside it, so that no reader ever sees half of it.

    Args:
        target: The file.
        pieces: Its bytes, in order.
        overwrite: Whether an existing file may be replaced.

    Raises:
        FileExistsError: There is such a file, and `overwrite` is false.
    """
    if not overwrite and os.path.lexists(target):
        raise _exists(target)
    with _temporary_beside(target) as temporary:
        _write_through(temporary, pieces)
        if overwrite:
            temporary.replace(target)
        else:
            _move_into_place(temporary, target)


def _stem(result: Image | Video) -> str:
    request, seed = result.request, getattr(result, "seed", None)
    style = getattr(request, "style", None) or (request.endpoint.name if request else "video")
    digest = result.digest[:8]
    words = (style, digest) if seed is None else (style, str(seed), digest)
    safe = (_UNSAFE.sub("-", word).strip("-.")[:80] for word in words)
    return "-".join(word for word in safe if word)


@contextlib.contextmanager
def _temporary_beside(target: Path) -> Iterator[Path]:
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _write_through(path: Path, pieces: Iterable[bytes]) -> None:
    """Write and flush to the disk: a rename that outlives a power cut must not point at an empty file."""
    with path.open("xb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())


def _move_into_place(temporary: Path, target: Path) -> None:
    """Link rather than rename: a rename would replace a file that appeared in the meantime."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise _exists(target) from None
    except OSError:
        # Some file systems have no links; there the check before the write has to do.
        temporary.replace(target)


def _exists(target: Path) -> FileExistsError:
    return FileExistsError(errno.EEXIST, "the file exists; pass overwrite=True to replace it", str(target))
