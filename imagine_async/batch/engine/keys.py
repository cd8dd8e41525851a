"""By what a row is found again: what its text looks like, and what it asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from operator import itemgetter
from pathlib import Path
from typing import Any

from imagine_async.batch.rows import Row
from imagine_async.inputs import BytesSource, PathSource, RowOutput, StreamSource, Unresolved, UrlSource
from imagine_async.middleware.request_key import request_key
from imagine_async.requests import Request

__all__ = ["fingerprint_of", "fingerprint_of_mapping", "have_changed", "inputs_of", "parents_of", "row_key"]

_VERSION = b"imagine_async row 1"


def fingerprint_of(row: Row) -> bytes:
    """Tell what a row looks like, without reading its pictures.

    Args:
        row: The row.

    Returns:
        16 bytes; the same ones for the same row.
    """
    request = row.request
    parts = [request.endpoint.name, request.path, row.id or "", row.name or "", *row.tags]
    for name, value in sorted(request.form(), key=itemgetter(0)):
        parts += (name, value if isinstance(value, str) else _looks(value))
    return _hashed(parts)


def fingerprint_of_mapping(data: Mapping[str, Any]) -> bytes:
    """Tell what a row looks like that is given as a mapping.

    Args:
        data: The members of a manifest's row.

    Returns:
        16 bytes.
    """
    return _hashed([json.dumps(data, sort_keys=True, default=repr)])


async def row_key(request: Request[Any], parents: Mapping[str, bytes]) -> bytes:
    """Tell what a row asks for: its request, with the digests of its pictures.

    Args:
        request: The request, without a seed of the SDK's.
        parents: The keys of the rows whose pictures it takes, by their ids.

    Returns:
        16 bytes; the same ones for the same request, wherever its pictures lie.
    """

    def describe(source: Unresolved) -> str:
        return f"row {parents[source.row].hex()}" if isinstance(source, RowOutput) else f"url {source.shown}"

    return bytes.fromhex((await request_key(request, describe=describe))[:32])


def parents_of(request: Request[Any]) -> Iterator[tuple[str, RowOutput]]:
    """Yield the fields that take another row's picture.

    Args:
        request: The request.
    """
    for name, source in request.unresolved():
        if isinstance(source, RowOutput):
            yield name, source


def inputs_of(request: Request[Any]) -> str | None:
    """Note the files that a request sends, so that it shows when one of them changes.

    Args:
        request: The request.

    Returns:
        JSON: path, size and time of the last change of each; `None` where it sends none.
    """
    files = [
        [str(value.path), value.size, value.modified] for _, value in request.form() if isinstance(value, PathSource)
    ]
    return json.dumps(files) if files else None


def have_changed(inputs: str) -> bool:
    """Tell whether files are others than they were noted to be. Blocks.

    Args:
        inputs: What `inputs_of` returned.
    """
    return any(not _is_as_noted(*noted) for noted in json.loads(inputs))


def _is_as_noted(path: str, size: int, modified: int) -> bool:
    try:
        found = Path(path).stat()
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (size, modified)


def _looks(source: object) -> str:
    match source:
        case PathSource():
            return f"path {source.path}"
        case UrlSource():
            return f"url {source.shown}"
        case RowOutput():
            return f"row {source.row}"
        case BytesSource():
            return f"bytes {blake2b(source.content, digest_size=16).hexdigest()}"
        case StreamSource():
            return "stream"
    size = getattr(source, "size", 0)
    return f"file {getattr(getattr(source, 'file', None), 'name', '')} {size}"


def _hashed(parts: list[str]) -> bytes:
    digest = blake2b(_VERSION, digest_size=16)
    for part in parts:
        encoded = part.encode(errors="surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.digest()
