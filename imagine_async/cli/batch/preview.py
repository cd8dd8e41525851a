"""`imagine batch --dry-run`: what a manifest would cost, and which rows are bad. Sends nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from imagine_async.batch.manifest import ManifestError, Plan, RowProblemsError, plan
from imagine_async.batch.rows import RowError
from imagine_async.catalog import DEFAULT_BASE_URL, Invented
from imagine_async.cli.batch.clients import rate_limit_of
from imagine_async.cli.batch.manifests import Rows
from imagine_async.cli.batch.parts import Doing
from imagine_async.cli.batch.places import trouble_of
from imagine_async.cli.batch.words import counted, duration, size, tokens
from imagine_async.cli.batch.wrongly import as_given_wrongly
from imagine_async.cli.output import CommandError, say
from imagine_async.cli.tables import as_number, as_table, visible
from imagine_async.config import Secret, find_settings
from imagine_async.prices import PriceList
from imagine_async.stores import RateLimit

__all__ = ["preview"]

# Stands in where the settings are looked for and the key does not matter.
_ANY_KEY = Secret("none")


def preview(rows: Rows, doing: Doing, *, as_json: bool) -> int:
    """Tell what the rows of a manifest would cost, and which are bad.

    Args:
        rows: The rows.
        doing: How they would be run.
        as_json: Whether to print JSON.

    Returns:
        The exit code: 1 if there are bad rows.

    Raises:
        CommandError: A setting makes no sense, or the manifest cannot be read.
    """
    with as_given_wrongly():
        limit = _limit(doing)
    try:
        found = plan(rows.manifest, prices=_prices(doing), limit=limit)
    except ManifestError as error:
        raise CommandError(visible(error.message), code=2) from error
    say(json.dumps(_facts(found, doing), indent=2) if as_json else _text(found, limit, doing))
    return 1 if found.bad_rows else 0


def _limit(doing: Doing) -> RateLimit | None:
    if doing.rate is not None:
        return rate_limit_of(doing.rate)
    limit = find_settings(api_key=_ANY_KEY, base_url=DEFAULT_BASE_URL).rate_limit
    return RateLimit(limit) if isinstance(limit, str) else limit


def _prices(doing: Doing) -> PriceList:
    documented = PriceList.documented()
    return documented.over(Invented.PRICES, source="the sandbox's own") if doing.sandbox else documented


def _text(found: Plan, limit: RateLimit | None, doing: Doing) -> str:
    good = counted(found.rows - found.bad_rows, "row")
    lines = [f"{good}, {_cost(found)}, {_time(found, limit)}, {_uploads(found)}"]
    lines += [
        f"    {name}: {count:,}" for name, count in sorted(found.by_endpoint.items()) if len(found.by_endpoint) > 1
    ]
    if doing.budget is not None and found.tokens > doing.budget:
        lines.append(f"That is more than the budget of {tokens(doing.budget)}: the batch would stop there.")
    if found.bad_rows:
        lines += ["", f"{counted(found.bad_rows, 'bad row')}:", _bad_table(found), *_further(found), ""]
    lines.append("Nothing was sent.")
    return "\n".join(lines)


def _cost(found: Plan) -> str:
    unpriced = sum(found.unpriced.values())
    more = f" and {counted(unpriced, 'call')} whose price nobody knows" if unpriced else ""
    return f"{tokens(found.tokens)}{more}"


def _time(found: Plan, limit: RateLimit | None) -> str:
    if limit is None:
        return "no rate limit"
    return f"{duration(found.estimate.seconds)} at least at {limit.calls}/{limit.seconds:g}s"


def _uploads(found: Plan) -> str:
    unknown = found.from_rows + found.from_urls
    more = f" and {counted(unknown, 'picture')} of other rows and URLs" if unknown else ""
    return f"{size(found.upload_bytes)}{more} to upload"


def _bad_table(found: Plan) -> str:
    rows = [(line, name, trouble_of(reason)) for error in found.errors for line, name, reason in _reasons(error)]
    return as_table(("Line", "Field", "Reason"), rows, numbers=("Line",))


def _further(found: Plan) -> list[str]:
    beyond = found.bad_rows - len(found.errors)
    return [f"and {counted(beyond, 'bad row')} more"] if beyond > 0 else []


def _reasons(error: RowError) -> Iterator[tuple[int | None, str | None, str]]:
    """Yield what is wrong with a row: line, field and reason of each thing."""
    if isinstance(error, RowProblemsError):
        for problem in error.problems:
            yield error.line, problem.field, problem.reason
        return
    yield error.line, error.field, error.reason


def _facts(found: Plan, doing: Doing) -> Mapping[str, Any]:
    return {
        "rows": found.rows,
        "bad_rows": found.bad_rows,
        "by_endpoint": dict(found.by_endpoint),
        "tokens": as_number(found.tokens),
        "unpriced": dict(found.unpriced),
        "budget": doing.budget,
        "seconds": as_number(found.estimate.seconds),
        "upload_bytes": found.upload_bytes,
        "pictures_of_rows": found.from_rows,
        "pictures_of_urls": found.from_urls,
        "bad": [
            {"line": line, "field": name, "reason": reason}
            for error in found.errors
            for line, name, reason in _reasons(error)
        ],
    }
