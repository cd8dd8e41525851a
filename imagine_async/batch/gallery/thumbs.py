"""The thumbnails of a gallery: by the digests of the pictures, so that only those that lack are made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from imagine_async.batch.gallery.folder import inner, is_video
from imagine_async.batch.gallery.thumbnail import SUFFIX
from imagine_async.batch.gallery.workers import Workers
from imagine_async.batch.records import RowRecord, RowState

__all__ = ["FOLDER", "Thumbs", "can_make"]

FOLDER = PurePosixPath("gallery/thumbs")
"""Where thumbnails lie, within the folder of the files."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[0-9a-f]{32}" + re.escape(SUFFIX))
_LENGTH = 32


def can_make() -> bool:
    """Tell whether thumbnails can be made: they need the extra `images`."""
    return find_spec("PIL") is not None


class Thumbs:
    """The thumbnails of the files in a folder.

    Args:
        folder: The folder.
        workers: What makes them.
    """

    def __init__(self, folder: Path, workers: Workers) -> None:
        self._folder = folder
        self._workers = workers
        self._used: set[bytes] = set()

    def of(self, records: Sequence[RowRecord]) -> list[PurePosixPath | None]:
        """Find the thumbnails of rows, and make those that lack.

        Args:
            records: The rows.

        Returns:
            Paths within the folder; `None` for a video, and for a picture that cannot be made smaller.
        """
        named = [_thumb_of(record) for record in records]
        pairs = zip(named, (inner(record.file) for record in records), strict=True)
        failed = self._make({name: file for name, file in pairs if name and file and not self._has(name)})
        found = [None if name in failed else name for name in named]
        self._used.update(bytes.fromhex(name.stem) for name in found if name)
        return found

    def prune(self) -> None:
        """Remove thumbnails of pictures that are no longer there."""
        for path in (self._folder / FOLDER).glob(f"*/*{SUFFIX}"):
            if _NAME.fullmatch(path.name) and bytes.fromhex(path.stem) not in self._used:
                path.unlink(missing_ok=True)

    def _has(self, name: PurePosixPath) -> bool:
        return bytes.fromhex(name.stem) in self._used or (self._folder / name).exists()

    def _make(self, lacking: Mapping[PurePosixPath, PurePosixPath]) -> set[PurePosixPath]:
        jobs = [(self._folder / file, self._folder / name) for name, file in lacking.items()]
        return {name for name, trouble in zip(lacking, self._workers.run(jobs), strict=True) if trouble}


def _thumb_of(record: RowRecord) -> PurePosixPath | None:
    file = inner(record.file)
    digest = record.digest or ""
    if record.state is not RowState.DONE or file is None or is_video(file) or not _DIGEST.fullmatch(digest):
        return None
    return FOLDER / digest[:2] / f"{digest[:_LENGTH]}{SUFFIX}"
