"""Manifests as a matrix: every combination of lists of values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from attrs import define, field

from imagine_async.batch.manifest.combinations import count_of, places_of
from imagine_async.batch.manifest.errors import RowProblemsError
from imagine_async.batch.manifest.fingerprints import fingerprinter
from imagine_async.batch.manifest.matrix_checks import checked_matrix
from imagine_async.batch.manifest.parsing import RowParser
from imagine_async.batch.manifest.plain_rows import bytes_of
from imagine_async.batch.manifest.source import Source
from imagine_async.batch.rows import Row, RowError, UnreadRow

__all__ = ["MatrixRows"]


@define
class MatrixRows:
    """The rows of a matrix: the member that is named last changes from one row to the next.

    The ids are made of the places in the lists, from 1, as in `prompt1-style3`.

    Args:
        source: Where it stands.
        axes: The lists by the names of their members, in order.
        fixed: What every row has.
    """

    source: Source
    axes: Mapping[str, Sequence[Any]]
    fixed: Mapping[str, Any]
    _parser: RowParser = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._parser = RowParser(self.source.folder)

    @classmethod
    def of(cls, data: Mapping[str, Any], source: Source) -> MatrixRows:
        """Check a matrix as a whole.

        Args:
            data: The file's content.
            source: Where it stands.

        Returns:
            Its rows.

        Raises:
            ManifestError: A table or a member is unknown, missing or of the wrong kind; it is named.
        """
        return cls(source, *checked_matrix(data, source))

    def __iter__(self) -> Iterator[UnreadRow]:
        """Yield the rows, unread."""
        fingerprint, read = fingerprinter("matrix"), self._read
        for number in range(self.count()):
            members = self._members(number)
            yield UnreadRow(fingerprint=fingerprint(bytes_of(members)), read=partial(read, members))

    def count(self) -> int:
        """Tell how many rows there are."""
        return count_of(self.axes)

    def _members(self, number: int) -> dict[str, Any]:
        places = places_of(number, self.axes)
        chosen = {name: self.axes[name][place] for name, place in places.items()}
        return {"id": "-".join(f"{name}{place + 1}" for name, place in places.items()), **self.fixed, **chosen}

    def _read(self, members: Mapping[str, Any]) -> Row:
        try:
            return self._parser.parse(members)
        except RowProblemsError as error:
            shown = ", ".join(f"{name}={_short(members[name])}" for name in self.axes)
            raise RowError(f"{error.reason} (in {members['id']}: {shown})", field=error.field) from error


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
