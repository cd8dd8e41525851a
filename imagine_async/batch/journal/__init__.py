"""The journal of a batch: what became of each row, in a file that outlives the process."""

from __future__ import annotations

from imagine_async.batch.journal.overview import Overview, look_over
from imagine_async.batch.journal.reading import count_states, read_records

__all__ = ["Overview", "count_states", "look_over", "read_records"]
