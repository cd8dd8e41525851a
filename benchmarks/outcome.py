"""What a scenario is asked for, and what it gives."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen

from benchmarks.clients import CLIENTS, OURS, Client, clients_named
from benchmarks.report import Figure
from benchmarks.tables import Table

__all__ = ["Extent", "Outcome"]


@frozen
class Extent:
    """How much to measure.

    Args:
        every_client: Whether those are measured too with whom no target compares.
        full: Whether all cells are, those without a target too.
    """

    every_client: bool = True
    full: bool = False

    def clients(self, *compared: str) -> Sequence[Client]:
        """Return who is measured.

        Args:
            *compared: With whom targets compare.
        """
        if self.every_client or self.full:
            return [client for client in CLIENTS if not client.is_for_files]
        return clients_named([OURS, *compared])


@frozen
class Outcome:
    """What was measured.

    Args:
        figures: Those with targets.
        tables: Clients side by side.
    """

    figures: Sequence[Figure]
    tables: Sequence[Table] = field(factory=list[Table])
