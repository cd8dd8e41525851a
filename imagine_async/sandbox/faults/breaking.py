"""Faults of the connection: it breaks, at a point, or the reply is cut or comes slowly."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import evolve, field, frozen

from imagine_async.drop_points import DropPoint
from imagine_async.sandbox.faults.base import Fault, Moment
from imagine_async.sandbox.faults.checks import flag, number_from, one_of, whole_from
from imagine_async.sandbox.faults.reply import Cut, Pace, Reply

__all__ = ["Drop", "Trickle", "Truncate"]

_POINTS = tuple(point.value for point in DropPoint if point is not DropPoint.IDLE)
"""Between requests no rule is asked."""
_HALF = 0.5


@frozen
class Drop(Fault):
    """The connection breaks.

    Args:
        point: Where.
        resets: Whether it is reset; otherwise it ends in order.
    """

    kind: ClassVar[str] = "drop"
    main: ClassVar[str | None] = "point"

    point: str = field(validator=one_of(_POINTS))
    resets: bool = field(default=False, validator=flag)

    @property
    def ends(self) -> bool:
        """True: nothing comes after it."""
        return True

    @property
    def upload_share(self) -> float:
        """A half, where it breaks during the upload."""
        return _HALF if self.point == DropPoint.DURING_UPLOAD else 1.0

    def answer(self, moment: Moment) -> Reply | None:
        """Answer nothing in place of the application, where it shall not even be asked."""
        return Reply.dropped(resets=self.resets) if self.point == DropPoint.BEFORE_HEADERS else None

    def change(self, reply: Reply, moment: Moment) -> Reply:
        """Cut the reply."""
        head = self.point in (DropPoint.AFTER_HEADERS, DropPoint.IN_BODY)
        share = _HALF if self.point == DropPoint.IN_BODY else 0.0
        return evolve(reply, cut=Cut(head, int(len(reply.body) * share), self.resets))


def _less_than_all(_fault: Any, attribute: Any, value: float) -> None:
    if value == 1:
        raise ValueError(f"{attribute.name}: a number below 1, not {value!r}; all of it would be no fault")


@frozen
class Truncate(Fault):
    """The reply's body ends early and in order, with the length announced that it should have had.

    Args:
        fraction: Which part of it gets through, from 0 to less than 1.
    """

    kind: ClassVar[str] = "truncate"
    main: ClassVar[str | None] = "fraction"

    fraction: float = field(default=_HALF, validator=[number_from(0, 1), _less_than_all])

    @property
    def ends(self) -> bool:
        """True: the connection ends with the reply."""
        return True

    def change(self, reply: Reply, moment: Moment) -> Reply:
        """Cut the body."""
        return evolve(reply, cut=Cut(head=True, body=int(len(reply.body) * self.fraction), resets=False))


@frozen
class Trickle(Fault):
    """The reply's body comes in small pieces.

    Args:
        bytes_per_second: How many bytes come in a second, over 0.
        piece: Bytes that come at once, at least 1.
    """

    kind: ClassVar[str] = "trickle"
    main: ClassVar[str | None] = "bytes_per_second"

    bytes_per_second: float = field(default=10_000.0, validator=number_from(0, above=True))
    piece: int = field(default=1024, validator=whole_from(1))

    def change(self, reply: Reply, moment: Moment) -> Reply:
        """Slow the body down."""
        return evolve(reply, pace=Pace(self.piece, self.bytes_per_second))
