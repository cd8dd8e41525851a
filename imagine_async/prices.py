"""What calls cost: the documented prices with their source, and yours over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from attrs import field, frozen

from imagine_async.catalog import PRICES, SOURCES
from imagine_async.errors import ConfigurationError
from imagine_async.requests import Request

__all__ = ["Price", "PriceList"]

_YOURS = "yours"


@frozen
class Price:
    """What one call costs.

    Args:
        tokens: Tokens a call, 0 or more.
        source: Where that is known from: a page of the vendor's, or `yours`.
    """

    tokens: float
    source: str = _YOURS


def _checked(prices: Mapping[str, Price]) -> Mapping[str, Price]:
    for key, price in prices.items():
        tokens = price.tokens
        fits = isinstance(tokens, (int, float)) and not isinstance(tokens, bool) and isfinite(tokens) and tokens >= 0
        if not fits:
            raise ConfigurationError(f"prices[{key!r}]={tokens!r}: pass a number of tokens, 0 or more")
    return dict(prices)


@frozen
class PriceList(Mapping[str, Price]):
    """Prices by `endpoint/style` or `endpoint`; the more exact key counts.

    Args:
        prices: Each with its source.

    Raises:
        ConfigurationError: A price is negative or no number.

    Example:
        prices = PriceList.documented().over({"upscale": 4, "text_to_image/sdxl-1.0": 5})
    """

    prices: Mapping[str, Price] = field(factory=dict, converter=_checked)

    @classmethod
    def documented(cls) -> PriceList:
        """Return what the vendor publishes: text to image, by style. Nothing else is priced on any page."""
        return cls({key: Price(tokens, SOURCES["billing"]) for key, tokens in PRICES.items()})

    def over(self, prices: Mapping[str, float] | Mapping[str, Price] | None, *, source: str = _YOURS) -> PriceList:
        """Return a list in which some prices are others.

        Args:
            prices: Tokens, or prices, by `endpoint/style` or `endpoint`.
            source: Where they are known from.

        Returns:
            The new list.

        Raises:
            ConfigurationError: A price is negative or no number.
        """
        given = prices or {}
        theirs = {key: each if isinstance(each, Price) else Price(each, source) for key, each in given.items()}
        return PriceList({**self.prices, **theirs})

    def of(self, request: Request[Any]) -> float | None:
        """Look up what a request costs.

        Args:
            request: The request.

        Returns:
            Tokens, 0 for calls that are free; `None` where no price is known.
        """
        if not request.endpoint.paid:
            return 0.0
        return next((self.prices[key].tokens for key in request.price_keys if key in self.prices), None)

    def __getitem__(self, key: str) -> Price:
        """Return the price under a key."""
        return self.prices[key]

    def __iter__(self) -> Iterator[str]:
        """Yield the keys."""
        return iter(self.prices)

    def __len__(self) -> int:
        """Tell how many prices there are."""
        return len(self.prices)
