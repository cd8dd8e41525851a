"""What a batch would do, found out without sending anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from attrs import define, field, frozen

from imagine_async.batch.manifest.errors import Problem, RowProblemsError
from imagine_async.batch.manifest.hash_set import HashSet
from imagine_async.batch.manifest.parsing import parse_row
from imagine_async.batch.rows import Row, RowError, RowInput, UnreadRow
from imagine_async.batch.safe_names import checked_stem
from imagine_async.errors import ImagineError, InvalidRequestError
from imagine_async.estimating import Estimator
from imagine_async.inputs import UNRESOLVED, RowOutput, UrlSource
from imagine_async.prices import PriceList
from imagine_async.requests import Request
from imagine_async.stores import RateLimit
from imagine_async.usage import Estimate

__all__ = ["Plan", "plan"]

_MOST_ERRORS = 100


@frozen(kw_only=True)
class Plan:
    """What a batch would do.

    Args:
        rows: Rows in the input, good and bad.
        bad_rows: Rows that cannot be used; they are in none of the sums below.
        errors: What is wrong with the first of them, in the order of the input.
        by_endpoint: Good rows by the endpoint that they call.
        estimate: What the good rows would cost, and how long they would take at least.
        upload_bytes: Bytes of pictures to send: a file counts for every row that sends it.
        from_rows: Pictures that other rows make, whose sizes are not known yet.
        from_urls: Pictures behind URLs, whose sizes are not known either.
        missing_files: Files that rows name, and that are not there.
        ids_twice: Rows whose id an earlier row has.
        names_twice: Rows whose name an earlier row has.
        names_refused: Rows whose name leaves the folder, or cannot be stored on every system.
    """

    rows: int
    bad_rows: int
    errors: tuple[RowError, ...] = field(repr=False)
    by_endpoint: Mapping[str, int]
    estimate: Estimate
    upload_bytes: int
    from_rows: int
    from_urls: int
    missing_files: int
    ids_twice: int
    names_twice: int
    names_refused: int

    @property
    def tokens(self) -> float:
        """What those rows cost together whose price is known."""
        return self.estimate.tokens

    @property
    def unpriced(self) -> Mapping[str, int]:
        """Rows whose price is not known, by the key under which it would stand in a price list."""
        return self.estimate.unpriced

    @property
    def minutes(self) -> float:
        """Minutes that the rate limit takes at least; 0 where there is none."""
        return self.estimate.seconds / 60


def plan(
    rows: Iterable[RowInput],
    *,
    prices: PriceList,
    limit: RateLimit | None = None,
    check_name: Callable[[str], str] = checked_stem,
    most_errors: int = _MOST_ERRORS,
) -> Plan:
    """Find out what a batch would do. Reads every row, and blocks while it does; sends nothing.

    Args:
        rows: A manifest, or rows in any iterable. Memory does not grow with them, but for 32 bytes for each id and
            each name.
        prices: What calls cost.
        limit: The rate limit; `None` for none.
        check_name: Takes a row's name, and gives the one that is stored; raises `RowError` where it is refused.
        most_errors: How many errors to keep; the others are only counted.

    Returns:
        The plan.

    Raises:
        ManifestError: The manifest cannot be read.
    """
    planning = _Planning(check_name, most_errors)
    return planning.result(Estimator(prices, limit).of(planning.requests(rows)))


@define
class _Planning:
    """Goes through the rows once."""

    _check_name: Callable[[str], str]
    _most_errors: int
    _counts: Counter[str] = field(factory=Counter)
    _by_endpoint: Counter[str] = field(factory=Counter)
    _errors: list[RowError] = field(factory=list)
    _ids: HashSet = field(factory=HashSet)
    _names: HashSet = field(factory=HashSet)

    def requests(self, rows: Iterable[RowInput]) -> Iterator[Request[Any]]:
        """Yield the requests of the good rows."""
        for item in rows:
            self._counts["rows"] += 1
            try:
                row = _read(item)
                self._check(row)
            except RowError as error:
                self._note(error)
                continue
            self._add(row.request)
            yield row.request

    def result(self, estimate: Estimate) -> Plan:
        counts = self._counts
        return Plan(
            rows=counts["rows"],
            bad_rows=counts["bad"],
            errors=tuple(self._errors),
            by_endpoint=dict(self._by_endpoint),
            estimate=estimate,
            upload_bytes=counts["bytes"],
            from_rows=counts["from_rows"],
            from_urls=counts["from_urls"],
            missing_files=counts["missing_files"],
            ids_twice=counts["ids_twice"],
            names_twice=counts["names_twice"],
            names_refused=counts["names_refused"],
        )

    def _check(self, row: Row) -> None:
        problems = [*self._of_name(row), *self._of_parents(row), *self._of_id(row)]
        if problems:
            raise RowProblemsError(problems, line=row.line)

    def _of_id(self, row: Row) -> Iterator[Problem]:
        if row.id is not None and not self._ids.add(row.id):
            self._counts["ids_twice"] += 1
            yield Problem("id", f"{row.id!r} is the id of an earlier row")

    def _of_name(self, row: Row) -> Iterator[Problem]:
        if row.name is None:
            return
        try:
            stem = self._check_name(row.name)
        except RowError as error:
            self._counts["names_refused"] += 1
            yield Problem("name", error.reason)
            return
        if not self._names.add(stem):
            self._counts["names_twice"] += 1
            yield Problem("name", f"{row.name!r} is the name of an earlier row")

    def _of_parents(self, row: Row) -> Iterator[Problem]:
        for name, source in row.request.unresolved():
            if isinstance(source, RowOutput) and source.row not in self._ids:
                yield Problem(name, f"no row before this one has the id {source.row!r}")

    def _note(self, error: RowError) -> None:
        self._counts["bad"] += 1
        problems = error.problems if isinstance(error, RowProblemsError) else ()
        self._counts["missing_files"] += sum(problem.is_missing_file for problem in problems)
        if len(self._errors) < self._most_errors:
            self._errors.append(error)

    def _add(self, request: Request[Any]) -> None:
        self._by_endpoint[request.endpoint.name] += 1
        for _, value in request.form():
            if isinstance(value, UNRESOLVED):
                self._counts["from_rows"] += isinstance(value, RowOutput)
                self._counts["from_urls"] += isinstance(value, UrlSource)
            elif not isinstance(value, str):
                self._counts["bytes"] += value.size


def _read(item: RowInput) -> Row:
    line = item.line if isinstance(item, (Row, UnreadRow)) else None
    try:
        match item:
            case UnreadRow():
                return item.read()
            case Row():
                return item
            case Request():
                return Row(request=item)
            case _:
                return parse_row(item)
    except RowError:
        raise
    except InvalidRequestError as error:
        raise RowError(f"{error.value}: {error.advice}", line=line, field=error.field) from error
    except ImagineError as error:
        raise RowError(error.message, line=line) from error
