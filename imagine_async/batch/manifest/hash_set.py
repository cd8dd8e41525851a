"""A set of texts in eight bytes each, for manifests with millions of rows."""

from __future__ import annotations

from array import array
from hashlib import blake2b

__all__ = ["HashSet"]


class HashSet:
    """Remembers the hashes of texts; two texts are taken for the same with a probability of one in 2^64."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * 1024))
        self._used = 0

    def add(self, text: str) -> bool:
        """Add a text.

        Args:
            text: The text.

        Returns:
            Whether it was not there before.
        """
        hashed = _hashed(text)
        place = self._place(hashed)
        if self._slots[place]:
            return False
        self._slots[place] = hashed
        self._used += 1
        if 2 * self._used > len(self._slots):
            self._grow()
        return True

    def __contains__(self, text: str) -> bool:
        """Tell whether a text was added."""
        return self._slots[self._place(_hashed(text))] != 0

    def __len__(self) -> int:
        """Tell how many different texts were added."""
        return self._used

    def _place(self, hashed: int) -> int:
        """Find where a hash stands, or the empty slot where it would."""
        slots, last = self._slots, len(self._slots) - 1
        place = hashed & last
        while slots[place] and slots[place] != hashed:
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        old, self._slots = self._slots, array("Q", bytes(16 * len(self._slots)))
        for hashed in old:
            if hashed:
                self._slots[self._place(hashed)] = hashed


def _hashed(text: str) -> int:
    # 0 marks an empty slot.
    return int.from_bytes(blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), "little") or 1
