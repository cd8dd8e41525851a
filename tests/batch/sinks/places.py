"""Places for files, of every kind that there is a sink for, looked at without the sink."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import fsspec
from obstore.store import ObjectStore, from_url

from imagine_async.batch.sinks.base import Sink
from imagine_async.batch.sinks.cloud import CloudSink
from imagine_async.batch.sinks.filesystem import FilesystemSink
from imagine_async.batch.sinks.local import LocalSink
from tests.s3_server import S3Server

__all__ = ["KINDS", "Place", "place_of"]


class Place(Protocol):
    """A place that a sink writes to."""

    def sink(self, **choices: Any) -> Sink:
        """Make a sink for it."""
        ...

    def files(self) -> dict[str, bytes]:
        """Return every file there is, hidden ones too."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Put a file there."""
        ...


class _Folder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def sink(self, **choices: Any) -> Sink:
        return LocalSink(self.folder, **choices)

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in found}

    def write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class _FilesystemFolder(_Folder):
    def sink(self, **choices: Any) -> Sink:
        return FilesystemSink(fsspec.filesystem("file"), str(self.folder), **choices)


class _Memory:
    def __init__(self) -> None:
        self._filesystem = fsspec.filesystem("memory")
        self._folder = f"/{secrets.token_hex(8)}"

    def sink(self, **choices: Any) -> Sink:
        return FilesystemSink(self._filesystem, self._folder, **choices)

    def files(self) -> dict[str, bytes]:
        found = self._filesystem.find(self._folder)
        return {path.removeprefix(f"{self._folder}/"): self._filesystem.cat_file(path) for path in found}

    def write(self, name: str, content: bytes) -> None:
        self._filesystem.pipe_file(f"{self._folder}/{name}", content)


class _Bucket:
    def __init__(self, server: S3Server) -> None:
        bucket = secrets.token_hex(8)
        server.make_bucket(bucket)
        self._url, self._options = f"s3://{bucket}/out/here", server.options()
        self._store: ObjectStore = from_url(self._url, **self._options)

    def sink(self, **choices: Any) -> Sink:
        return CloudSink(self._url, **choices, **self._options)

    def files(self) -> dict[str, bytes]:
        names = [entry["path"] for chunk in self._store.list() for entry in chunk]
        return {name: bytes(self._store.get(name).bytes()) for name in names}

    def write(self, name: str, content: bytes) -> None:
        self._store.put(name, content)


KINDS = ("folder", "bucket", "fsspec folder", "fsspec memory")


def place_of(kind: str, folder: Path, server: Callable[[], S3Server]) -> Place:
    """Make a place of a kind."""
    match kind:
        case "folder":
            return _Folder(folder)
        case "bucket":
            return _Bucket(server())
        case "fsspec folder":
            return _FilesystemFolder(folder)
        case _:
            return _Memory()
