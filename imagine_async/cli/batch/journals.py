"""Finding the journal that a command means."""

from __future__ import annotations

from pathlib import Path

from imagine_async.batch.journal import count_states
from imagine_async.cli.output import CommandError, shown

__all__ = ["JOURNAL_NAME", "find_journal"]

JOURNAL_NAME = "batch.sqlite"
"""The name of the journal within the folder of its files."""


def find_journal(place: Path) -> Path:
    """Find a journal by its own path, or by that of the folder that holds it.

    Args:
        place: The path.

    Returns:
        The journal's path.

    Raises:
        CommandError: There is none.
        StoreError: The file is no journal, or cannot be read.
    """
    path = place / JOURNAL_NAME if place.is_dir() else place
    if not path.is_file():
        raise CommandError(
            f"there is no journal at {shown(path)}: name the folder of the batch's files, or the journal itself"
        )
    count_states(path)
    return path
