"""A client whose large results go to disk, as those of a batch do."""

from __future__ import annotations

from attrs import evolve

from imagine_async import AsyncImagine
from imagine_async.spool import MakeSpool

__all__ = ["spooling"]


def spooling(client: AsyncImagine, make_spool: MakeSpool | None) -> AsyncImagine:
    """Derive a client that keeps large results on what is made here."""
    derived = client.with_options()
    derived._take(evolve(derived._options, make_spool=make_spool))
    return derived
