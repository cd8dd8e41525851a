"""The latest calls, and the pictures that they got."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict

from attrs import field, frozen

from imagine_async.sandbox.calls.call import LoggedCall
from imagine_async.sandbox.results.store import Result, ResultStore

__all__ = ["CallLog"]

_PICTURE_BYTES = 32 * 2**20


@frozen
class CallLog:
    """As many calls as are remembered; the oldest make room. Safe to use from several threads.

    Args:
        max_calls: How many.
    """

    max_calls: int
    _calls: OrderedDict[str, LoggedCall] = field(factory=OrderedDict[str, LoggedCall], init=False)
    _pictures: ResultStore = field(factory=lambda: ResultStore(_PICTURE_BYTES), init=False)
    _sequence: itertools.count[int] = field(factory=lambda: itertools.count(1), init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def note(self, call: LoggedCall) -> None:
        """Take a call in, or take note that it has changed.

        Args:
            call: The call.
        """
        with self._lock:
            call.sequence = next(self._sequence)
            self._calls[call.id] = call
            self._calls.move_to_end(call.id)
            while len(self._calls) > self.max_calls:
                self._calls.popitem(last=False)

    def keep_picture(self, call: LoggedCall, picture: Result) -> None:
        """Keep the picture of a call, as long as there is room.

        Args:
            call: The call.
            picture: Its picture.
        """
        call.media_type = picture.media_type
        self._pictures.put(call.id, picture)

    def picture(self, call_id: str) -> Result | None:
        """Return the picture of a call; `None` where there is none or none any more.

        Args:
            call_id: The call's id.
        """
        return self._pictures.get(call_id)

    def since(self, sequence: int, limit: int) -> list[LoggedCall]:
        """Return the calls that have changed, the last change last; of too many the latest.

        Args:
            sequence: The highest sequence that is already known; 0 for none.
            limit: How many at most.
        """
        with self._lock:
            changed = [call for call in self._calls.values() if call.sequence > sequence]
        return changed[max(0, len(changed) - limit) :]
