"""The journal of a batch: what became of each row, in a file that outlives the process."""

from __future__ import annotations

from imagine_async.batch.journal.reading import count_states, read_records

__all__ = ["count_states", "read_records"]
