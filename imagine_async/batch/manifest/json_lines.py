"""Manifests with one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO, NoReturn

from attrs import define, field

from imagine_async.batch.manifest.errors import shown_name
from imagine_async.batch.manifest.fingerprints import fingerprinter
from imagine_async.batch.manifest.lines import BOM, LONGEST_LINE, TOO_LONG, decoded, skip_rest
from imagine_async.batch.manifest.parsing import RowParser
from imagine_async.batch.manifest.source import Source
from imagine_async.batch.rows import Row, RowError, UnreadRow

__all__ = ["JsonLines"]


@define
class JsonLines:
    """The rows of a JSONL file, in its order; blank lines are passed over.

    Args:
        source: Where they stand.
    """

    source: Source
    _parser: RowParser = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._parser = RowParser(self.source.folder)

    def __iter__(self) -> Iterator[UnreadRow]:
        """Yield the rows, unread."""
        fingerprint, read = fingerprinter("jsonl"), self._read
        with self.source.open() as file:
            for number, line in _lines(file):
                if len(line) > LONGEST_LINE:
                    yield _too_long(file, line, number, fingerprint)
                else:
                    yield UnreadRow(
                        fingerprint=fingerprint(line), read=partial(read, line, number), line=number, raw=line
                    )

    def count(self) -> int | None:
        """Count the rows; `None` where they can be read but once."""
        if self.source.is_stream:
            return None
        with self.source.open() as file:
            return sum(1 for _ in _whole_lines(file))

    def _read(self, raw: bytes, line: int) -> Row:
        return self._parser.parse(_parsed(raw, line), line)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of the lines that are not blank; of one that is too long, the beginning."""
    readline, number = file.readline, 0
    while line := readline(LONGEST_LINE + 1):
        number += 1
        # Without its end, which the last line may lack, and may get when rows are added.
        content = line if len(line) > LONGEST_LINE else line.strip()
        if number == 1 and len(line) <= LONGEST_LINE:
            content = content.removeprefix(BOM)
        if content:
            yield number, content


def _whole_lines(file: BinaryIO) -> Iterator[None]:
    for _, line in _lines(file):
        if len(line) > LONGEST_LINE:
            skip_rest(file, lambda _: None)
        yield


def _too_long(file: BinaryIO, beginning: bytes, number: int, fingerprint: Callable[[bytes], bytes]) -> UnreadRow:
    digest = fingerprint(beginning)

    def see(piece: bytes) -> None:
        nonlocal digest
        digest = fingerprint(digest + piece)

    skip_rest(file, see)

    def read() -> NoReturn:
        raise RowError(TOO_LONG, line=number)

    return UnreadRow(fingerprint=digest, read=read, line=number)


def _parsed(raw: bytes, line: int) -> Any:
    text = decoded(raw, line)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as problem:
        raise RowError(f"this is no JSON: {problem.msg} at column {problem.colno}", line=line) from None
    except RecursionError:
        raise RowError("this is no row: lists or objects are nested too deeply", line=line) from None
    except ValueError as problem:
        raise RowError(f"this is no JSON: {problem}", line=line) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the member {shown_name(twice)} stands twice in one object")
    return made


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON's")
