"""Numbers in flat formats, where every cell is a text, or every number has a fraction."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["to_float", "to_int", "to_truth"]

# Spreadsheets and data frames write whole numbers with a fraction of zero where a column has empty cells.
_WHOLE = re.compile(r"\s*([+-]?[0-9]{1,101})(\.0*)?\s*", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*", re.ASCII)
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def to_int(value: Any) -> Any:
    """Read a whole number; what is none stays as it is, for the field to refuse."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    found = _WHOLE.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) if found else value


def to_float(value: Any) -> Any:
    """Read a number; what is none stays as it is, for the field to refuse."""
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def to_truth(value: Any) -> Any:
    """Read true, 1, yes, false, 0 or no; what is none of these stays as it is, for the field to refuse."""
    return _TRUTHS.get(value.strip().lower(), value) if isinstance(value, str) else value
