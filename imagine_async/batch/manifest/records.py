"""Records of CSV and TSV, each with the bytes that it was made of."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

from attrs import define, field

from imagine_async.batch.manifest.lines import BOM, LONGEST_LINE, TOO_LONG, skip_rest

__all__ = ["Record", "records"]


@define(eq=False)
class Record:
    """One record.

    Args:
        line: Its first line, from 1.
        raw: Its bytes, without the end of its last line.
        cells: Its cells.
        problem: Why it cannot be used; empty if it can.
    """

    line: int
    raw: bytes = field(repr=False)
    cells: list[str]
    problem: str


def records(file: BinaryIO, delimiter: str) -> Iterator[Record]:
    """Yield the records that are not blank. A broken one ends where the parser gives up.

    Args:
        file: Open at its beginning.
        delimiter: What stands between cells.
    """
    feed = _Feed(file)
    # Strict: a quotation mark at the wrong place would otherwise end up in a prompt, or swallow the rows behind it.
    reader = csv.reader(feed, delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        feed.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells = []
            feed.note(_reason(error))
        if feed.problem or any(map(str.strip, cells)):
            yield Record(feed.first, feed.raw.rstrip(b"\r\n"), cells, feed.problem)


@define
class _Feed:
    """Gives the parser its lines, and remembers what it took since `begin`."""

    _file: BinaryIO
    problem: str = ""
    first: int = 0
    _line: int = 0
    _taken: list[bytes] = field(factory=list)

    @property
    def raw(self) -> bytes:
        """The bytes that were taken."""
        return b"".join(self._taken)

    def begin(self) -> None:
        """Begin a record."""
        self.problem, self.first = "", self._line + 1
        self._taken.clear()

    def note(self, problem: str) -> None:
        """Keep the first thing that is wrong."""
        self.problem = self.problem or problem

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self._line += 1
        if self._line == 1:
            line = line.removeprefix(BOM)
        if len(line) > LONGEST_LINE:
            return self._too_long(line)
        self._taken.append(line)
        return self._text(line)

    def _text(self, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError as problem:
            wrong = line[problem.start : problem.start + 1].hex()
            self.note(f"line {self._line} holds the byte 0x{wrong}, which is not UTF-8: save the file as UTF-8")
            # Parsed all the same, to find the end of the record.
            return line.decode(errors="replace")

    def _too_long(self, beginning: bytes) -> str:
        self._taken.append(beginning[:1000])
        skip_rest(self._file, lambda _: None)
        self.note(TOO_LONG)
        return "\n"


def _reason(error: csv.Error) -> str:
    text = str(error)
    if "field larger than" in text:
        return (
            f"a cell has more than {csv.field_size_limit():,} characters, or its quotation mark is not closed: put "
            "pictures into files, or use JSONL"
        )
    if "unexpected end" in text:
        return "the file ends within a cell: its quotation mark is not closed"
    return f"this is no row of a table: {text}"
