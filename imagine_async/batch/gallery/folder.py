"""The folder of a batch's files, and what lies in it."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from imagine_async.errors import ConfigurationError
from imagine_async.sniff import SUFFIXES
from imagine_async.video.sniff import VIDEO_SUFFIXES

__all__ = ["inner", "is_video", "local_folder", "url_of"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
# A video may come as WebP or GIF, which is shown as the picture that it is too.
_VIDEOS = frozenset({*VIDEO_SUFFIXES.values(), ".m4v"} - {*SUFFIXES.values()})


def local_folder(folder: object) -> Path:
    """Return the folder that a gallery is written into.

    Args:
        folder: A path; it need not exist.

    Raises:
        ConfigurationError: It is a URL or a sink: its files are not on this machine.
    """
    if isinstance(folder, (str, os.PathLike)) and not _SCHEME.match(os.fsdecode(folder)):
        return Path(os.fsdecode(folder))
    shown = folder if isinstance(folder, str) else type(folder).__name__
    raise ConfigurationError(
        f"a gallery shows files of a local folder, and {shown} is none: copy the files to a folder, and pass its path"
    )


def inner(file: str | None) -> PurePosixPath | None:
    """Return the path of a row's file within the folder.

    Args:
        file: As the record has it, with `/` between folders.

    Returns:
        The path; `None` if there is none, or it leads out of the folder.
    """
    path = PurePosixPath(file or "")
    is_outside = path.is_absolute() or ".." in path.parts or "\0" in path.name or not path.parts
    return None if is_outside else path


def url_of(path: PurePosixPath) -> str:
    """Return a relative URL; a name such as `a:b` must not be taken for a scheme, nor `?` for a query.

    Args:
        path: A path within the folder of the page.
    """
    return "/".join(quote(os.fsencode(part), safe="") for part in path.parts)


def is_video(path: PurePosixPath) -> bool:
    """Tell whether a file is a video, by its suffix.

    Args:
        path: The file.
    """
    return path.suffix.lower() in _VIDEOS
