"""How a batch is run."""

from __future__ import annotations

from attrs import frozen

from imagine_async.batch.names import NameTemplate
from imagine_async.batch.records import RowState

__all__ = ["BatchSettings"]


@frozen(kw_only=True)
class BatchSettings:
    """How a batch is run; checked by `client.batch`.

    Args:
        concurrency: Rows in work at once.
        in_order: Whether rows are handed over in the order of the input.
        stop_on_error: Whether the first row that fails stops the batch.
        tags: Labels of all rows.
        names: Names the files.
        resend_unknown: Whether rows are sent again that may have been charged.
        total: Rows in the input, where that is known.
    """

    concurrency: int
    in_order: bool = False
    stop_on_error: bool = False
    tags: tuple[str, ...] = ()
    names: NameTemplate
    resend_unknown: bool = False
    total: int | None = None

    @property
    def wanted_states(self) -> tuple[str, ...]:
        """The states of rows in the journal that are to be done."""
        states = (RowState.PENDING, RowState.FAILED, *((RowState.UNKNOWN,) if self.resend_unknown else ()))
        return tuple(state.value for state in states)
