"""What calls would cost. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from attrs import frozen

from imagine_async.errors import InvalidRequestError
from imagine_async.prices import PriceList
from imagine_async.requests import Request
from imagine_async.stores import RateLimit

if TYPE_CHECKING:
    from imagine_async.usage import Estimate

__all__ = ["Estimator"]


@frozen(eq=False, repr=False, slots=False)
class Estimator:
    """Sums up what calls would cost.

    Args:
        prices: What calls cost.
        limit: The rate limit; `None` for none.
    """

    prices: PriceList
    limit: RateLimit | None = None

    def of(self, requests: Request[Any] | Iterable[Request[Any]]) -> Estimate:
        """Sum up what calls would cost.

        Args:
            requests: One request or several.

        Returns:
            The sums.

        Raises:
            InvalidRequestError: One of them is no request.
        """
        # Loaded on use: many programs never ask.
        from imagine_async.usage import Estimate

        calls, tokens, unpriced = 0, 0.0, Counter[str]()
        for request in [requests] if isinstance(requests, Request) else requests:
            if not isinstance(request, Request):
                raise InvalidRequestError("requests", request, "pass requests, for example TextToImage(prompt=...)")
            price = self.prices.of(request)
            calls += 1
            tokens += price or 0.0
            if price is None:
                unpriced[request.price_keys[0]] += 1
        return Estimate(calls=calls, tokens=tokens, unpriced=dict(unpriced), seconds=_least_seconds(calls, self.limit))


def _least_seconds(calls: int, limit: RateLimit | None) -> float:
    """Find how long the limit needs at least: whole windows, then what is left of the burst."""
    if limit is None or calls <= limit.burst_calls:
        return 0.0
    return max((calls - limit.burst_calls) * limit.interval, (calls - 1) // limit.calls * limit.window)
