"""Faults of the reply's own words: broken JSON, a wrong type, headers that come twice, a clock that is wrong.

The application has answered, and charged, before they strike.
"""

from __future__ import annotations

from email.utils import formatdate
from typing import Any, ClassVar

from attrs import evolve, field, frozen

from imagine_async.sandbox.faults.base import Fault, Moment
from imagine_async.sandbox.faults.checks import as_tuple, flag, number_from, or_none, texts
from imagine_async.sandbox.faults.reply import Reply

__all__ = ["ClockSkew", "DuplicateHeaders", "MalformedJson", "WrongType"]

_BROKEN = b'{"status": "success", "image": {"url": "https://'
_JSON = b"application/json"
_TYPE = b"content-type"
_RESET = b"x-ratelimit-reset"
_FRAMING = ("content-length", "transfer-encoding")
_LONGEST_SHIFT = 10 * 365 * 86_400


@frozen
class MalformedJson(Fault):
    """The reply is JSON that breaks off: half of the API's own, or where it sent none, the beginning of an object."""

    kind: ClassVar[str] = "malformed_json"

    def change(self, reply: Reply, moment: Moment) -> Reply:
        """Break the body."""
        if _is_json(reply):
            return reply.with_body(reply.body[: len(reply.body) // 2])
        return reply.with_body(_BROKEN).with_header(_TYPE, _JSON)


def _fits_a_header(_fault: Any, attribute: Any, value: Any) -> None:
    if not (isinstance(value, str) and value.isascii() and value.isprintable() and value):
        raise ValueError(f"{attribute.name}: a content type such as text/html, not {value!r}")


@frozen
class WrongType(Fault):
    """The reply names a content type that its body has not: HTML for a picture, a picture for JSON.

    Args:
        content_type: The type to name instead.
    """

    kind: ClassVar[str] = "wrong_type"
    main: ClassVar[str | None] = "content_type"

    content_type: str | None = field(default=None, validator=or_none(_fits_a_header))

    def change(self, reply: Reply, moment: Moment) -> Reply:
        """Name the type."""
        usual = "image/png" if _is_json(reply) else "text/html; charset=utf-8"
        return reply.with_header(_TYPE, (self.content_type or usual).encode())


def _leave_framing(_fault: Any, attribute: Any, value: tuple[str, ...]) -> None:
    for name in value:
        if name.lower() in _FRAMING:
            raise ValueError(f"{attribute.name}: not {name!r}, which frames the reply; to cut one, use truncate")


@frozen
class DuplicateHeaders(Fault):
    """Headers of the reply come twice.

    Args:
        headers: Which; those that the reply has not are left out.
        same: Whether the second says the same; otherwise it says `duplicate`.
    """

    kind: ClassVar[str] = "duplicate_headers"

    headers: tuple[str, ...] = field(
        default=("content-type", "x-ratelimit-limit"),
        converter=as_tuple,
        validator=[texts, _leave_framing],
    )
    same: bool = field(default=True, validator=flag)

    def change(self, reply: Reply, moment: Moment) -> Reply:
        """Add the headers once more."""
        names = {name.lower().encode() for name in self.headers}
        again = tuple((name, value if self.same else b"duplicate") for name, value in reply.headers if name in names)
        return evolve(reply, headers=(*reply.headers, *again))


@frozen
class ClockSkew(Fault):
    """The server's clock is wrong: the `Date` header, `x-ratelimit-reset`, and the dates of jobs and signed URLs.

    A URL that is signed so is judged by the right clock, unless the rule befalls the results as well.

    Args:
        seconds: How far it is ahead, or below zero behind; up to ten years.
    """

    kind: ClassVar[str] = "clock_skew"
    main: ClassVar[str | None] = "seconds"

    seconds: float = field(default=-3600.0, validator=number_from(-_LONGEST_SHIFT, _LONGEST_SHIFT))

    @property
    def shift(self) -> float:
        """The seconds."""
        return self.seconds

    def change(self, reply: Reply, moment: Moment) -> Reply:
        """Shift what the headers say."""
        dated = reply.with_header(b"date", formatdate(moment.wall + self.seconds, usegmt=True).encode())
        reset = dated.header(_RESET)
        return dated.with_header(_RESET, b"%d" % (int(reset) + int(self.seconds))) if reset else dated


def _is_json(reply: Reply) -> bool:
    return reply.header(_TYPE).startswith(_JSON)
