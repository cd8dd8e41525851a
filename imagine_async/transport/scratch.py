"""One buffer for what all connections of an event loop receive."""

from __future__ import annotations

from imagine_async.loop_local import LoopLocal

__all__ = ["SCRATCHES", "Scratch"]

_READ_BYTES = 8 * 1024 * 1024
"""So many are taken from all sockets of a loop at once, when all have them: each gets a share, within these bounds."""

_LEAST_READ, _MOST_READ = 32 * 1024, 256 * 1024


class Scratch:
    """Where what is received lies until it is taken over, in the same turn of the loop: all connections share it."""

    def __init__(self) -> None:
        self.users = 0
        self._buffer = memoryview(bytearray(_MOST_READ))

    def share(self) -> memoryview:
        """Return as much of it as one connection may fill: of many that stop half-way each holds so much."""
        return self._buffer[: max(_LEAST_READ, _READ_BYTES // max(1, self.users))]

    def taken(self, size: int) -> bytes:
        """Return what was put into it."""
        return bytes(self._buffer[:size])


SCRATCHES = LoopLocal("scratch", Scratch)
"""The scratch of each event loop."""
