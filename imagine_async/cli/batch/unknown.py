"""`imagine batch unknown`: the rows that may have been charged, and whose pictures are not there."""

from __future__ import annotations

import json
from pathlib import Path

from imagine_async.batch.journal import read_records
from imagine_async.batch.records import RowRecord, RowState
from imagine_async.cli.batch.events import row_facts
from imagine_async.cli.batch.journals import find_journal
from imagine_async.cli.batch.parts import AsJson
from imagine_async.cli.batch.places import place_of, trouble_of
from imagine_async.cli.batch.steps import name_of
from imagine_async.cli.batch.words import counted
from imagine_async.cli.output import say
from imagine_async.cli.tables import as_table

__all__ = ["unknown"]

_HEADER = ("Row", "Call", "Attempts", "Tokens", "Why")


def unknown(journal: Path, /, *, as_json: AsJson = False) -> int:
    """List the rows that may have been charged and whose pictures are not there.

    They are not sent again unless told to, because that may cost their tokens twice.

    Args:
        journal: The journal, or the folder that holds it.
        as_json: Print them as JSON, one object a line.
    """
    path = find_journal(journal)
    records = list(read_records(path, [RowState.UNKNOWN]))
    if as_json:
        for record in records:
            say(json.dumps(row_facts(record)))
        return 0
    say(_as_text(records, path) if records else "There are none.")
    return 0


def _as_text(records: list[RowRecord], path: Path) -> str:
    rows = [
        (place_of(record), record.call_id, record.attempts, record.tokens, trouble_of(record.error))
        for record in records
    ]
    return "\n".join(
        (
            as_table(_HEADER, rows, numbers=("Attempts", "Tokens")),
            "",
            f"{counted(len(records), 'row')} may have been charged: the history of your account tells,",
            "on https://platform.imagine.art. Then:",
            "    imagine budget holds      lists the same calls in the books, where they are kept in a store;",
            "    imagine budget settle ID  books one as charged, imagine budget release ID as not charged",
            f"    imagine batch retry {name_of(path)} --resend-unknown",
            "                              makes their pictures, and may cost their tokens once more",
        )
    )
