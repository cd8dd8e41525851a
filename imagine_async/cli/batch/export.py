"""`imagine batch export`: a journal as a table for other programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, TextIO

from cyclopts import Parameter

from imagine_async.batch.exports import write_csv, write_jsonl, write_parquet
from imagine_async.batch.journal import read_records
from imagine_async.batch.records import RowRecord, RowState
from imagine_async.cli.batch.journals import find_journal
from imagine_async.cli.batch.words import counted
from imagine_async.cli.output import CommandError, complain, shown

__all__ = ["export"]

_STDOUT = "-"
_Target = Annotated[str | None, Parameter(allow_leading_hyphen=True)]
_Write = Callable[[Iterable[RowRecord], TextIO], int]


def export(
    journal: Path,
    /,
    *,
    csv: _Target = None,
    jsonl: _Target = None,
    parquet: str | None = None,
    state: Annotated[tuple[RowState, ...], Parameter(negative="")] = (),
) -> int:
    """Write what the journal knows of each row into a file for other programs, or to the standard output.

    Args:
        journal: The journal, or the folder that holds it.
        csv: A CSV file that a spreadsheet can open, or - for the standard output.
        jsonl: A file with one JSON object a line, or - for the standard output.
        parquet: A Parquet file; needs the extra parquet.
        state: Rows in this state alone; may be given several times.
    """
    chosen = [(write, target) for write, target in ((write_csv, csv), (write_jsonl, jsonl)) if target is not None]
    if len(chosen) + (parquet is not None) != 1:
        raise CommandError("name one file: --csv FILE, --jsonl FILE or --parquet FILE", code=2)
    records = read_records(find_journal(journal), state or None)
    try:
        if parquet is not None:
            _tell(write_parquet(records, parquet), parquet)
        for write, target in chosen:
            _write_text(write, records, target)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CommandError(f"cannot write the file: {error}") from error
    return 0


def _write_text(write: _Write, records: Iterable[RowRecord], target: str) -> None:
    if target == _STDOUT:
        sys.stdout.flush()
        with open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False) as stream:
            write(records, stream)
        return
    with Path(target).open("w", encoding="utf-8", newline="") as stream:
        count = write(records, stream)
    _tell(count, target)


def _tell(count: int, target: str) -> None:
    # Not on the standard output, where the table may go another time.
    complain(f"{counted(count, 'row')} written to {shown(Path(target))}")
