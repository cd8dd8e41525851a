"""What can be wrong with a manifest, as a whole or with one of its rows."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from imagine_async.batch.rows import RowError
from imagine_async.errors import ImagineError

__all__ = ["ManifestError", "Problem", "RowProblemsError", "shown_name"]

_LONGEST_SHOWN = 60


class ManifestError(ImagineError, ValueError):
    """A manifest cannot be read at all: the file is missing, or what all rows depend on is wrong.

    Args:
        path: The file, as it was named; `-` for the standard input.
        reason: What is wrong, and what is allowed.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"manifest {path}: {reason}")
        self.path = path
        self.reason = reason


@frozen
class Problem:
    """One thing that is wrong with a row.

    Args:
        field: The member that is wrong; `None` where it is the row as a whole.
        reason: What is wrong with it, and what is allowed.
        is_missing_file: Whether a file that it names is not there.
    """

    field: str | None
    reason: str
    is_missing_file: bool = False

    def __str__(self) -> str:
        return self.reason if self.field is None else f"{self.field}: {self.reason}"


class RowProblemsError(RowError):
    """A row's members are wrong, one or several; the message names them all.

    Args:
        problems: At least one.
        line: The row's line in the manifest, from 1.
    """

    def __init__(self, problems: Sequence[Problem], *, line: int | None = None) -> None:
        only = problems[0] if len(problems) == 1 else None
        reason = "; ".join(map(str, problems)) if only is None else only.reason
        super().__init__(reason, line=line, field=None if only is None else only.field)
        self.problems = tuple(problems)


def shown_name(name: object) -> str:
    """Show the name of a member as an error may: short, and without characters that do not print.

    Args:
        name: The name; anything, where the row is a mapping of Python's.

    Returns:
        The name as it is where that is a plain one, else in quotation marks.
    """
    if isinstance(name, str) and name.isprintable() and name.strip() == name and 0 < len(name) <= _LONGEST_SHOWN:
        return name
    shown = ascii(name)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[: _LONGEST_SHOWN - 1]}…"
