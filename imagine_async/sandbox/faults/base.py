"""What a fault may do to a call: four places at which it may reach in, and by default does not."""

from __future__ import annotations

from random import Random
from typing import ClassVar

from attrs import frozen

from imagine_async.sandbox.faults.reply import Reply

__all__ = ["Fault", "Moment"]


@frozen
class Moment:
    """What a fault may need to know of a call that it strikes.

    Args:
        chance: Draws of its own, settled by the seed, the rule and the number of the request.
        wall: Seconds since the epoch.
        path: The request's path.
    """

    chance: Random
    wall: float
    path: str


@frozen
class Fault:
    """One kind of fault, with its parameters."""

    kind: ClassVar[str]
    """Its name in a file."""
    main: ClassVar[str | None] = None
    """The parameter that the short form `kind:value` sets; `None` where it takes none."""

    @property
    def ends(self) -> bool:
        """Whether the call ends with it, so that no rule below strikes."""
        return False

    @property
    def upload_share(self) -> float:
        """Which part of the request's body the application gets, from 0 to 1."""
        return 1.0

    @property
    def shift(self) -> float:
        """How many seconds the server's clock is ahead."""
        return 0.0

    def answer(self, moment: Moment) -> Reply | None:
        """Answer in place of the application, which then charges nothing; `None` lets it answer.

        Args:
            moment: The call.
        """
        return None

    def change(self, reply: Reply, moment: Moment) -> Reply:
        """Change a reply, or what shall become of it.

        Args:
            reply: The application's, or what the faults before have made of it.
            moment: The call.

        Returns:
            The reply.
        """
        return reply

    def strikes_also(self, later: int, seconds: float) -> bool:
        """Tell whether it goes on once it has struck.

        Args:
            later: How many requests have come since, at least 1.
            seconds: How long ago it struck.
        """
        return False
