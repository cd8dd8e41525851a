"""Lines of a manifest: of bounded length, and in UTF-8."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from imagine_async.batch.rows import RowError

__all__ = ["BOM", "LONGEST_LINE", "TOO_LONG", "decoded", "skip_rest"]

LONGEST_LINE = 16 * 2**20
"""Bytes."""
TOO_LONG = (
    f"the line has more than {LONGEST_LINE // 2**20} MB: put pictures into files, and name their paths in the row"
)
BOM = b"\xef\xbb\xbf"

_PIECE = 2**16


def skip_rest(file: BinaryIO, see: Callable[[bytes], object]) -> None:
    """Read on to the end of a line that is too long to be kept.

    Args:
        file: Where it stands, in the middle of the line.
        see: Is shown each piece.
    """
    while piece := file.readline(_PIECE):
        see(piece)
        if piece.endswith(b"\n"):
            return


def decoded(raw: bytes, line: int | None) -> str:
    """Turn the bytes of a row into text.

    Args:
        raw: The bytes.
        line: The row's line, for the error.

    Raises:
        RowError: They are not UTF-8.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError as problem:
        wrong = raw[problem.start : problem.start + 1].hex()
        reason = f"byte {problem.start + 1} of the row, 0x{wrong}, is not UTF-8: save the file as UTF-8"
        raise RowError(reason, line=line) from None
