"""Locks on open files, by which processes tell each other that they are still at work on them."""

from __future__ import annotations

import sys

__all__ = ["locked"]

if sys.platform == "win32":

    def locked(descriptor: int) -> bool:
        """Tell that there are no such locks here."""
        return False

else:
    import fcntl

    def locked(descriptor: int) -> bool:
        """Lock a file for as long as it is open.

        Args:
            descriptor: The open file.

        Returns:
            False if another process, or another opening of the file, has locked it.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
