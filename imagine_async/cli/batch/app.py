"""The group `imagine batch`: its commands and their examples."""

from __future__ import annotations

from cyclopts import App

from imagine_async.cli.batch.export import export
from imagine_async.cli.batch.pictures import gallery, sheet
from imagine_async.cli.batch.retry import retry
from imagine_async.cli.batch.run import run_batch
from imagine_async.cli.batch.status import status
from imagine_async.cli.batch.unknown import unknown

__all__ = ["batch"]

_EXAMPLES = """\
Examples:

    imagine batch foxes.jsonl --dry-run
        How many rows, how many tokens, how many minutes, and which rows are
        bad. Nothing is sent.

    imagine batch foxes.jsonl --out foxes --budget 500
        The pictures, a journal and a page, index.html, in the folder foxes.
        Run it again after a Ctrl-C, a crash or an error: what is done is
        passed over.

    imagine batch status foxes
    imagine batch retry foxes
        How far it is; once more for the rows that have failed.

    imagine batch foxes.jsonl --sandbox --out trial
        A trial on this machine, without a key and a bill.

    make-prompts | imagine batch - --format jsonl --out foxes --json

Exit codes: 0 all rows are done; 1 some failed or may have been charged, or an
error ended the batch; 2 the command was given wrongly; 130 interrupted.
"""
_EXAMPLES_OF_STATUS = """\
Examples:

    imagine batch status foxes
    imagine batch status foxes/batch.sqlite --json
"""
_EXAMPLES_OF_RETRY = """\
Examples:

    imagine batch retry foxes
    imagine batch retry foxes --resend-unknown --budget 50
"""
_EXAMPLES_OF_EXPORT = """\
Examples:

    imagine batch export foxes --csv foxes.csv
    imagine batch export foxes --jsonl - --state failed
"""
_EXAMPLES_OF_UNKNOWN = """\
Examples:

    imagine batch unknown foxes
"""
_EXAMPLES_OF_GALLERY = """\
Examples:

    imagine batch gallery foxes
"""
_EXAMPLES_OF_SHEET = """\
Examples:

    imagine batch sheet foxes sheet.jpg --columns 8
"""

batch = App(name="batch", help_epilogue=_EXAMPLES)
batch.default(run_batch)
batch.command(run_batch, name="run", help_epilogue=_EXAMPLES)
batch.command(status, name="status", help_epilogue=_EXAMPLES_OF_STATUS)
batch.command(retry, name="retry", help_epilogue=_EXAMPLES_OF_RETRY)
batch.command(export, name="export", help_epilogue=_EXAMPLES_OF_EXPORT)
batch.command(unknown, name="unknown", help_epilogue=_EXAMPLES_OF_UNKNOWN)
batch.command(gallery, name="gallery", help_epilogue=_EXAMPLES_OF_GALLERY)
batch.command(sheet, name="sheet", help_epilogue=_EXAMPLES_OF_SHEET)
