"""Where the bytes of a manifest come from."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from attrs import define

from imagine_async.batch.manifest.errors import ManifestError
from imagine_async.inputs.hints import without_secrets

__all__ = ["STDIN", "Source", "source_of"]

STDIN = "-"

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@define
class Source:
    """A file, or the standard input.

    Args:
        shown: How errors name it.
        path: The file; `None` for the standard input.
        is_stream: Whether it can be read but once, as a pipe.
    """

    shown: str
    path: Path | None
    is_stream: bool
    _was_opened: bool = False

    @property
    def folder(self) -> Path:
        """The folder that paths in it are relative to."""
        return Path.cwd() if self.path is None else self.path.parent

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open it from its beginning, or, a stream, for the only time.

        Raises:
            ManifestError: It cannot be read, or cannot be read again.
        """
        if self.is_stream and self._was_opened:
            raise self.error("a pipe and the standard input can be read but once: write the rows to a file")
        self._was_opened = True
        try:
            if self.path is None:
                yield sys.stdin.buffer
                return
            with self.path.open("rb") as file:
                yield file
        except OSError as problem:
            raise self.error(f"the file cannot be read: {problem.strerror or problem}") from problem

    def text(self, most: int) -> str:
        """Read it whole.

        Args:
            most: The most bytes to take.

        Raises:
            ManifestError: It cannot be read, is larger, or is not in UTF-8.
        """
        with self.open() as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise self.error(f"the file is larger than {most:,} bytes, which such a file is not meant for")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as problem:
            raise self.error(f"byte {problem.start + 1} is not UTF-8: save the file as UTF-8") from None

    def error(self, reason: str) -> ManifestError:
        """Make an error that names it.

        Args:
            reason: What is wrong.
        """
        return ManifestError(self.shown, reason)

    def check(self, *, is_text: bool) -> None:
        """See at once that it is there, can be opened, and, a text, is not in UTF-16. A stream is left alone.

        Raises:
            ManifestError: One of these does not hold.
        """
        if self.is_stream:
            return
        with self.open() as file:
            beginning = file.read(2)
        if is_text and beginning in _UTF16:
            raise self.error("the file is in UTF-16: save it as UTF-8")


def source_of(place: str | os.PathLike[str]) -> Source:
    """Find a manifest.

    Args:
        place: The file's path, or `-` for the standard input.

    Returns:
        The source; a file that is not there is found out by `check`.

    Raises:
        ManifestError: The path cannot be one.
    """
    if place == STDIN:
        return Source(STDIN, None, is_stream=True)
    path = Path(place).absolute()
    shown = without_secrets(os.fspath(place))
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise ManifestError(shown, f"the file cannot be read: {reason}") from problem
    return Source(shown, path, is_stream=not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)))
