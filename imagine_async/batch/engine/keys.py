"""By what a row is found again: what it looks like, and what it asks for.

Both are digests of the request as plain data, which the journal keeps as well. They differ in how pictures stand there:
for the looks by path or URL, for the key by the digest of their bytes.

The key is not `middleware.request_key`, which is a digest of the form that is sent: a row is named before anything is
fetched, and before the rows whose pictures it takes have made them, so URLs and other rows stand in it as such.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b, file_digest, sha256
from pathlib import Path
from typing import Any

import anyio.to_thread

from imagine_async.batch.rows import Row, RowError
from imagine_async.inputs import BytesSource, FileSource, PathSource, RowOutput, SpoolSource
from imagine_async.requests import Request
from imagine_async.serialization import request_to_dict

__all__ = ["fingerprint_of", "fingerprint_of_mapping", "have_changed", "inputs_of", "key_of", "plain_data"]

_VERSION = "imagine_async row 1"
_LARGEST_INLINE_BYTES = 64 * 1024


def plain_data(request: Request[Any]) -> dict[str, Any]:
    """Turn a request into data for the journal; of large pictures that lie in memory only size and digest go in.

    May look into files, and blocks then.

    Args:
        request: The request.
    """
    large = {
        name: source
        for name, source in request.pictures()
        if isinstance(source, (BytesSource, FileSource, SpoolSource)) and source.size > _LARGEST_INLINE_BYTES
    }
    data = request_to_dict(request, leave_out=large)
    for name, source in large.items():
        data[name] = {"bytes": source.size, "sha256": _digest(source)}
    return data


def fingerprint_of(row: Row, text: str) -> bytes:
    """Tell what a row looks like.

    Args:
        row: The row.
        text: Its request as JSON.

    Returns:
        16 bytes; the same ones for the same row.
    """
    is_plain = row.id is None and row.name is None and not row.tags
    named = "" if is_plain else json.dumps([row.id, row.name, row.tags])
    return _hashed(f"{_VERSION} {named} {text}")


def fingerprint_of_mapping(data: Mapping[str, Any]) -> bytes:
    """Tell what a row looks like that is given as a mapping.

    Args:
        data: The members of a manifest's row.

    Returns:
        16 bytes.
    """
    try:
        text = json.dumps([_VERSION, data], sort_keys=True, default=repr)
    except (TypeError, ValueError, RecursionError):
        # Keys that are no texts, or a value that holds itself: why it is no row is told when it is read.
        text = repr(data)
    return _hashed(text)


async def key_of(
    request: Request[Any], data: Mapping[str, Any], parents: Mapping[str, bytes], text: str | None = None
) -> bytes:
    """Tell what a row asks for.

    Args:
        request: The request, without a seed of the SDK's.
        data: The same as plain data.
        parents: The keys of the rows whose pictures it takes, by their ids.
        text: The data as JSON, if that is at hand.

    Returns:
        16 bytes; the same ones for the same request, wherever its pictures lie.

    Raises:
        RowError: A picture cannot be read.
    """
    told = {}
    for name, source in request.pictures():
        if isinstance(source, RowOutput):
            told[name] = {"row": parents[source.row].hex()}
        elif isinstance(source, (BytesSource, FileSource, PathSource, SpoolSource)):
            told[name] = {"sha256": await _digest_off_the_loop(name, source)}
    if text is None or told:
        text = json.dumps({**data, **told})
    return _hashed(f"{_VERSION} {text}")


def inputs_of(request: Request[Any]) -> str | None:
    """Note the files that a request sends, so that it shows when one of them changes.

    Args:
        request: The request.

    Returns:
        JSON: path, size and time of the last change of each; `None` where it sends none.
    """
    pictures = request.pictures()
    if not pictures:
        return None
    files = [[str(value.path), value.size, value.modified] for _, value in pictures if isinstance(value, PathSource)]
    return json.dumps(files) if files else None


def have_changed(inputs: str) -> bool:
    """Tell whether files may be others than they were noted to be; those that are gone send nothing else. Blocks.

    Args:
        inputs: What `inputs_of` returned.
    """
    return any(not _is_as_noted(*noted) for noted in json.loads(inputs))


def _is_as_noted(path: str, size: int, modified: int) -> bool:
    try:
        found = Path(path).stat()
    except OSError:
        return True
    return (found.st_size, found.st_mtime_ns) == (size, modified)


async def _digest_off_the_loop(field: str, source: Any) -> str:
    try:
        return await anyio.to_thread.run_sync(_digest, source)
    except OSError as error:
        raise RowError(f"{type(error).__name__}: {error}", field=field) from error


def _digest(source: Any) -> str:
    if isinstance(source, SpoolSource):
        return source.spool.digest
    if isinstance(source, PathSource):
        with source.path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    return sha256(source.read()).hexdigest()


def _hashed(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()
