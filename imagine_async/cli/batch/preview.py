"""`imagine batch --dry-run`: what a manifest would cost, and which rows are bad. Sends nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field

from imagine_async.batch.rows import Row, RowError, UnreadRow
from imagine_async.catalog import DEFAULT_BASE_URL, Invented
from imagine_async.cli.batch.clients import rate_limit_of
from imagine_async.cli.batch.manifests import Rows
from imagine_async.cli.batch.parts import Doing
from imagine_async.cli.batch.places import trouble_of
from imagine_async.cli.batch.words import counted, duration, size, tokens
from imagine_async.cli.batch.wrongly import as_given_wrongly
from imagine_async.cli.output import say
from imagine_async.cli.tables import as_number, as_table, visible
from imagine_async.config import Secret, find_settings
from imagine_async.errors import ImagineError
from imagine_async.estimating import Estimator
from imagine_async.inputs import RowOutput
from imagine_async.prices import PriceList
from imagine_async.requests import Request
from imagine_async.stores import RateLimit
from imagine_async.usage import Estimate

__all__ = ["preview"]

_MOST_BAD = 100
# Stands in where the settings are looked for and the key does not matter.
_ANY_KEY = Secret("none")


@define
class _Preview:
    """Goes through the rows once, and notes what is wrong with them and what they would upload."""

    bytes: int = 0
    from_rows: int = 0
    bad: int = 0
    first_bad: list[tuple[int | None, str | None, str]] = field(factory=list)
    _ids: set[str] = field(factory=set)
    _names: set[str] = field(factory=set)

    def requests(self, rows: Rows) -> Iterator[Request[Any]]:
        """Yield the requests of the good rows."""
        for unread in rows.unread():
            try:
                row = unread.read()
                self._check(row)
            except ImagineError as error:
                self._note(unread, error)
                continue
            self._add(row)
            yield row.request

    def _check(self, row: Row) -> None:
        if row.id is not None and row.id in self._ids:
            raise RowError(f"{row.id!r} is the id of an earlier row already", line=row.line, field="id")
        if row.name is not None and row.name in self._names:
            raise RowError(f"{row.name!r} is the name of an earlier row already", line=row.line, field="name")
        for name, source in row.request.unresolved():
            if isinstance(source, RowOutput) and source.row not in self._ids:
                raise RowError(f"no row before this one has the id {source.row!r}", line=row.line, field=name)

    def _add(self, row: Row) -> None:
        self._ids.update(() if row.id is None else (row.id,))
        self._names.update(() if row.name is None else (row.name,))
        for _, value in row.request.form():
            if isinstance(value, RowOutput):
                self.from_rows += 1
            elif not isinstance(value, str):
                self.bytes += getattr(value, "size", 0)

    def _note(self, unread: UnreadRow, error: ImagineError) -> None:
        self.bad += 1
        if len(self.first_bad) < _MOST_BAD:
            name = getattr(error, "field", None)
            reason = getattr(error, "reason", None) or error.message
            self.first_bad.append((unread.line, name, reason))


def preview(rows: Rows, doing: Doing, *, as_json: bool) -> int:
    """Tell what the rows of a manifest would cost, and which are bad.

    Args:
        rows: The rows.
        doing: How they would be run.
        as_json: Whether to print JSON.

    Returns:
        The exit code: 1 if there are bad rows.
    """
    with as_given_wrongly():
        found, limit = _Preview(), _limit(doing)
    estimate = Estimator(_prices(doing), limit).of(found.requests(rows))
    say(json.dumps(_facts(found, estimate, doing), indent=2) if as_json else _text(found, estimate, limit, doing))
    return 1 if found.bad else 0


def _limit(doing: Doing) -> RateLimit | None:
    if doing.rate is not None:
        return rate_limit_of(doing.rate)
    limit = find_settings(api_key=_ANY_KEY, base_url=DEFAULT_BASE_URL).rate_limit
    return RateLimit(limit) if isinstance(limit, str) else limit


def _prices(doing: Doing) -> PriceList:
    documented = PriceList.documented()
    return documented.over(Invented.PRICES, source="the sandbox's own") if doing.sandbox else documented


def _text(found: _Preview, estimate: Estimate, limit: RateLimit | None, doing: Doing) -> str:
    lines = [f"{counted(estimate.calls, 'row')}, {_cost(estimate)}, {_time(estimate, limit)}, {_uploads(found)}"]
    if doing.budget is not None and estimate.tokens > doing.budget:
        lines.append(f"That is more than the budget of {tokens(doing.budget)}: the batch would stop there.")
    if found.bad:
        lines += ["", f"{counted(found.bad, 'bad row')}:", _bad_table(found)]
    if found.bad > len(found.first_bad):
        lines.append(f"and {found.bad - len(found.first_bad):,} more")
    lines.append("Nothing was sent.")
    return "\n".join(lines)


def _cost(estimate: Estimate) -> str:
    unpriced = sum(estimate.unpriced.values())
    more = f" and {counted(unpriced, 'call')} whose price nobody knows" if unpriced else ""
    return f"{tokens(estimate.tokens)}{more}"


def _time(estimate: Estimate, limit: RateLimit | None) -> str:
    if limit is None:
        return "no rate limit"
    return f"{duration(estimate.seconds)} at least at {limit.calls}/{limit.seconds:g}s"


def _uploads(found: _Preview) -> str:
    pictures = f" and {counted(found.from_rows, 'picture')} of other rows" if found.from_rows else ""
    return f"{size(found.bytes)}{pictures} to upload"


def _bad_table(found: _Preview) -> str:
    rows = [(line, name, trouble_of(reason)) for line, name, reason in found.first_bad]
    return as_table(("Line", "Field", "Reason"), rows, numbers=("Line",))


def _facts(found: _Preview, estimate: Estimate, doing: Doing) -> Mapping[str, Any]:
    return {
        "rows": estimate.calls,
        "tokens": as_number(estimate.tokens),
        "unpriced": dict(estimate.unpriced),
        "budget": doing.budget,
        "seconds": as_number(estimate.seconds),
        "upload_bytes": found.bytes,
        "pictures_of_rows": found.from_rows,
        "bad_rows": found.bad,
        "bad": [{"line": line, "field": name, "reason": visible(reason)} for line, name, reason in found.first_bad],
    }
