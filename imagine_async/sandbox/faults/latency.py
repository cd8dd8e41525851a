"""The fault of being slow: seconds before the reply begins, drawn from a distribution."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import ClassVar, TypeAlias

from attrs import evolve, field, frozen

from imagine_async.sandbox.faults.base import Fault, Moment
from imagine_async.sandbox.faults.checks import number_from, one_of, or_none
from imagine_async.sandbox.faults.reply import Reply

__all__ = ["Latency"]

_Draw: TypeAlias = Callable[..., float]

_DISTRIBUTIONS: Mapping[str, tuple[tuple[str, ...], _Draw]] = MappingProxyType(
    {
        "fixed": (("seconds",), lambda chance, seconds: seconds),
        "uniform": (("low", "high"), Random.uniform),
        "normal": (("mean", "deviation"), Random.gauss),
        "exponential": (("mean",), lambda chance, mean: chance.expovariate(1 / mean) if mean else 0.0),
        "lognormal": (
            ("median", "sigma"),
            lambda chance, median, sigma: chance.lognormvariate(math.log(median), sigma) if median else 0.0,
        ),
    }
)
"""The parameters of each, in the order in which the draw takes them."""
_PARAMETERS = tuple(dict.fromkeys(name for names, _ in _DISTRIBUTIONS.values() for name in names))
_LONGEST_SECONDS = 3600.0
_WIDEST_SIGMA = 10.0

_seconds = or_none(number_from(0, _LONGEST_SECONDS))


@frozen
class Latency(Fault):
    """The reply begins late. The application has answered, and charged, before the wait begins.

    Args:
        distribution: `fixed` takes `seconds`; `uniform` takes `low` and `high`; `normal` takes `mean` and `deviation`,
            and is clipped at 0; `exponential` takes `mean`; `lognormal` takes `median` and `sigma`.
        seconds: The wait.
        low: The shortest wait in seconds.
        high: The longest wait in seconds.
        mean: The mean wait in seconds, before it is clipped.
        deviation: The standard deviation in seconds.
        median: The median wait in seconds.
        sigma: The standard deviation of the wait's natural logarithm, up to 10.
        cap: No wait is longer than so many seconds, up to 3600.
    """

    kind: ClassVar[str] = "latency"
    main: ClassVar[str | None] = "seconds"

    distribution: str = field(default="fixed", validator=one_of(_DISTRIBUTIONS))
    seconds: float | None = field(default=None, validator=_seconds)
    low: float | None = field(default=None, validator=_seconds)
    high: float | None = field(default=None, validator=_seconds)
    mean: float | None = field(default=None, validator=_seconds)
    deviation: float | None = field(default=None, validator=_seconds)
    median: float | None = field(default=None, validator=_seconds)
    sigma: float | None = field(default=None, validator=or_none(number_from(0, _WIDEST_SIGMA)))
    cap: float = field(default=_LONGEST_SECONDS, validator=number_from(0, _LONGEST_SECONDS))

    def __attrs_post_init__(self) -> None:
        """Refuse parameters that are missing, or of another distribution."""
        needed, _ = _DISTRIBUTIONS[self.distribution]
        takes = f"the distribution {self.distribution} takes {' and '.join(needed)}"
        for name in _PARAMETERS:
            value = getattr(self, name)
            if value is None and name in needed:
                raise ValueError(f"{name}: is missing; {takes}")
            if value is not None and name not in needed:
                raise ValueError(f"{name}: {takes}; leave {name} out, which is {value!r}")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low: a number up to high, which is {self.high!r}, not {self.low!r}")

    def change(self, reply: Reply, moment: Moment) -> Reply:
        """Put the reply off."""
        names, draw = _DISTRIBUTIONS[self.distribution]
        wait = draw(moment.chance, *(getattr(self, name) for name in names))
        return evolve(reply, delay=reply.delay + min(max(0.0, wait), self.cap))
