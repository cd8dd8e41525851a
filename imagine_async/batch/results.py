"""What a batch hands over as its rows end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from imagine_async.batch.records import RowRecord, RowState

if TYPE_CHECKING:
    from imagine_async.results import Image
    from imagine_async.video import Video

__all__ = ["RowResult"]


@frozen(kw_only=True)
class RowResult:
    """How a row of a batch ended.

    Args:
        record: What is known of the row, as the journal keeps it.
        image: The picture; `None` where there is none, or it is a video.
        video: The video; `None` where there is none.
        error: What went wrong; `None` for a row that is done.
    """

    record: RowRecord
    image: Image | None = None
    video: Video | None = None
    error: Exception | None = None

    @property
    def is_done(self) -> bool:
        """Whether the row is done."""
        return self.record.state is RowState.DONE
