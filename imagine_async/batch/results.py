"""What a batch hands over as its rows end."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from attrs import field, frozen

from imagine_async.batch.records import RowRecord, RowState

if TYPE_CHECKING:
    from imagine_async.results import Image
    from imagine_async.video import Video

__all__ = ["RowResult"]


@frozen(kw_only=True)
class RowResult:
    """How a row of a batch ended.

    Args:
        state: How: `done`, `failed` or `unknown`.
        position: Its place in the input, from 0.
        read_record: Puts together what is known of it; use `record`.
        image: The picture; `None` where there is none, or it is a video.
        video: The video; `None` where there is none.
        error: What went wrong; `None` for a row that is done.
    """

    state: RowState
    position: int
    read_record: Callable[[], RowRecord] = field(repr=False, eq=False)
    image: Image | None = None
    video: Video | None = None
    error: Exception | None = None

    @cached_property
    def record(self) -> RowRecord:
        """What is known of the row, as the journal keeps it."""
        return self.read_record()

    @property
    def is_done(self) -> bool:
        """Whether the row is done."""
        return self.state is RowState.DONE
