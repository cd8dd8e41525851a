"""Manifests as tables: CSV and TSV, with the names of the members in the first row."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial
from typing import Literal

from attrs import define, field

from imagine_async.batch.manifest.columns import check_columns
from imagine_async.batch.manifest.fingerprints import fingerprinter
from imagine_async.batch.manifest.parsing import RowParser
from imagine_async.batch.manifest.records import Record, records
from imagine_async.batch.manifest.source import Source
from imagine_async.batch.rows import Row, RowError, UnreadRow

__all__ = ["TableRows"]

_PICTURES = frozenset({"image", "mask"})
_DELIMITERS = {"csv": ",", "tsv": "\t"}


@define
class TableRows:
    """The rows of a table, in its order; rows whose cells are all empty are passed over.

    Args:
        source: Where it stands.
        format: How its cells are divided.

    Raises:
        ManifestError: The first row is missing, or names a column twice, or one that no row can have. Of a pipe, which
            may let one wait for it, that is found out by iterating.
    """

    source: Source
    format: Literal["csv", "tsv"]
    _parser: RowParser = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._parser = RowParser(self.source.folder, is_flat=True)
        if not self.source.is_stream:
            with closing(self._records()) as rows:
                self._columns(rows)

    def __iter__(self) -> Iterator[UnreadRow]:
        """Yield the rows, unread."""
        rows = self._records()
        columns = self._columns(rows)
        fingerprint, read = fingerprinter(self.format, *columns), partial(self._read, columns)
        # The raw bytes tell that a row names no file; here the columns have to tell it.
        names_files = not _PICTURES.isdisjoint(columns)
        for record in rows:
            raw = record.raw
            yield UnreadRow(
                fingerprint=fingerprint(raw),
                read=partial(read, record),
                line=record.line,
                raw=None if names_files else raw,
            )

    def count(self) -> int | None:
        """Count the rows; `None` where they can be read but once."""
        return None if self.source.is_stream else max(0, sum(1 for _ in self._records()) - 1)

    def _records(self) -> Generator[Record, None, None]:
        with self.source.open() as file:
            yield from records(file, _DELIMITERS[self.format])

    def _columns(self, rows: Iterator[Record]) -> tuple[str, ...]:
        record = next(rows, None)
        if record is None:
            raise self.source.error("the file is empty: its first row names the columns, for example prompt,style")
        if record.problem:
            raise self.source.error(f"the first row, which names the columns, cannot be read: {record.problem}")
        columns = [cell.strip() for cell in record.cells]
        while columns and not columns[-1]:
            columns.pop()
        if "extra" in columns:
            raise self.source.error("column extra: name the form field as well, as in extra.strength")
        check_columns(columns, self.source, self._advice(columns))
        return tuple(columns)

    def _advice(self, columns: list[str]) -> str:
        """Guess why the only column is not known."""
        name = "commas" if self.format == "csv" else "tabs"
        is_other = len(columns) == 1 and any(mark in columns[0] for mark in ",;\t")
        return f"; {self.format.upper()} has {name} between its cells" if is_other else ""

    def _read(self, columns: tuple[str, ...], record: Record) -> Row:
        if record.problem:
            raise RowError(record.problem, line=record.line)
        beyond = [cell for cell in record.cells[len(columns) :] if cell.strip()]
        if beyond:
            reason = (
                f"the row has {len(record.cells)} cells, and there are {len(columns)} columns: put a cell that "
                "holds the mark between cells into quotation marks"
            )
            raise RowError(reason, line=record.line)
        cells = zip(columns, record.cells, strict=False)
        return self._parser.parse({name: cell for name, cell in cells if cell.strip()}, record.line)
