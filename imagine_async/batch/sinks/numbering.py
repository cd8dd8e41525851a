"""Names with a number behind them, for files whose name is taken."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["Numbers"]

_MOST_REMEMBERED = 10_000


class Numbers:
    """The numbers that are free, without a look at every one that is taken; safe to use from several threads."""

    def __init__(self) -> None:
        self._next: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def numbered(self, stem: str, suffix: str, is_taken: Callable[[str], bool]) -> str:
        """Choose a name with a number, and not twice the same; another process may take it before it is used.

        Args:
            stem: The name without suffix.
            suffix: For example `.jpg`.
            is_taken: Tells whether there is such a file.

        Returns:
            The stem and the suffix, with `-2` and so on between them.
        """
        key = (stem, suffix)
        free = _first_free(self._next.get(key, 2), lambda number: is_taken(f"{stem}-{number}{suffix}"))
        with self._lock:
            # Whoever chose the same number at the same time gets the next one.
            number = max(free, self._next.get(key, 2))
            if len(self._next) >= _MOST_REMEMBERED:
                self._next.clear()
            self._next[key] = number + 1
        return f"{stem}-{number}{suffix}"


def _first_free(first: int, is_taken: Callable[[int], bool]) -> int:
    """Double the step until a number is free, then halve it: a million that are taken cost 40 looks."""
    step = 1
    while is_taken(first + step - 1):
        step *= 2
    taken, free = first - 1 + step // 2, first - 1 + step
    while free - taken > 1:
        middle = (taken + free) // 2
        taken, free = (middle, free) if is_taken(middle) else (taken, middle)
    return free
