"""The whole SDK as it is measured: a limit, a budget and an observer are set, and none of them ever holds a call up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from imagine_async import AsyncImagine, Event, TextToImage

__all__ = ["KEY", "foxes", "full_client", "full_options"]

KEY = "vk-benchmark"


def full_client(url: str, *, wide: int, **options: Any) -> AsyncImagine:
    """Make a client with everything in it.

    Args:
        url: The server's root.
        wide: Calls at once.
        **options: Further ones.
    """
    return AsyncImagine(KEY, **full_options(url, wide=wide), **options)


def full_options(url: str, *, wide: int) -> dict[str, Any]:
    """Return what makes a client full, async or sync.

    Args:
        url: The server's root.
        wide: Calls at once.
    """
    return {
        "base_url": url,
        "rate_limit": "1000000/s",
        "budget": 1e12,
        # Nobody published what these cost, and a budget lets no call pass whose price is not known.
        "prices": {"upscale": 1},
        "concurrency": None,
        "max_connections": wide,
        "observers": [_ignore],
    }


def foxes(number: int) -> Iterator[TextToImage]:
    """Yield so many requests, no two of them the same, each made when it is asked for.

    Args:
        number: How many.
    """
    return (TextToImage(prompt=f"a red fox, number {place}", seed=1 + place) for place in range(number))


def _ignore(event: Event) -> None:
    """See every event, and keep none."""
