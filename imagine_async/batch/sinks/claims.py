"""A picture and its facts get their names together, whoever else writes into the folder at the same time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from attrs import frozen

from imagine_async.batch.sinks.locking import locked
from imagine_async.batch.sinks.temporary import Temporary
from imagine_async.sidecar import SIDECAR_SUFFIX

__all__ = ["Claim"]


@frozen
class Claim:
    """Two files that belong together, written and not yet named.

    The facts are named first. Until the picture has its name too they are locked, so that another process can tell
    facts whose picture is about to come from facts that a crash has left behind.

    Args:
        picture: The picture or video.
        sidecar: Its facts; `None` where they go elsewhere.
    """

    picture: Temporary
    sidecar: Temporary | None

    def take(self, target: str) -> bool:
        """Take a name that is free.

        Args:
            target: The picture's path.

        Returns:
            False where it was taken in the meantime; then nothing was changed.
        """
        if self.sidecar is None:
            return _named(self.picture, target)
        if not self._sidecar_named(self.sidecar, target):
            return False
        if not _named(self.picture, target):
            self.sidecar.take_back(target + SIDECAR_SUFFIX)
            return False
        return True

    def replace(self, target: str) -> None:
        """Take a name, whoever has it; facts of the picture that had it go.

        Args:
            target: The picture's path.
        """
        if self.sidecar is not None:
            self.sidecar.replace(target + SIDECAR_SUFFIX)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(target + SIDECAR_SUFFIX)  # noqa: PTH108 - one call, many times
        self.picture.replace(target)

    def _sidecar_named(self, sidecar: Temporary, target: str) -> bool:
        locked(sidecar.descriptor)
        if _named(sidecar, target + SIDECAR_SUFFIX):
            return True
        with _left_behind(target) as is_free:
            if is_free:
                sidecar.replace(target + SIDECAR_SUFFIX)
            return is_free


def _named(file: Temporary, target: str) -> bool:
    try:
        file.name_it(target)
    except FileExistsError:
        return False
    return True


def _is_at(descriptor: int, path: str) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    return False


@contextlib.contextmanager
def _left_behind(target: str) -> Iterator[bool]:
    """Tell whether facts lie there whose picture will never come, and see that nobody else takes them over."""
    try:
        descriptor = os.open(target + SIDECAR_SUFFIX, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        yield False
        return
    try:
        # The same file still: somebody may have taken it over, and let go of it, before it was locked here.
        yield locked(descriptor) and _is_at(descriptor, target + SIDECAR_SUFFIX) and not os.path.lexists(target)
    finally:
        os.close(descriptor)
