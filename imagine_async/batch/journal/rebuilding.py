"""A journal that was lost, written anew from the facts beside the pictures, so that they are not paid for again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from imagine_async.batch.records import RowRecord, RowState
from imagine_async.sidecar import SIDECAR_SUFFIX
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = ["is_empty", "recorded_in", "take_in"]

_COLUMNS = (
    "position, fingerprint, key, state, changed, attempts, id, tags, request, stem, file, size, digest, width, height,"
    " seed, tokens, elapsed, call_id"
)
_LARGEST_FACTS_BYTES = 1024 * 1024


def is_empty(transaction: Transaction) -> bool:
    """Tell whether a journal knows of no row.

    Args:
        transaction: Where.
    """
    return transaction.row("SELECT 1 FROM rows LIMIT 1") is None


def take_in(transaction: Transaction, records: Iterable[RowRecord]) -> int:
    """Take rows that are done into a journal that knows of none.

    Their looks are not known: they are found by what they ask for when the input is met.

    Args:
        transaction: Where.
        records: The rows.

    Returns:
        How many were taken in: none if another worker has been faster.
    """
    if not is_empty(transaction):
        return 0
    marks = ", ".join("?" * 19)
    return sum(
        transaction.change(f"INSERT OR IGNORE INTO rows ({_COLUMNS}) VALUES ({marks})", *_values(record))
        for record in records
    )


def recorded_in(folder: Path) -> list[RowRecord]:
    """Find the pictures of a batch by the facts beside them; of several of one row the newest. Blocks.

    Args:
        folder: The folder of the batch.

    Returns:
        Their rows.
    """
    newest: dict[int, RowRecord] = {}
    for record in _found(folder):
        known = newest.get(record.position)
        if known is None or known.changed_at <= record.changed_at:
            newest[record.position] = record
    return list(newest.values())


def _found(folder: Path) -> Iterator[RowRecord]:
    for path in folder.rglob(f"?*.?*{SIDECAR_SUFFIX}"):
        try:
            yield _record(path, folder)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            # No facts of ours, or none whose picture is there.
            continue


def _record(path: Path, folder: Path) -> RowRecord:
    picture = path.with_name(path.name.removesuffix(SIDECAR_SUFFIX))
    status = picture.stat()
    with path.open("rb") as file:
        facts = json.loads(file.read(_LARGEST_FACTS_BYTES))
    row: Mapping[str, Any] = facts["row"]
    name = picture.relative_to(folder).as_posix()
    return RowRecord(
        position=_whole(row["position"]),
        key=bytes.fromhex(row["key"]).hex(),
        state=RowState.DONE,
        id=None if row["id"] is None else str(row["id"]),
        tags=tuple(map(str, row["tags"])),
        request={"endpoint": facts["endpoint"], **facts["request"]},
        stem=name.removesuffix(picture.suffix),
        file=name,
        size=status.st_size,
        digest=str(facts["sha256"]),
        width=facts.get("width"),
        height=facts.get("height"),
        seed=facts.get("seed"),
        tokens=facts.get("tokens"),
        elapsed=facts.get("elapsed_seconds"),
        attempts=facts.get("attempts", 1),
        call_id=facts.get("call_id"),
        changed_at=status.st_mtime,
    )


def _whole(number: object) -> int:
    if not isinstance(number, int) or not 0 <= number < 2**62:
        raise ValueError(f"position={number!r}")
    return number


def _values(record: RowRecord) -> tuple[object, ...]:
    return (
        *(record.position, "", record.key, record.state.value, record.changed_at, record.attempts, record.id),
        *(json.dumps(record.tags) if record.tags else None, json.dumps(record.request), record.stem, record.file),
        *(record.size, record.digest, record.width, record.height, record.seed, record.tokens, record.elapsed),
        record.call_id,
    )
