"""From what a user writes to a sink."""

from __future__ import annotations

import os
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from urllib.request import url2pathname

from imagine_async.batch.sinks.base import Sink
from imagine_async.batch.sinks.choices import Metadata, OnCollision
from imagine_async.batch.sinks.cloud_stores import SCHEMES
from imagine_async.batch.sinks.filesystem import FileSystem, FilesystemSink
from imagine_async.batch.sinks.local import LocalSink
from imagine_async.errors import ConfigurationError

__all__ = ["SinkTarget", "open_sink"]

SinkTarget: TypeAlias = str | os.PathLike[str] | tuple[FileSystem, str] | Sink
"""Where the files of a batch go: a folder, a URL, a file system of fsspec with a path in it, or a sink."""

_ADVICE = (
    "pass a folder's path, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX, a pair of an fsspec file "
    "system and a path in it, or a Sink"
)
_USED = ("open", "mv", "rm_file", "exists", "info", "makedirs")


def open_sink(
    target: SinkTarget, *, on_collision: OnCollision = "number", sync: bool = True, metadata: Metadata = "sidecar"
) -> Sink:
    """Make a sink; nothing is written or asked for yet.

    Args:
        target: A folder's path, the URL of an object store, a pair of an fsspec file system and a path in it, or a
            sink, which is returned as it is.
        on_collision: What to do where there is a file of that name: `number`, `refuse` or `replace`.
        sync: Whether a file in a local folder has to be on the disk before it counts as stored.
        metadata: Where the facts go: `sidecar`, `embedded` or `none`.

    Returns:
        The sink.

    Raises:
        ConfigurationError: The target is none of these.
        MissingExtraError: It is an object store, and the extra `cloud` is not installed.
    """
    if isinstance(target, Sink):
        return target
    if isinstance(target, tuple):
        return FilesystemSink(*_pair(target), on_collision=on_collision, metadata=metadata)
    if isinstance(target, str) and "://" in target:
        return _of_url(target, on_collision, sync, metadata)
    if not isinstance(target, (str, os.PathLike)) or not os.fspath(target):
        raise ConfigurationError(f"out= is of type {type(target).__name__}, or empty: {_ADVICE}")
    return LocalSink(target, on_collision=on_collision, sync=sync, metadata=metadata)


def _of_url(url: str, on_collision: OnCollision, sync: bool, metadata: Metadata) -> Sink:
    if url.startswith("file:///"):
        path = url2pathname(urlsplit(url).path)
        return LocalSink(path, on_collision=on_collision, sync=sync, metadata=metadata)
    if not url.startswith(SCHEMES):
        # A URL may hold a password: only its scheme is repeated.
        raise ConfigurationError(f"out='{url.partition('://')[0]}://…': {_ADVICE}")
    from imagine_async.batch.sinks.cloud import CloudSink

    return CloudSink(url, on_collision=on_collision, metadata=metadata)


def _pair(target: tuple[Any, ...]) -> tuple[FileSystem, str]:
    if len(target) != 2 or not isinstance(target[1], str) or not all(hasattr(target[0], name) for name in _USED):
        raise ConfigurationError(f"out= is a tuple of {len(target)}: {_ADVICE}")
    return target[0], target[1]
