"""What a key may do. The vendor publishes no plans: every number here is the sandbox's own."""

from __future__ import annotations

from typing import Any

from attrs import asdict, field, frozen

from imagine_async.sandbox.limits import RateLimit
from imagine_async.sandbox.settings_checks import at_least_or_none, check_rate, check_text

__all__ = ["Plan"]


@frozen(kw_only=True)
class Plan:
    """Credits, rate and concurrency of a key. Invented: no plan of the vendor's could be read.

    Args:
        name: What it is called.
        credits: Tokens to begin with; `None` for no end of them.
        rate_limit: Requests in any window, as `50/60s`, `5/s` or `100/min`; `None` for no limit.
        concurrency: Calls that cost tokens at one time; `None` for no limit.
    """

    name: str = field(default="sandbox", validator=check_text)
    credits: int | None = field(default=1000, validator=at_least_or_none(0))
    rate_limit: str | None = field(default="50/60s", validator=check_rate)
    concurrency: int | None = field(default=None, validator=at_least_or_none(1))

    @property
    def rate(self) -> RateLimit | None:
        """The rate limit, read; `None` where there is none."""
        return None if self.rate_limit is None else RateLimit.parse(self.rate_limit)

    def as_data(self) -> dict[str, Any]:
        """Return its members, ready for JSON."""
        return asdict(self)
