"""Faults that answer in place of the API: too many requests, and the pages of a proxy that stands before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from types import MappingProxyType
from typing import ClassVar

from attrs import evolve, field, frozen
from starlette.responses import Response

from imagine_async.sandbox.dialects import V2, dialect_of
from imagine_async.sandbox.faults.base import Fault, Moment
from imagine_async.sandbox.faults.checks import flag, number_from, one_of, or_none, whole_from
from imagine_async.sandbox.faults.reply import Reply
from imagine_async.sandbox.replies import RefusedError

__all__ = ["Page", "Storm"]

_LONG_AGO_SECONDS = 86_400

_RETRY_AFTER: Mapping[str, Callable[[float, float], str | None]] = MappingProxyType(
    {
        "seconds": lambda wait, now: f"{wait:g}",
        "date": lambda wait, now: formatdate(now + wait, usegmt=True),
        "past": lambda wait, now: formatdate(now - _LONG_AGO_SECONDS, usegmt=True),
        "negative": lambda wait, now: "-5",
        "text": lambda wait, now: "in a moment",
        "absurd": lambda wait, now: "1000000000",
        "missing": lambda wait, now: None,
    }
)
"""What `Retry-After` says, from a wait in seconds and the seconds since the epoch."""

_PAGE = """<html>
<head><title>{status} {phrase}</title></head>
<body>
<center><h1>{status} {phrase}</h1></center>
</body>
</html>
"""
"""The plain page of a proxy; its words are invented."""
_PAGE_STATUSES = (502, 503, 504)


@frozen
class Storm(Fault):
    """The API answers "too many requests", with code 1202, to this request and to those that follow.

    Args:
        requests: To how many requests, this one included; 1 where neither this nor `seconds` is given.
        seconds: For how long.
        retry_after: What `Retry-After` says: `seconds`, a `date`, a date in the `past`, a `negative` number, a `text`,
            an `absurd` number (10^9), or nothing (`missing`).
        wait: The seconds that `seconds` and `date` name.
    """

    kind: ClassVar[str] = "storm"
    main: ClassVar[str | None] = "retry_after"

    requests: int | None = field(default=None, validator=or_none(whole_from(1)))
    seconds: float | None = field(default=None, validator=or_none(number_from(0, above=True)))
    retry_after: str = field(default="seconds", validator=one_of(_RETRY_AFTER))
    wait: float = field(default=1.0, validator=number_from(0))

    def __attrs_post_init__(self) -> None:
        """Refuse two measures of one storm."""
        if self.requests is not None and self.seconds is not None:
            raise ValueError(f"seconds: a storm lasts for `requests` or for `seconds`, not both: {self.seconds!r}")

    @property
    def ends(self) -> bool:
        """True: there is nothing else to strike."""
        return True

    def answer(self, moment: Moment) -> Reply | None:
        """Refuse."""
        dialect = dialect_of(moment.path) or V2
        refused = _reply(dialect.refuse(RefusedError(1202, "Too many requests.")))
        value = _RETRY_AFTER[self.retry_after](self.wait, moment.wall)
        return refused if value is None else refused.with_header(b"retry-after", value.encode())

    def strikes_also(self, later: int, seconds: float) -> bool:
        """Tell whether the storm goes on."""
        return later < (self.requests or 1) if self.seconds is None else seconds < self.seconds


@frozen
class Page(Fault):
    """A proxy before the API answers with an HTML page.

    Args:
        status: 502, 503 or 504.
        charged: Whether the API has done its work all the same, and charged it, as it may have behind a 504.
    """

    kind: ClassVar[str] = "html"
    main: ClassVar[str | None] = "status"

    status: int = field(default=502, validator=one_of(_PAGE_STATUSES))
    charged: bool = field(default=False, validator=flag)

    @property
    def ends(self) -> bool:
        """True: there is nothing else to strike."""
        return True

    def answer(self, moment: Moment) -> Reply | None:
        """Answer with the page, unless the API shall be asked first."""
        return None if self.charged else self._page()

    def change(self, reply: Reply, moment: Moment) -> Reply:
        """Put the page in the reply's place."""
        page = self._page()
        return evolve(reply, status=page.status, headers=page.headers, body=page.body)

    def _page(self) -> Reply:
        content = _PAGE.format(status=self.status, phrase=HTTPStatus(self.status).phrase)
        return _reply(Response(content, self.status, media_type="text/html"))


def _reply(response: Response) -> Reply:
    return Reply(response.status_code, tuple(response.raw_headers), bytes(response.body))
