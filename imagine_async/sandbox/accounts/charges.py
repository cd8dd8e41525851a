"""Tokens on their way: set aside for a call, or coming back later."""

from __future__ import annotations

from collections.abc import Callable

from attrs import field, frozen

__all__ = ["Charge", "Refunds"]


@frozen(eq=False)
class Charge:
    """Tokens set aside for one call, until its account settles or releases it.

    Args:
        line: The line of the books, `endpoint` or `endpoint/style`.
        tokens: How many.
        call: The call's id in the log of calls; empty where it has none.
    """

    line: str
    tokens: int
    call: str = ""


@frozen
class Refunds:
    """Settled charges that come back at some time. The caller holds a lock."""

    _waiting: list[tuple[Callable[[], bool], Charge]] = field(
        factory=list[tuple[Callable[[], bool], Charge]], init=False
    )

    def promise(self, charge: Charge, due: Callable[[], bool]) -> None:
        """Note a refund.

        Args:
            charge: What comes back.
            due: Tells whether the time has come.
        """
        self._waiting.append((due, charge))

    def fall_due(self) -> list[Charge]:
        """Return the charges whose time has come, and forget them."""
        falling = [refund for refund in self._waiting if refund[0]()]
        self._waiting[:] = [refund for refund in self._waiting if refund not in falling]
        return [charge for _, charge in falling]
