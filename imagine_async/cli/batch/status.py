"""`imagine batch status`: how far a batch has come, as its journal tells."""

from __future__ import annotations

import json
from pathlib import Path

from imagine_async.batch.journal import Overview, look_over
from imagine_async.batch.records import RowState
from imagine_async.cli.batch.journals import find_journal
from imagine_async.cli.batch.parts import AsJson
from imagine_async.cli.batch.steps import for_rows, name_of
from imagine_async.cli.batch.words import counted, duration, tokens
from imagine_async.cli.holds import iso_time
from imagine_async.cli.output import say, shown
from imagine_async.cli.tables import as_number, as_table, visible
from imagine_async.clock import SYSTEM_CLOCK

__all__ = ["status"]

_DONE = "All rows that the journal has met are done; run the manifest again for those that it has not."


def status(journal: Path, /, *, as_json: AsJson = False) -> int:
    """Tell how far a batch has come, who is at work on it, and what may be done next.

    Args:
        journal: The journal, or the folder that holds it.
        as_json: Print it as JSON.
    """
    path = find_journal(journal)
    overview = look_over(path)
    say(_as_json(path, overview) if as_json else _as_text(path, overview))
    return 0


def _as_text(path: Path, overview: Overview) -> str:
    rows = [(state.value, overview.states[state]) for state in RowState if overview.states.get(state)]
    lines = [
        as_table(("State", "Rows"), rows, numbers=("Rows",)),
        "",
        f"{tokens(overview.tokens)}, with what may have been charged",
    ]
    if overview.left_over:
        lines.append(f"{counted(overview.left_over, 'row')} of earlier runs no longer in the manifest")
    lines += [_workers(overview), _last_change(overview)]
    return "\n".join([*lines, *_steps(path, overview)])


def _steps(path: Path, overview: Overview) -> list[str]:
    if overview.workers:
        return ["A worker is at it."]
    left = sum(overview.states.get(state, 0) for state in (RowState.PENDING, RowState.LEASED, RowState.SENT))
    steps = for_rows(overview, path)
    if left:
        steps.append(f"{counted(left, 'row')} not done yet; to go on: imagine batch retry {name_of(path)}")
    return steps or [_DONE]


def _workers(overview: Overview) -> str:
    names = ", ".join(map(visible, overview.workers))
    return f"{counted(len(overview.workers), 'worker')}{': ' if names else ''}{names}"


def _last_change(overview: Overview) -> str:
    if overview.changed_at is None:
        return "nothing has changed yet"
    ago = duration(max(0.0, SYSTEM_CLOCK.wall() - overview.changed_at))
    return f"last change {iso_time(overview.changed_at)}, {ago} ago"


def _as_json(path: Path, overview: Overview) -> str:
    return json.dumps(
        {
            "journal": shown(path),
            "states": {state.value: overview.states.get(state, 0) for state in RowState},
            "unreadable": overview.unreadable,
            "left_over": overview.left_over,
            "tokens": as_number(overview.tokens),
            "workers": list(overview.workers),
            "changed_at": None if overview.changed_at is None else iso_time(overview.changed_at),
        },
        indent=2,
    )
