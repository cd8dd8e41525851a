"""Manifests as the command is given them: files, and the standard input."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from pathlib import Path

import anyio.to_thread
from attrs import frozen

from imagine_async.batch.manifest import Manifest, ManifestError, ManifestFormat, read_manifest
from imagine_async.batch.rows import RowInput, UnreadRow
from imagine_async.cli.batch.stoppable import stoppable_stdin
from imagine_async.cli.batch.wrongly import as_given_wrongly
from imagine_async.cli.output import CommandError
from imagine_async.cli.tables import visible

__all__ = ["STDIN", "ManifestFormat", "Rows", "open_rows"]

STDIN = "-"
"""Stands for the standard input."""


@frozen
class Rows:
    """The rows of a manifest.

    Args:
        manifest: The manifest.
        total: How many rows there are, where that is known.
    """

    manifest: Manifest
    total: int | None

    @property
    def source(self) -> str:
        """Where they come from, for people."""
        return "the standard input" if self.manifest.path == STDIN else self.manifest.path

    @property
    def name(self) -> str:
        """What the batch is called after them."""
        return "stdin" if self.manifest.path == STDIN else Path(self.manifest.path).stem

    def for_batch(self) -> Iterable[RowInput] | AsyncIterable[RowInput]:
        """Return them as a batch takes them: those that may keep it waiting are read in a thread."""
        return self.manifest if self.total is not None else _read_in_thread(self.manifest)


def open_rows(manifest: str, kind: ManifestFormat | None) -> Rows:
    """Open a manifest.

    Args:
        manifest: A file's path, or `-` for the standard input.
        kind: Its format; `None` goes by its suffix.

    Returns:
        Its rows; none is read yet.

    Raises:
        CommandError: It cannot be read.
        MissingExtraError: Its format needs an extra that is not installed.
    """
    if manifest == STDIN and sys.stdin is None:
        raise CommandError("there is no standard input to read rows from: name a file", code=2)
    with as_given_wrongly():
        try:
            opened = read_manifest(manifest, format=kind)
            return Rows(opened, opened.count())
        except ManifestError as error:
            raise CommandError(visible(error.message), code=2) from error


async def _read_in_thread(rows: Iterable[UnreadRow]) -> AsyncIterator[UnreadRow]:
    """Yield rows of a pipe, which may let one wait as long as it likes; so a thread waits, and not the event loop."""
    with stoppable_stdin():
        reading = iter(rows)
        while (row := await anyio.to_thread.run_sync(next, reading, None, abandon_on_cancel=True)) is not None:
            yield row
