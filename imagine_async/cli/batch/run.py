"""`imagine batch MANIFEST`: makes the pictures of a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from imagine_async.cli.batch.manifests import STDIN, ManifestFormat, open_rows
from imagine_async.cli.batch.parts import (
    USUAL_DOING,
    USUAL_SHOWING,
    DoingOptions,
    ShowingOptions,
)
from imagine_async.cli.batch.plans import Plan, journal_beside
from imagine_async.cli.batch.preview import preview
from imagine_async.cli.batch.work import run_plan
from imagine_async.cli.output import CommandError

__all__ = ["run_batch"]


def run_batch(
    manifest: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    out: str | None = None,
    journal: Path | None = None,
    format: ManifestFormat | None = None,  # noqa: A002 - the option's name
    order: Literal["finished", "input"] = "finished",
    tag: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    name: str | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    doing: DoingOptions = USUAL_DOING,
    showing: ShowingOptions = USUAL_SHOWING,
) -> int:
    """Make the pictures and videos of a manifest.

    What becomes of each row stands in a journal: run again, the command passes over what is done. Ctrl-C lets the
    running rows end, and a second one stops at once. Exit codes: 0 all rows are done; 1 some failed or may have been
    charged, or an error ended the batch; 2 the command was given wrongly; 130 interrupted.

    Args:
        manifest: A file with the rows, or - for the standard input.
        out: The folder for the files, or a store as s3://bucket/prefix; by default a folder named after the manifest.
        journal: The journal's file; by default batch.sqlite in the folder.
        format: What the manifest is, where its suffix does not tell.
        order: Whether rows are told of as they end, or in the order of the manifest.
        tag: A label for all rows; may be given several times.
        name: A template for the files' names, as {style}/{position:05d}-{prompt}.
        dry_run: Send nothing; tell how many rows there are, what they cost, how long they take, and which are bad.
        doing: How rows are run.
        showing: What is shown.
    """
    if manifest.startswith("-") and manifest != STDIN:
        raise CommandError(f"there is no option {manifest}: imagine batch --help lists them", code=2)
    place = out if out is not None or dry_run else _folder_for(manifest)
    rows = open_rows(manifest, format)
    if place is None or dry_run:
        return preview(rows, doing, as_json=showing.as_json)
    return run_plan(
        Plan(
            source=rows.source,
            rows=rows.for_batch(),
            total=rows.total,
            out=place,
            journal=journal_beside(place, rows.name) if journal is None else journal,
            order=order,
            tags=tag,
            name=name,
        ),
        doing,
        showing,
    )


def _folder_for(manifest: str) -> str:
    if manifest == STDIN:
        raise CommandError("where shall the files go? With rows from the standard input, add --out FOLDER", code=2)
    return f"{Path(manifest).stem}-pictures"
