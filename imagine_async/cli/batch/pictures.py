"""`imagine batch gallery` and `imagine batch sheet`: the pictures of a batch to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from imagine_async.batch.journal import read_records
from imagine_async.cli.batch.journals import find_journal
from imagine_async.cli.batch.words import counted
from imagine_async.cli.batch.wrongly import as_given_wrongly
from imagine_async.cli.output import CommandError, say, shown

__all__ = ["gallery", "sheet"]


def gallery(journal: Path, /, *, out: Path | None = None, title: str | None = None, thumbnails: bool = True) -> int:
    """Write index.html, a page with all pictures of a batch, that opens from the disk.

    Args:
        journal: The journal, or the folder that holds it.
        out: The folder of the batch's files, if the journal is not in it.
        title: The page's heading; by default the folder's name.
        thumbnails: Whether small pictures are made for the page, which needs the extra images.
    """
    from imagine_async.batch.gallery import write_gallery

    path = find_journal(journal)
    folder = path.parent if out is None else out
    try:
        page = write_gallery(read_records(path), folder, title=title or folder.resolve().name, thumbnails=thumbnails)
    except OSError as error:
        raise CommandError(f"no gallery was written: {error}") from error
    say(f"Open {page.resolve().as_uri()}")
    return 0


def sheet(
    journal: Path,
    target: Path,
    /,
    *,
    out: Path | None = None,
    columns: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    side: int = 256,
    captions: bool = True,
) -> int:
    """Paint all pictures of a batch side by side on one picture, or on several where one cannot hold them.

    Args:
        journal: The journal, or the folder that holds it.
        target: The picture to write: .jpg, .png or .webp.
        out: The folder of the batch's files, if the journal is not in it.
        columns: Pictures side by side; by default about as many as there are rows of them.
        side: Pixels of the square that each picture is fitted into.
        captions: Whether the prompt stands below each picture.
    """
    from imagine_async.batch.gallery import write_contact_sheet

    path = find_journal(journal)
    folder = path.parent if out is None else out
    try:
        with as_given_wrongly():
            sheets = write_contact_sheet(
                read_records(path), folder, target, columns=columns, side=side, captions=captions
            )
    except OSError as error:
        raise CommandError(f"no sheet was written: {error}") from error
    if not sheets:
        raise CommandError("no row is done yet, so there is nothing to paint")
    say(f"{counted(len(sheets), 'sheet')}: {', '.join(map(shown, sheets))}")
    return 0
