"""Events as JSON, one a line, for other programs; docs/batch.md tells of each."""

from __future__ import annotations

import json
from typing import Any

from imagine_async.batch.records import BatchProgress, RowRecord
from imagine_async.batch.results import RowResult
from imagine_async.cli.batch.places import complain_of
from imagine_async.cli.batch.watching import Beginning, Ending
from imagine_async.cli.output import say, shown
from imagine_async.cli.tables import as_number

__all__ = ["JsonEvents", "progress_facts", "row_facts"]


class JsonEvents:
    """Writes each event as a line of JSON on the standard output."""

    def begin(self, beginning: Beginning) -> None:
        """Write `started`."""
        _write(
            "started",
            source=beginning.source,
            out=beginning.out,
            journal=beginning.journal,
            total=beginning.total,
        )

    def row(self, result: RowResult) -> None:
        """Write `row`."""
        _write("row", **row_facts(result.record))

    def progress(self, progress: BatchProgress) -> None:
        """Write `progress`."""
        _write("progress", **progress_facts(progress))

    def warn(self, text: str) -> None:
        """Write `warning`."""
        _write("warning", message=text)

    def stopping(self, reason: str, text: str) -> None:
        """Write `stopped`."""
        _write("stopped", reason=reason, message=text)

    def close(self) -> None:
        """There is nothing to leave."""

    def fail(self, error: Exception) -> None:
        """Write `stopped`, and say it on the error output."""
        _write("stopped", reason="error", error=type(error).__name__, message=str(error))
        complain_of(error)

    def end(self, ending: Ending) -> None:
        """Write `summary`."""
        summary = ending.summary
        _write(
            "summary",
            **progress_facts(summary.progress),
            complete=summary.is_complete,
            stopped_by=summary.stopped_by,
            by_state={state.value: count for state, count in summary.by_state.items()},
            left_over=summary.left_over,
            failures=[{"row": place, "error": error} for place, error in summary.failures],
            gallery=None if ending.gallery is None else shown(ending.gallery),
            exit_code=ending.code,
        )


def row_facts(record: RowRecord) -> dict[str, Any]:
    """Return what an event tells of a row.

    Args:
        record: The row.
    """
    return {
        "position": record.position,
        "line": record.line,
        "id": record.id,
        "state": record.state.value,
        "endpoint": record.endpoint,
        "tags": list(record.tags),
        "file": record.file,
        "bytes": record.size,
        "sha256": record.digest,
        "width": record.width,
        "height": record.height,
        "seed": record.seed,
        "tokens": _number(record.tokens),
        "seconds": _number(record.elapsed),
        "attempts": record.attempts,
        "error": record.error,
        "call_id": record.call_id,
        "job": record.job,
    }


def progress_facts(progress: BatchProgress) -> dict[str, Any]:
    """Return what an event tells of the figures.

    Args:
        progress: The figures.
    """
    return {
        "total": progress.total,
        "ended": progress.ended,
        "done": progress.done,
        "skipped": progress.skipped,
        "failed": progress.failed,
        "unknown": progress.unknown,
        "running": progress.running,
        "waiting": progress.waiting,
        "tokens": _number(progress.tokens),
        "tokens_held": _number(progress.tokens_held),
        "tokens_left": _number(progress.tokens_left),
        "bytes": progress.bytes,
        "seconds": _number(progress.elapsed),
        "rate": _number(progress.rate),
        "limiter_wait": _number(progress.limiter_wait),
        "seconds_left": _number(progress.seconds_left),
        "paused": progress.paused,
    }


def _number(value: float | None) -> float | None:
    return None if value is None else as_number(value)


def _write(event: str, **facts: Any) -> None:
    # ASCII alone: a text that is no valid text passes as well.
    say(json.dumps({"event": event, **facts}))
