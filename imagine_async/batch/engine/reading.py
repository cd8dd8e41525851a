"""From what a caller hands in to rows, and from rows to claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio.to_thread
import attrs
from attrs import frozen

from imagine_async.batch.engine.keys import fingerprint_of, fingerprint_of_mapping, inputs_of
from imagine_async.batch.journal.claims import Claim, Known
from imagine_async.batch.names import NameTemplate
from imagine_async.batch.rows import Row, RowError, RowInput, UnreadRow
from imagine_async.errors import ImagineError, InvalidRequestError
from imagine_async.inputs import BytesSource, FileSource, StreamSource
from imagine_async.requests import Request
from imagine_async.serialization import request_to_dict

__all__ = ["BadRow", "as_unread", "claim_of", "plain_data", "read_row"]

_LARGEST_INLINE_BYTES = 64 * 1024


@frozen(kw_only=True)
class BadRow:
    """A row that cannot be used.

    Args:
        position: Its place in the input.
        error: What is wrong with it.
        line: Its line in the manifest.
    """

    position: int
    error: Exception
    line: int | None = None


def as_unread(item: object) -> UnreadRow:
    """Give an input its fingerprint.

    Args:
        item: What the caller handed in.

    Returns:
        A row that can be read; whatever is wrong with the input is told then.
    """
    match item:
        case UnreadRow():
            return item
        case Row():
            return UnreadRow(fingerprint=fingerprint_of(item), read=lambda: item, line=item.line)
        case Request():
            return as_unread(Row(request=item))
        case Mapping():
            return UnreadRow(fingerprint=fingerprint_of_mapping(item), read=lambda: _parsed(item))
        case _:
            return UnreadRow(fingerprint=fingerprint_of_mapping({"": repr(item)[:1000]}), read=lambda: _refused(item))


async def read_row(item: RowInput, unread: UnreadRow) -> Row:
    """Read a row, in a worker thread where that may look into files.

    Args:
        item: What the caller handed in.
        unread: The same with its fingerprint.

    Returns:
        The row.

    Raises:
        RowError: It cannot be used.
    """
    if isinstance(item, (Row, Request)):
        row = unread.read()
    else:
        row = await anyio.to_thread.run_sync(_read, unread)
    for name, value in row.request.unresolved():
        if isinstance(value, StreamSource):
            raise RowError(
                "a stream can be read but once, and a row may be sent again: pass a path or bytes",
                line=row.line,
                field=name,
            )
    return row


def claim_of(
    row: Row,
    known: Known | None,
    *,
    position: int,
    fingerprint: bytes,
    key: bytes,
    owner: str,
    names: NameTemplate,
    tags: tuple[str, ...],
) -> Claim:
    """Make a claim of a row.

    Args:
        row: The row.
        known: What the journal knows of it; its seed is used again, so that the same picture is asked for.
        position: Its place in the input.
        fingerprint: What its text looks like.
        key: What it asks for.
        owner: The worker.
        names: Names its file.
        tags: Labels of the whole batch.

    Returns:
        The claim.

    Raises:
        RowError: Its name cannot be used.
    """
    request = row.request
    if known is not None and known.seed is not None and getattr(request, "seed", 0) is None:
        seed: dict[str, Any] = {"seed": known.seed}
        request = attrs.evolve(request, **seed)
    request = request.seeded()
    return Claim(
        position=position,
        fingerprint=fingerprint,
        key=key,
        owner=owner,
        request=request,
        id=row.id,
        line=row.line,
        tags=tuple(dict.fromkeys((*tags, *row.tags))),
        data=plain_data(request),
        inputs=inputs_of(request),
        stem=names.stem(row, position),
        is_named=row.name is not None,
        attempts=0 if known is None else known.attempts,
        tokens=None if known is None else known.tokens,
        job=None if known is None else known.job,
        kept=None if known is None else known.kept,
    )


def plain_data(request: Request[Any]) -> dict[str, Any]:
    """Turn a request into data for the journal; of large pictures that lie in memory only the size goes in.

    Args:
        request: The request.
    """
    large = {
        attribute.alias: value.size
        for attribute in attrs.fields(type(request))
        if isinstance(value := getattr(request, attribute.name), (BytesSource, FileSource))
        and value.size > _LARGEST_INLINE_BYTES
    }
    if not large:
        return request_to_dict(request)
    kept = {attribute.alias: getattr(request, attribute.name) for attribute in attrs.fields(type(request))}
    data = {name: value for name, value in kept.items() if isinstance(value, (str, int, float)) and name not in large}
    return {"endpoint": request.endpoint.name, **data, **{name: {"bytes": size} for name, size in large.items()}}


def _read(unread: UnreadRow) -> Row:
    try:
        return unread.read()
    except RowError:
        raise
    except InvalidRequestError as error:
        raise RowError(str(error), line=unread.line, field=error.field) from error
    except (ImagineError, OSError, ValueError, TypeError) as error:
        raise RowError(f"{type(error).__name__}: {error}", line=unread.line) from error


def _parsed(data: Mapping[str, Any]) -> Row:
    from imagine_async.batch.manifest import parse_row

    return parse_row(data)


def _refused(item: object) -> Row:
    raise RowError(
        f"{type(item).__name__} is no row: pass a request such as TextToImage(prompt=...), a Row or a mapping"
    )
