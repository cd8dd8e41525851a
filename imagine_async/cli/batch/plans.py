"""What a run is about: where its rows come from, where its files go, and where its journal is."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

from imagine_async.batch.journal import read_records
from imagine_async.batch.rows import RowInput
from imagine_async.cli.batch.journals import JOURNAL_NAME
from imagine_async.cli.batch.parts import Doing
from imagine_async.cli.output import CommandError, shown

if TYPE_CHECKING:
    from imagine_async.batch.sinks.base import Sink

__all__ = ["SANDBOX_TAG", "Plan", "checked_folder", "is_url", "journal_beside", "refuse_to_mix", "sink_of"]

SANDBOX_TAG = "sandbox"
"""What the rows are labelled with that the sandbox has painted."""


@frozen(kw_only=True)
class Plan:
    """What a run is about.

    Args:
        source: Where its rows come from, for people.
        rows: Its rows; `None` for what the journal has left.
        total: How many rows there are, where that is known.
        out: A folder or a URL.
        journal: The journal's path.
        order: Whether results are told in the order of the input or as rows end.
        tags: Labels of all rows.
        name: The template of the files' names; `None` for the usual one.
    """

    source: str
    rows: Iterable[RowInput] | AsyncIterable[RowInput] | None = field(repr=False)
    total: int | None
    out: str
    journal: Path
    order: Literal["finished", "input"] = "finished"
    tags: tuple[str, ...] = ()
    name: str | None = None

    @property
    def folder(self) -> Path | None:
        """The folder of the files; `None` where they go elsewhere."""
        return None if is_url(self.out) else Path(self.out)


def is_url(out: str) -> bool:
    """Tell whether files go to a store rather than to a folder.

    Args:
        out: As on the command line.
    """
    return "://" in out


def journal_beside(out: str, name: str) -> Path:
    """Say where the journal is if nobody has said so: in the folder of the files, or else in the working directory.

    Args:
        out: Where the files go.
        name: What the batch is called.
    """
    return Path(f"{name}.{JOURNAL_NAME}") if is_url(out) else Path(out) / JOURNAL_NAME


def checked_folder(out: str) -> None:
    """See that files can be put into a folder, before anything is paid; it is made if need be.

    Args:
        out: As on the command line; a URL passes.

    Raises:
        CommandError: They cannot.
    """
    if is_url(out):
        return
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"cannot use the folder {shown(folder)}: {error.strerror}. Nothing was sent.") from error
    if not os.access(folder, os.W_OK):
        raise CommandError(f"{shown(folder)} cannot be written to. Nothing was sent.")


def sink_of(out: str, doing: Doing) -> Sink:
    """Open the place where files go.

    Args:
        out: A folder or a URL.
        doing: How files are put there.

    Raises:
        ConfigurationError: There is no such place.
        MissingExtraError: It needs an extra that is not installed.
    """
    from imagine_async.batch.sinks.opening import open_sink

    return open_sink(out, on_collision=doing.on_collision, metadata=doing.metadata, sync=doing.sync)


def refuse_to_mix(journal: Path, *, sandbox: bool) -> None:
    """Keep pictures of the sandbox and of the API apart: a row that the one has done would be done for the other.

    Args:
        journal: The journal.
        sandbox: Whether the sandbox is to paint now.

    Raises:
        CommandError: The journal is of the other kind.
    """
    if not journal.is_file():
        return
    for record in islice(read_records(journal), 1):
        if sandbox and SANDBOX_TAG not in record.tags:
            raise CommandError(
                f"{shown(journal)} is of pictures that the API makes: for a trial with --sandbox, take another --out"
            )
        if not sandbox and SANDBOX_TAG in record.tags:
            raise CommandError(
                f"{shown(journal)} is of pictures that the sandbox has painted: take another --out for those of the API"
            )
