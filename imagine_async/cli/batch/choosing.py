"""Which watcher fits: what was asked for, and whether a terminal can show a live display."""

from __future__ import annotations

import os
import sys

from imagine_async.cli.batch.events import JsonEvents
from imagine_async.cli.batch.lines import Lines
from imagine_async.cli.batch.live import LiveDisplay
from imagine_async.cli.batch.parts import Showing
from imagine_async.cli.batch.quiet import Quiet
from imagine_async.cli.batch.watching import Watcher
from imagine_async.cli.output import CommandError

__all__ = ["choose_watcher"]

_LIVE_SECONDS = 0.25
_SECONDS = 1.0


def choose_watcher(showing: Showing) -> tuple[Watcher, float]:
    """Choose who is told of a batch.

    Args:
        showing: What was asked for.

    Returns:
        The watcher, and after how many seconds it is told of the figures each time.

    Raises:
        CommandError: What was asked for contradicts itself.
    """
    if showing.as_json and showing.quiet:
        raise CommandError("take --json or --quiet, but not both", code=2)
    if showing.as_json:
        return JsonEvents(), _SECONDS
    if showing.quiet:
        return Quiet(), _SECONDS
    if sys.stdout.isatty() and os.environ.get("TERM") not in (None, "dumb", "unknown"):
        return LiveDisplay(), _LIVE_SECONDS
    return Lines(), _SECONDS
