# Generated from calls/accounting.py by `python -m imagine_async.codegen`; do not edit.
"""Part of the sync client: `Accounting` does what `AsyncAccounting` does, for code that does not await."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from imagine_async.bridge.calls import run
from imagine_async.bridge.loop_thread import PerProcess

if TYPE_CHECKING:
    from imagine_async.client import AsyncImagine
    from imagine_async.middleware.reconciling import Statement
    from imagine_async.requests import Request
    from imagine_async.stores import Hold
    from imagine_async.usage import BudgetState, Estimate, Reconciliation, Usage, UsageBy

__all__ = ["Accounting"]


class Accounting:
    """What calls would cost, what was spent, and what is left."""

    _client: PerProcess[AsyncImagine]

    def estimate(
        self,
        requests: Request[Any] | Iterable[Request[Any]],
    ) -> Estimate:
        """Tell what calls would cost, by the price list; nothing is sent.

        Args:
            requests: One request or several; an iterator is used up.

        Returns:
            Tokens, the calls whose price nobody knows, and the time that the rate limit needs.

        Raises:
            InvalidRequestError: One of them is no request.

        Example:
            estimate = client.estimate(TextToImage(prompt=text) for text in prompts)
            print(estimate.tokens, estimate.unpriced)
        """
        return self._client.get().estimate(requests)

    def usage(
        self,
        by: UsageBy | Sequence[UsageBy] = ("endpoint", "style"),
    ) -> Usage:
        """Return what was used: calls and tokens; those of unknown outcome held apart.

        Clients that were made by `with_options` share their books, and so do all that share a store and a key.

        Args:
            by: What to split it by: one or more of `day` (in UTC), `endpoint`, `style`, `tag` and `batch`.

        Returns:
            The sums, one row for each combination.

        Raises:
            ConfigurationError: `by` names what is not booked.
            StoreError: The store cannot be used.
        """
        return run(lambda: self._client.get().usage(by))

    def budgets(self) -> tuple[BudgetState, ...]:
        """Return the budgets that hold for this client, and what is left of each.

        Returns:
            Its own, then those that are set in the store.

        Raises:
            StoreError: The store cannot be used.
        """
        return run(lambda: self._client.get().budgets())

    def holds(self) -> tuple[Hold, ...]:
        """Return the calls that may have been charged: their outcome is unknown, and they count against budgets.

        Returns:
            The calls, the oldest first.

        Raises:
            StoreError: The store cannot be used.
        """
        return run(lambda: self._client.get().holds())

    def settle_holds(
        self,
        ids: Sequence[str] | None = None,
        *,
        older_than: float | None = None,
    ) -> int:
        """Book held calls as charged.

        Args:
            ids: The holds' ids; `None`: all.
            older_than: Seconds since they were begun, at least; `None`: any age.

        Returns:
            How many there were.

        Raises:
            StoreError: The store cannot be used.
        """
        return run(lambda: self._client.get().settle_holds(ids, older_than=older_than))

    def release_holds(
        self,
        ids: Sequence[str] | None = None,
        *,
        older_than: float | None = None,
    ) -> int:
        """Book held calls as not charged: their tokens may be spent again.

        Args:
            ids: The holds' ids; `None`: all.
            older_than: Seconds since they were begun, at least; `None`: any age.

        Returns:
            How many there were.

        Raises:
            StoreError: The store cannot be used.
        """
        return run(lambda: self._client.get().release_holds(ids, older_than=older_than))

    def reconcile(
        self,
        statement: Statement,
        *,
        anew: bool = False,
    ) -> Reconciliation:
        """Compare the books with the server's, and settle or release what was held.

        The vendor tells balance and history on its web page alone, so you bring what it says.

        Args:
            statement: Tokens left on the account: the first such number is noted, each later one is compared with what
                was spent since. Or what was charged since the books began, by price key, as tokens or as calls and
                tokens: `{"text_to_image/anime": (3, 15)}`.
            anew: Whether to note the number of tokens left as if it were the first, and compare nothing: after you
                added tokens to the account, or where you know why the books differ.

        Returns:
            How many holds were settled and released, and what the books cannot explain.

        Raises:
            ConfigurationError: Calls are under way, or the statement is none; or it is the first balance and calls are
                held, of which it cannot tell what became.
            StoreError: The store cannot be used.
        """
        return run(lambda: self._client.get().reconcile(statement, anew=anew))
