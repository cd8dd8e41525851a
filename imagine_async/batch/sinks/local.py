"""A folder as the place for the files of a batch."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator, Sequence
from hashlib import file_digest
from pathlib import Path

from imagine_async.batch.sinks.base import Body, Stored
from imagine_async.batch.sinks.blocking import BlockingSink
from imagine_async.batch.sinks.bodies import body_of
from imagine_async.batch.sinks.choices import Metadata, OnCollision
from imagine_async.batch.sinks.claims import Claim
from imagine_async.batch.sinks.finding import KNOWN_SUFFIXES, is_whole
from imagine_async.batch.sinks.folders import Folders
from imagine_async.batch.sinks.metadata import with_facts
from imagine_async.batch.sinks.sweeping import sweep
from imagine_async.batch.sinks.temporary import Temporary, sync_folder
from imagine_async.spool import Spool, digest_of, pieces_of, size_of

__all__ = ["LocalSink"]

_MOST_TRIES = 1000


class LocalSink(BlockingSink):
    """A folder; see `Sink` for its methods.

    A file appears whole or not at all, and its facts before it: a crash may leave facts without a picture, which the
    next file of that name takes over, but no picture without its facts.

    Args:
        folder: Its path; it is made if need be.
        on_collision: What to do where there is a file of that name: `number` puts `-2` and so on behind the new one's
            name, `refuse` raises, `replace` replaces it.
        sync: Whether `put` returns only once the file is on the disk, so that it outlives a power cut.
        metadata: Where the facts go: `sidecar` is a file `NAME.SUFFIX.json` beside the picture, `embedded` is the
            picture's own metadata, `none` is nowhere.

    Raises:
        ConfigurationError: There is no such choice.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        on_collision: OnCollision = "number",
        sync: bool = True,
        metadata: Metadata = "sidecar",
    ) -> None:
        super().__init__(on_collision, metadata)
        self.folder = Path(folder).absolute()
        self._folders = Folders(str(self.folder))
        self._swept: set[str] = set()
        self._is_synced = sync

    def __repr__(self) -> str:
        return f"LocalSink({str(self.folder)!r})"

    def spool(self) -> Spool:
        """Make a spool in the folder, so that what it holds need not be copied."""
        return Spool(self._folders.made(""))

    def _put(self, stem: str, suffix: str, body: Body, media_type: str, facts: bytes) -> Stored:
        folder = stem.rpartition("/")[0]
        with self._errors_that_say_where(folder):
            try:
                return self._put_into(self._folders.made(folder), stem, suffix, body, facts)
            except FileNotFoundError:
                # The folder was removed since it was made.
                self._folders.forget(folder)
                return self._put_into(self._folders.made(folder), stem, suffix, body, facts)

    def _put_into(self, path: str, stem: str, suffix: str, body: Body, facts: bytes) -> Stored:
        stored, beside = with_facts(body, facts, self._metadata, self.spool)
        with contextlib.ExitStack() as files:
            sidecar = None if beside is None else files.enter_context(self._written(path, beside))
            picture = files.enter_context(self._written(path, stored))
            name = self._placed(Claim(picture, sidecar), stem, suffix)
            modified_at = os.fstat(picture.descriptor).st_mtime
        if self._is_synced:
            sync_folder(path)
        return Stored(name=name, size=size_of(stored), digest=digest_of(stored), modified_at=modified_at)

    def _written(self, path: str, body: Body) -> Temporary:
        file = Temporary.of_spool(path, body) if isinstance(body, Spool) else None
        is_taken_over = file is not None
        file = file or Temporary(path)
        try:
            if not is_taken_over:
                file.write(pieces_of(body))
            if self._is_synced:
                file.sync()
        except BaseException:
            file.close()
            raise
        return file

    def _placed(self, claim: Claim, stem: str, suffix: str) -> str:
        """Give the files their names; return that of the picture, from the root."""
        if self._on_collision == "replace":
            claim.replace(self._path(stem + suffix))
            return stem + suffix
        name = stem + suffix
        for _ in range(_MOST_TRIES):
            if not self._is_taken(name) and claim.take(self._path(name)):
                return name
            if self._on_collision == "refuse":
                raise FileExistsError(errno.EEXIST, "the file exists, and on_collision='refuse'", self._path(name))
            name = self._numbers.numbered(stem, suffix, self._is_taken)
        raise FileExistsError(errno.EEXIST, "every name that was tried was taken in the meantime", self._path(name))

    def _is_taken(self, name: str) -> bool:
        return os.path.lexists(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._folders.root}{os.sep}{name}"

    def _find(self, stem: str) -> Stored | None:
        # Files are looked for where a process has died: the hidden ones that it has left are removed.
        folder = stem.rpartition("/")[0]
        if folder not in self._swept:
            self._swept.add(folder)
            sweep(self._path(folder))
        for suffix in KNOWN_SUFFIXES:
            with contextlib.suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
                found = self._whole(stem + suffix)
                if found is not None:
                    return found
        return None

    def _whole(self, name: str) -> Stored | None:
        with open(self._folders.path(name), "rb") as file:  # noqa: PTH123 - the path is a text
            if not is_whole(file):
                return None
            status = os.fstat(file.fileno())
            file.seek(0)
            digest = file_digest(file, "sha256").hexdigest()
            return Stored(name=name, size=status.st_size, digest=digest, modified_at=status.st_mtime)

    def _lacking(self, files: Sequence[tuple[str, int]]) -> Sequence[int]:
        prefix, stat = f"{self._folders.root}{os.sep}", os.stat
        lacking = []
        for place, (name, size) in enumerate(files):
            try:
                if stat(prefix + name).st_size != size:
                    lacking.append(place)
            except (OSError, ValueError):
                lacking.append(place)
        return lacking

    def _read(self, name: str) -> Body:
        with open(self._folders.path(name), "rb") as file:  # noqa: PTH123 - the path is a text
            return body_of(file, self.spool)

    @contextlib.contextmanager
    def _errors_that_say_where(self, folder: str) -> Iterator[None]:
        """Name the folder: the error of a full disk says nothing but that."""
        try:
            yield
        except OSError as error:
            if error.filename is not None:
                raise
            where = self._path(folder)
            raise OSError(error.errno, f"{error.strerror}; nothing was stored in the folder", where) from error
