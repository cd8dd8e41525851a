"""Values of which every event loop has its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from anyio.lowlevel import RunVar

__all__ = ["LoopLocal"]

T = TypeVar("T")


class LoopLocal(Generic[T]):
    """A value of each event loop, which is made when it is first asked for, and goes with its loop.

    Args:
        name: What it is called where a loop's values are listed.
        make: Makes one.
    """

    def __init__(self, name: str, make: Callable[[], T]) -> None:
        self._values: RunVar[T] = RunVar(f"imagine_async_{name}")
        self._make = make

    def get(self) -> T:
        """Return the running loop's value."""
        try:
            return self._values.get()
        except LookupError:
            value = self._make()
            self._values.set(value)
            return value
