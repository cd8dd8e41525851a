"""The client that makes a batch's calls: derived from the caller's, with the batch's own steps, pace and budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from imagine_async.call import Observer
from imagine_async.middleware import Middleware
from imagine_async.spool import MakeSpool
from imagine_async.stores import Budget

if TYPE_CHECKING:
    from imagine_async.client import AsyncImagine

__all__ = ["derived_client", "tokens_left"]


def derived_client(
    client: AsyncImagine,
    name: str,
    *,
    outer: Sequence[Middleware],
    inner: Sequence[Middleware],
    observer: Observer,
    budget: float | None,
    make_spool: MakeSpool | None,
) -> AsyncImagine:
    """Make a client for the rows of a batch, which shares what the caller's has.

    Args:
        client: The caller's.
        name: What the batch is booked under, unless the caller's client names a batch itself.
        outer: Steps outside of the caller's own.
        inner: Steps inside of them, next to the transport.
        observer: Is told of events, besides the caller's own observers.
        budget: Tokens that the batch may cost; `None` for no cap.
        make_spool: Makes what a result too large for memory is kept on; `None` keeps every result in memory.
    """
    mine = client._options
    batch = mine.batch or name
    derived = client.with_options(
        batch=batch, middleware=[*outer, *mine.middleware, *inner], observers=[*mine.observers, observer]
    )
    if budget is not None:
        shared = client._shared
        ledger = shared.ledger.with_budget(Budget(budget, scope="batch", name=batch))
        derived._shared = evolve(shared, ledger=ledger, credits=shared.credits.with_ledger(ledger))
    derived._take(evolve(derived._options, make_spool=make_spool))
    return derived


async def tokens_left(client: AsyncImagine) -> float | None:
    """Return what is left of a client's tightest budget; `None` where there is none.

    Args:
        client: The client.
    """
    return min((state.left for state in await client._ledger.budgets()), default=None)
