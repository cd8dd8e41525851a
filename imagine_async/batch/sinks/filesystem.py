"""Any file system of fsspec as the place for the files of a batch; fsspec itself is not needed here."""

from __future__ import annotations

import contextlib
import errno
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from imagine_async.batch.sinks.base import Body, Stored
from imagine_async.batch.sinks.blocking import BlockingSink
from imagine_async.batch.sinks.bodies import body_of
from imagine_async.batch.sinks.choices import Metadata, OnCollision
from imagine_async.batch.sinks.metadata import with_facts
from imagine_async.batch.sinks.reading import checked_inside, find_by_reading, lacking_of, sizes_of
from imagine_async.sidecar import SIDECAR_SUFFIX
from imagine_async.spool import digest_of, pieces_of, size_of

__all__ = ["FileSystem", "FilesystemSink"]


class FileSystem(Protocol):
    """What is used of a file system of fsspec."""

    def open(self, path: str, mode: str = "rb") -> Any:
        """Open a file."""
        ...

    def mv(self, path1: str, path2: str) -> Any:
        """Give a file another name."""
        ...

    def rm_file(self, path: str) -> Any:
        """Remove a file."""
        ...

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""
        ...

    def info(self, path: str) -> dict[str, Any]:
        """Return what is known of a file, with its `size`."""
        ...

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Make a folder, with those above it."""
        ...


class FilesystemSink(BlockingSink):
    """A folder of a file system of fsspec; see `Sink` for its methods.

    A file is written beside its place and moved there. Whether a move is whole or not at all is the file system's
    affair; so is who wins where two processes take one name at the same time.

    Args:
        filesystem: A file system with blocking methods, such as `fsspec.filesystem("sftp", host=...)`.
        folder: A path in it.
        on_collision: What to do where there is a file of that name: `number` puts `-2` and so on behind the new one's
            name, `refuse` raises, `replace` replaces it.
        metadata: Where the facts go: `sidecar` is a file `NAME.SUFFIX.json` beside the picture, `embedded` is the
            picture's own metadata, `none` is nowhere.

    Raises:
        ConfigurationError: There is no such choice.
    """

    def __init__(
        self,
        filesystem: FileSystem,
        folder: str,
        *,
        on_collision: OnCollision = "number",
        metadata: Metadata = "sidecar",
    ) -> None:
        super().__init__(on_collision, metadata)
        self._filesystem = filesystem
        self._folder = folder.rstrip("/")
        self._lock = threading.Lock()
        self._reserved: set[str] = set()

    def __repr__(self) -> str:
        return f"FilesystemSink({type(self._filesystem).__name__}, {self._folder!r})"

    def _put(self, stem: str, suffix: str, body: Body, media_type: str, facts: bytes) -> Stored:
        stored, beside = with_facts(body, facts, self._metadata, self.spool)
        folder = self._path(stem).rpartition("/")[0]
        self._filesystem.makedirs(folder, exist_ok=True)
        with contextlib.ExitStack() as files:
            sidecar = None if beside is None else files.enter_context(self._written(folder, beside))
            picture = files.enter_context(self._written(folder, stored))
            name = files.enter_context(self._reserved_name(stem, suffix))
            if sidecar is not None:
                self._filesystem.mv(sidecar, self._path(name) + SIDECAR_SUFFIX)
            elif self._on_collision == "replace":
                self._remove(self._path(name) + SIDECAR_SUFFIX)  # That of the picture that is replaced.
            self._filesystem.mv(picture, self._path(name))
        return Stored(name=name, size=size_of(stored), digest=digest_of(stored), modified_at=time.time())

    @contextlib.contextmanager
    def _written(self, folder: str, body: Body) -> Iterator[str]:
        path = f"{folder}/.{secrets.token_hex(8)}.part"
        try:
            with self._filesystem.open(path, "wb") as file:
                for piece in pieces_of(body):
                    file.write(piece)
            yield path
        finally:
            self._remove(path)

    def _remove(self, path: str) -> None:
        if self._filesystem.exists(path):
            self._filesystem.rm_file(path)

    @contextlib.contextmanager
    def _reserved_name(self, stem: str, suffix: str) -> Iterator[str]:
        """Choose a name that nobody else in this process takes meanwhile."""
        if self._on_collision == "replace":
            yield stem + suffix
            return
        mine: set[str] = set()
        try:
            name = stem + suffix
            while self._is_taken(mine, name):
                if self._on_collision == "refuse":
                    raise FileExistsError(errno.EEXIST, "the file exists, and on_collision='refuse'", name)
                name = self._numbers.numbered(stem, suffix, self._exists)
            yield name
        finally:
            with self._lock:
                self._reserved -= mine

    def _is_taken(self, mine: set[str], name: str) -> bool:
        """Reserve first and look afterwards: who gives a reservation up has put its file there."""
        with self._lock:
            if name in self._reserved:
                return True
            self._reserved.add(name)
            mine.add(name)
        return self._exists(name)

    def _exists(self, name: str) -> bool:
        return self._filesystem.exists(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"

    def _find(self, stem: str) -> Stored | None:
        return find_by_reading(stem, self._get)

    def _read(self, name: str) -> Body:
        return self._get(name)[0]

    def _lacking(self, files: Sequence[tuple[str, int]]) -> Sequence[int]:
        forget = getattr(self._filesystem, "invalidate_cache", None)
        if forget is not None:
            forget()
        return lacking_of(files, sizes_of({name for name, _ in files}, self._size))

    def _size(self, name: str) -> int:
        return int(self._filesystem.info(self._path(name))["size"])

    def _get(self, name: str) -> tuple[Body, float]:
        path = self._path(checked_inside(name))
        with self._filesystem.open(path, "rb") as file:
            body = body_of(file, self.spool)
        return body, self._modified_at(path)

    def _modified_at(self, path: str) -> float:
        """Ask when a file was written; where a file system does not know, it counts as old."""
        modified = getattr(self._filesystem, "modified", None)
        try:
            return 0.0 if modified is None else float(modified(path).timestamp())
        except NotImplementedError:
            # So does the base class of fsspec, for file systems that do not know.
            return 0.0
