"""Finding a picture or a video by its name without suffix, and telling whether it is whole."""

from __future__ import annotations

from typing import BinaryIO

from imagine_async.file_view import FileView
from imagine_async.sniff import SUFFIXES, is_complete, sniff
from imagine_async.video.sniff import VIDEO_SUFFIXES, sniff_video, video_is_complete

__all__ = ["KNOWN_SUFFIXES", "is_whole"]

KNOWN_SUFFIXES = tuple(dict.fromkeys([*SUFFIXES.values(), *VIDEO_SUFFIXES.values(), ".jpeg", ".m4v"]))
"""The suffixes of what the API makes, the usual ones first."""


def is_whole(file: BinaryIO) -> bool:
    """Tell whether a file is a picture or a video that ends where it should.

    Args:
        file: A seekable binary file; it is left anywhere.

    Returns:
        False for a file that is cut, or is something else.
    """
    file.seek(0)
    picture = sniff(file)
    if picture is not None:
        return is_complete(FileView(file), picture)
    file.seek(0)
    kind = sniff_video(file.read(64))
    return kind in ("mp4", "mov", "webm") and video_is_complete(file, kind)
