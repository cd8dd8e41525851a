"""Tokens on their way: set aside for a call, or coming back later."""

from __future__ import annotations

from attrs import field, frozen

__all__ = ["Charge", "Refunds"]


@frozen(eq=False)
class Charge:
    """Tokens set aside for one call, until its account settles or releases it.

    Args:
        line: The line of the books, `endpoint` or `endpoint/style`.
        tokens: How many.
    """

    line: str
    tokens: int


@frozen
class Refunds:
    """Settled charges that come back at some time. The caller holds a lock."""

    _waiting: list[tuple[float, Charge]] = field(factory=list[tuple[float, Charge]], init=False)

    def promise(self, charge: Charge, when: float) -> None:
        """Note a refund.

        Args:
            charge: What comes back.
            when: Seconds on the account's clock.
        """
        self._waiting.append((when, charge))

    def fall_due(self, now: float) -> list[Charge]:
        """Return the charges whose time has come, and forget them.

        Args:
            now: Seconds on the account's clock.
        """
        due = [charge for when, charge in self._waiting if when <= now]
        self._waiting[:] = [refund for refund in self._waiting if refund[0] > now]
        return due
