"""Finished bytes, as many as fit into the memory that is set aside for them."""

from __future__ import annotations

import threading

from attrs import frozen

__all__ = ["Result", "ResultStore"]


@frozen
class Result:
    """A finished picture or video.

    Args:
        content: Its bytes.
        media_type: Their content type.
    """

    content: bytes
    media_type: str


class ResultStore:
    """Results by name; the oldest make room, but the newest is always kept. Safe to use from several threads.

    Args:
        max_bytes: Bytes of all results together.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._results: dict[str, Result] = {}
        self._bytes = 0

    def put(self, name: str, result: Result) -> None:
        """Keep a result, in place of one with the same name.

        Args:
            name: The last part of its URL's path.
            result: The result.
        """
        with self._lock:
            self._remove(name)
            self._results[name] = result
            self._bytes += len(result.content)
            while self._bytes > self._max_bytes and len(self._results) > 1:
                self._remove(next(iter(self._results)))

    def get(self, name: str) -> Result | None:
        """Look a result up; `None` where it is not there or not there any more.

        Args:
            name: The last part of its URL's path.
        """
        with self._lock:
            return self._results.get(name)

    def _remove(self, name: str) -> None:
        if name in self._results:
            self._bytes -= len(self._results.pop(name).content)
