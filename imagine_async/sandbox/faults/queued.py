"""A rule whose faults are asked for one by one while the sandbox runs, as tests like to do."""

from __future__ import annotations

from collections import deque
from random import Random

from attrs import field, frozen

from imagine_async.sandbox.faults.base import Fault
from imagine_async.sandbox.faults.rules import Rule

__all__ = ["QueuedRule"]


@frozen
class QueuedRule(Rule):
    """Strikes the next requests with the faults of a queue, in their order.

    Args:
        queue: The faults; `None` stands for a request that is spared. Others may put some in at any time.
    """

    queue: deque[Fault | None] = field(factory=deque[Fault | None], eq=False, repr=False)

    def drawn(self, number: int, chance: Random) -> Fault | None:
        """Take the next fault, if there is one.

        Args:
            number: The request's.
            chance: What draws.
        """
        return self.queue.popleft() if self.queue else None
