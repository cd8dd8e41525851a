"""Finding a picture or a video by its name without suffix, and telling whether it is whole."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from imagine_async.sniff import SUFFIXES, is_complete, sniff
from imagine_async.video.sniff import VIDEO_SUFFIXES, sniff_video, video_is_complete

__all__ = ["KNOWN_SUFFIXES", "digest_of", "is_whole"]

_PIECE_BYTES = 1024 * 1024

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
    file.seek(0)
    if picture is not None:
        return is_complete(file.read(), picture)
    kind = sniff_video(file.read(64))
    return kind in ("mp4", "mov", "webm") and video_is_complete(file, kind)


def digest_of(file: BinaryIO) -> str:
    """Compute the SHA-256 of a file.

    Args:
        file: A seekable binary file; it is left at its end.

    Returns:
        64 hexadecimal digits.
    """
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(_PIECE_BYTES):
        digest.update(piece)
    return digest.hexdigest()
