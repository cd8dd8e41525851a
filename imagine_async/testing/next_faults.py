"""Faults for the next calls of a test, asked for as the test goes along."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imagine_async.clock import Clock
    from imagine_async.sandbox.faults import Faults
    from imagine_async.sandbox.faults.base import Fault
    from imagine_async.sandbox.faults.loading import GivenFaults

__all__ = ["NextFaults"]

_SOUND = "ok"
_REFUSED = 429
_PAGES = (502, 503, 504)
# Not the downloads of results, which a test does not think of as calls.
_CALLS = ("/v1/*", "/v2/*")


class NextFaults:
    """Breaks the next calls to a sandbox, in the order in which it is told to.

    Example:
        imagine_faults.next("ok", 429, "drop:in_body")  # the next call but one is refused, the one after that breaks
        imagine_faults.next(503)
        imagine_faults.drop("after_upload", resets=True)
    """

    def __init__(self) -> None:
        self._queue: deque[Fault | None] = deque()

    @property
    def pending(self) -> int:
        """How many of the next calls are still to be struck, or spared."""
        return len(self._queue)

    def next(self, *faults: str | int, **fields: Any) -> None:
        """Break the next calls.

        Args:
            *faults: One for each call: a kind, a kind with a value such as `drop:in_body`, `ok` for a call that is
                spared, or one of the statuses 429, 502, 503 and 504.
            **fields: The fault's own fields, as in a file of faults; only beside a single fault. `retry_after`
                may be the seconds that a 429 asks to wait.

        Raises:
            ValueError: There is no such fault, or a field is not right.
        """
        if fields and len(faults) != 1:
            raise ValueError(f"{', '.join(fields)}: fields belong to one fault; pass them with that one alone")
        if isinstance(fields.get("retry_after"), (int, float)):
            fields |= {"retry_after": "seconds", "wait": fields["retry_after"]}
        self._queue += [_fault(fault, fields) for fault in faults]

    def drop(self, point: str = "in_body", *, resets: bool = False) -> None:
        """Break the connection of the next call.

        Args:
            point: `before_headers`, `during_upload`, `after_upload`, `after_headers` or `in_body`.
            resets: Whether it is reset; otherwise it ends in order.

        Raises:
            ValueError: There is no such point.
        """
        self.next("drop", point=point, resets=resets)

    def before(self, given: GivenFaults | None, *, clock: Clock) -> Faults:
        """Put these faults before those that a sandbox has anyway.

        Args:
            given: Its own faults, as `create_app` takes them.
            clock: What delays go by.

        Returns:
            Both.
        """
        from imagine_async.sandbox.faults import Faults
        from imagine_async.sandbox.faults.queued import QueuedRule
        from imagine_async.sandbox.faults.targets import Target

        own = Faults(()) if given is None else Faults.of(given)
        rule = QueuedRule(Target.of((), _CALLS), queue=self._queue)
        return Faults((rule, *own.rules), own.seed, clock.sleep)


def _fault(fault: str | int, fields: dict[str, Any]) -> Fault | None:
    from imagine_async.sandbox.faults.kinds import fault_from_table, fault_from_word

    if fault == _SOUND:
        return None
    if fault in _PAGES:
        return fault_from_table("html", {"status": fault, **fields})
    if fault == _REFUSED:
        return fault_from_table("storm", fields)
    if isinstance(fault, int):
        raise ValueError(f"{fault}: of the statuses there are {_REFUSED}, {', '.join(map(str, _PAGES))}")
    return fault_from_table(fault, fields) if fields else fault_from_word(fault)
