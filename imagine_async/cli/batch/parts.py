"""The options that several of the commands share."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from attrs import frozen
from cyclopts import Parameter

__all__ = ["USUAL_DOING", "USUAL_SHOWING", "AsJson", "Doing", "DoingOptions", "Showing", "ShowingOptions"]

AsJson: TypeAlias = Annotated[bool, Parameter(name="--json", negative="")]
_Collision = Literal["number", "refuse", "replace"]
_Metadata = Literal["sidecar", "embedded", "none"]


@frozen(kw_only=True)
class Doing:
    """How rows are run.

    Args:
        concurrency: Rows in work at once, from 1 to 10,000.
        rate: Calls that may leave in any window, as 50/60s, 5/s or 100/min, or none; by default as in the settings.
        budget: Tokens that the batch may cost at most, over all its runs.
        on_error: Whether the first row that fails stops the batch, or the others go on.
        on_collision: Where a file of that name exists: put a number behind the new one's name, refuse the row, or
            replace the file.
        metadata: Where the facts of a picture go: a JSON file beside it, the picture itself, or nowhere.
        sync: Whether each file is on the disk before its row counts as done, so that both outlive a power cut.
        resend_unknown: Send rows again that may have been charged; both calls may cost tokens then.
        sandbox: Paint on this machine, without a key, a network and a bill.
    """

    concurrency: int = 32
    rate: str | None = None
    budget: float | None = None
    on_error: Literal["continue", "stop"] = "continue"
    on_collision: _Collision = "number"
    metadata: _Metadata = "sidecar"
    sync: bool = True
    resend_unknown: Annotated[bool, Parameter(negative="")] = False
    sandbox: Annotated[bool, Parameter(negative="")] = False


@frozen(kw_only=True)
class Showing:
    """What is shown of a run.

    Args:
        gallery: Whether index.html, a page with all pictures, is written into a local folder of up to 20,000.
        as_json: Print events, one JSON object a line, instead of progress for people.
        quiet: Print nothing but what goes wrong.
    """

    gallery: bool = True
    as_json: AsJson = False
    quiet: Annotated[bool, Parameter(negative="")] = False


USUAL_DOING = Doing()
USUAL_SHOWING = Showing()

DoingOptions: TypeAlias = Annotated[Doing, Parameter(name="*")]
ShowingOptions: TypeAlias = Annotated[Showing, Parameter(name="*")]
