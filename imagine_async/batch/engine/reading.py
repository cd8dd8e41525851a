"""From what a caller hands in to rows, and from rows to claims."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import anyio.to_thread
import attrs
from attrs import define, evolve, frozen

from imagine_async.batch.engine.keys import fingerprint_of, fingerprint_of_mapping, inputs_of, plain_data
from imagine_async.batch.engine.settings import BatchSettings
from imagine_async.batch.journal.claims import Claim, Known
from imagine_async.batch.records import RowState
from imagine_async.batch.rows import Row, RowError, UnreadRow
from imagine_async.errors import ImagineError, InvalidRequestError
from imagine_async.inputs import StreamSource
from imagine_async.requests import Request
from imagine_async.stores.sqlite.text import clean

__all__ = ["BadRow", "Candidate", "Turn", "as_candidate", "claim_of"]


@frozen(kw_only=True)
class BadRow:
    """A row that cannot be used.

    Args:
        position: Its place in the input.
        error: What is wrong with it.
        line: Its line in the manifest.
        state: `unknown` if it may have been charged before.
    """

    position: int
    error: Exception
    line: int | None = None
    state: RowState = RowState.FAILED


Turn: TypeAlias = "Claim | BadRow"
"""A row whose turn has come."""


@define
class Candidate:
    """Something out of the input that may have to be done.

    Args:
        fingerprint: What it looks like.
        unread: How it is read; `None` where it need not be.
        row: The row; `None` as long as it was not read.
        data: Its request as plain data.
        line: Its line in the manifest.
        text: The data as JSON, if that was made already.
    """

    fingerprint: bytes
    unread: UnreadRow | None
    row: Row | None = None
    data: dict[str, Any] | None = None
    line: int | None = None
    text: str | None = None

    async def read(self) -> tuple[Row, dict[str, Any]]:
        """Read it, in a worker thread if that may look into files.

        Returns:
            The row, and its request as plain data.

        Raises:
            RowError: It cannot be used.
        """
        if self.row is not None and self.data is not None:
            return self.row, self.data
        assert self.unread is not None
        if not self.unread.may_block:
            return _read(self.unread)
        return await anyio.to_thread.run_sync(_read, self.unread)


def as_candidate(item: object) -> Candidate:
    """Look at what the caller handed in; whatever is wrong with it is told when it is read.

    Args:
        item: A request, a row, a mapping, or a row that was not read.
    """
    if isinstance(item, UnreadRow):
        return Candidate(item.fingerprint, item, line=item.line)
    if isinstance(item, Request):
        item = Row(request=item)
    if isinstance(item, Row) and isinstance(item.request, Request):
        return _of_row(item)
    if isinstance(item, Mapping):
        return _of_reader(fingerprint_of_mapping(item), lambda: _parsed(item))
    return _of_reader(fingerprint_of_mapping({"": repr(item)[:1000]}), lambda: _refused(item))


def claim_of(
    row: Row,
    data: dict[str, Any],
    known: Known | None,
    *,
    position: int,
    fingerprint: bytes,
    key: bytes,
    owner: str,
    settings: BatchSettings,
) -> Claim:
    """Make a claim of a row.

    Args:
        row: The row.
        data: Its request as plain data.
        known: What the journal knows of it; its seed is used again, so that the same picture is asked for.
        position: Its place in the input.
        fingerprint: What it looks like.
        key: What it asks for.
        owner: The worker.
        settings: How the batch is run.

    Returns:
        The claim.

    Raises:
        RowError: Its name cannot be used.
    """
    request = row.request
    if getattr(request, "seed", 0) is None:
        seed: dict[str, Any] = {"seed": known.seed} if known is not None and known.seed is not None else {}
        request = attrs.evolve(request, **seed).seeded()
        row, data = evolve(row, request=request), {**data, "seed": getattr(request, "seed", None)}
    claim = Claim(
        position=position,
        fingerprint=fingerprint,
        key=key,
        owner=owner,
        request=request,
        id=clean(row.id),
        line=row.line,
        tags=tuple(dict.fromkeys((*settings.tags, *row.tags))) if settings.tags else row.tags,
        data=data,
        inputs=inputs_of(request),
        stem=clean(settings.names.stem(row, position)),
        is_named=row.name is not None,
    )
    if known is not None:
        claim.attempts, claim.tokens, claim.job, claim.kept = known.attempts, known.tokens, known.job, known.kept
    return claim


def _of_row(row: Row) -> Candidate:
    pictures = row.request.pictures()
    if pictures and any(isinstance(source, StreamSource) for _, source in pictures):
        return _of_reader(fingerprint_of_mapping({"": "stream"}), lambda: _refused_stream(row), row.line)
    try:
        data = plain_data(row.request)
        text = json.dumps(data)
    except (ImagineError, OSError, ValueError):
        # An open file that was closed meanwhile, say: it is told of when the row is read.
        return _of_reader(fingerprint_of_mapping({"": repr(row)[:1000]}), lambda: row, row.line)
    return Candidate(fingerprint_of(row, text), None, row, data, row.line, text)


def _of_reader(fingerprint: bytes, read: Callable[[], Row], line: int | None = None) -> Candidate:
    return Candidate(fingerprint, UnreadRow(fingerprint=fingerprint, read=read, line=line), line=line)


def _read(unread: UnreadRow) -> tuple[Row, dict[str, Any]]:
    try:
        row = unread.read()
        return row, plain_data(row.request)
    except RowError:
        raise
    except InvalidRequestError as error:
        raise RowError(error.advice, line=unread.line, field=f"{error.field}={error.value}") from error
    except (ImagineError, OSError, ValueError, TypeError) as error:
        raise RowError(f"{type(error).__name__}: {error}", line=unread.line) from error


def _parsed(data: Mapping[str, Any]) -> Row:
    from imagine_async.batch.manifest import parse_row

    return parse_row(data)


def _refused(item: object) -> Row:
    what = f"a Row of {type(item.request).__name__}" if isinstance(item, Row) else type(item).__name__
    raise RowError(f"{what} is no row: pass a request such as TextToImage(prompt=...), a Row or a mapping")


def _refused_stream(row: Row) -> Row:
    raise RowError("a stream can be read but once, and a row may be sent again: pass a path or bytes", line=row.line)
