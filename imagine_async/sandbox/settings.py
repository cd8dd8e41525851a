"""What can be set about a sandbox."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import field, frozen

from imagine_async.catalog import ENDPOINTS, Endpoint, Invented
from imagine_async.sandbox.limits import RateLimit

__all__ = ["SandboxSettings"]

_KEY = re.compile(r"[!-~]+")
_FULL_SIDE = 1024


def _keys(given: Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _check_keys(_settings: Any, _attribute: Any, keys: tuple[str, ...]) -> None:
    if not keys:
        raise ValueError("keys: a sandbox needs at least one key")
    if len(set(keys)) != len(keys):
        raise ValueError("keys: the same key stands there twice")
    if not all(_KEY.fullmatch(key) for key in keys):
        raise ValueError("keys: a key is one or more visible ASCII characters, without blanks")


def _check_rate(_settings: Any, _attribute: Any, rate: str | None) -> None:
    if rate is not None:
        RateLimit.parse(rate)


def _check_prices(_settings: Any, _attribute: Any, prices: Mapping[str, int]) -> None:
    names = {endpoint.name for endpoint in ENDPOINTS}
    if missing := sorted(names - set(prices)):
        raise ValueError(f"prices: no price for {', '.join(missing)}")
    if unknown := sorted(line for line in prices if line.partition("/")[0] not in names):
        raise ValueError(f"prices: no such endpoint: {', '.join(unknown)}")
    if wrong := sorted(line for line, price in prices.items() if not _is_price(price)):
        raise ValueError(f"prices: a price is a whole number of tokens from 0: {', '.join(wrong)}")


def _check_patience(_settings: Any, _attribute: Any, seconds: float) -> None:
    if not seconds > 0:
        raise ValueError(f"body_patience: a number of seconds above 0, not {seconds!r}")


def _is_price(price: object) -> bool:
    return type(price) is int and price >= 0


def _at_least(lowest: int) -> Callable[[Any, Any, int | None], None]:
    def check(_settings: Any, attribute: Any, value: int | None) -> None:
        if type(value) is not int or value < lowest:
            raise ValueError(f"{attribute.name}: a whole number from {lowest}, not {value!r}")

    return check


def _check_credits(settings: Any, attribute: Any, value: int | None) -> None:
    if value is not None:
        _at_least(0)(settings, attribute, value)


@frozen(kw_only=True)
class SandboxSettings:
    """What a sandbox accepts, charges and paints. Prices and sizes are mostly invented: see `catalog.Invented`.

    Args:
        keys: The API keys that are let in.
        credits: Tokens of each key; `None` for no end of them.
        rate_limit: Requests of each key in any window, as `50/60s`, `5/s` or `100/min`; `None` for no limit.
        retry_after: Whether a 429 names its wait in a `Retry-After` header, which the live service was not seen to do.
        side: Pixels of a square picture's side, at least 16; all other documented ratios are scaled with it.
        prices: Tokens by `endpoint` or `endpoint/style`; every endpoint needs a price.
        accept_any_seed: Whether a seed of zero or less is let through.
        image_content_type: Whether pictures come as `image/jpeg` and `image/png` rather than, as documented, as
            `application/octet-stream`.
        max_body_bytes: Bytes of the largest request body.
        max_pixels: Pixels, width times height, of the largest uploaded picture.
        body_patience: Seconds to wait for the next piece of a request body.
    """

    keys: tuple[str, ...] = field(default=("vk-sandbox",), converter=_keys, validator=_check_keys, repr=False)
    credits: int | None = field(default=1000, validator=_check_credits)
    rate_limit: str | None = field(default="50/60s", validator=_check_rate)
    retry_after: bool = False
    side: int = field(default=_FULL_SIDE, validator=_at_least(16))
    prices: Mapping[str, int] = field(default=Invented.PRICES, validator=_check_prices, repr=False)
    accept_any_seed: bool = False
    image_content_type: bool = False
    max_body_bytes: int = field(default=64 * 2**20, validator=_at_least(1))
    max_pixels: int = field(default=40_000_000, validator=_at_least(1))
    body_patience: float = field(default=60.0, validator=_check_patience)

    @property
    def rate(self) -> RateLimit | None:
        """The rate limit, read; `None` where there is none."""
        return None if self.rate_limit is None else RateLimit.parse(self.rate_limit)

    def size(self, aspect_ratio: str) -> tuple[int, int]:
        """Return the pixels, width and height, of a picture.

        Args:
            aspect_ratio: One of the documented ratios.
        """
        width, height = Invented.SIZES[aspect_ratio]
        return round(width * self.side / _FULL_SIDE), round(height * self.side / _FULL_SIDE)

    def price(self, endpoint: Endpoint, style: str | None) -> int:
        """Return the tokens of a call.

        Args:
            endpoint: The endpoint called.
            style: The style asked for, where the endpoint has styles.
        """
        return self.prices.get(f"{endpoint.name}/{style}", self.prices[endpoint.name])
