"""Whether one part of a form is what its endpoint takes."""

from __future__ import annotations

import re

from starlette.datastructures import UploadFile

from imagine_async.catalog import FormField
from imagine_async.sandbox.replies import RefusedError

__all__ = ["check_part"]

_INTEGER = re.compile(r"[+-]?[0-9]{1,100}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,100}(?:\.[0-9]{0,100})?|\.[0-9]{1,100})(?:[eE][+-]?[0-9]{1,3})?")


def check_part(field: FormField, part: UploadFile | str | None) -> None:
    """Check a part of a form; the contents of a file are not looked at.

    Args:
        field: What the catalog knows of it.
        part: What came, `None` where nothing did.

    Raises:
        RefusedError: The part is missing or has a value that the endpoint does not take.
    """
    if isinstance(part, UploadFile):
        _check_kind(field, "file")
    elif part and part.strip():
        _check_text(field, part)
    elif field.required:
        raise RefusedError(1103, f"No {field.name} was provided.")
    elif part is not None and (field.kind != "text" or field.allowed):
        raise RefusedError(1100, f"The {field.name} is empty.")


def _check_text(field: FormField, value: str) -> None:
    _check_kind(field, "text")
    if field.kind == "integer" and not _INTEGER.fullmatch(value):
        raise RefusedError(1100, f"The {field.name} must be an integer.")
    if field.kind == "number" and not _NUMBER.fullmatch(value):
        raise RefusedError(1100, f"The {field.name} must be a number.")
    if field.allowed and value not in field.allowed:
        raise RefusedError(1100, f"The {field.name} must be one of {', '.join(field.allowed)}.")
    if not _is_in_range(field, value):
        raise RefusedError(1100, f"The {field.name} must be {_range(field)}.")


def _is_in_range(field: FormField, value: str) -> bool:
    if field.low is None and field.high is None:
        return True
    number = float(value)
    return (field.low is None or number >= field.low) and (field.high is None or number <= field.high)


def _range(field: FormField) -> str:
    if field.low is None:
        return f"{field.high:g} or less"
    return f"{field.low:g} or more" if field.high is None else f"from {field.low:g} to {field.high:g}"


def _check_kind(field: FormField, kind: str) -> None:
    if (field.kind == "file") != (kind == "file"):
        raise RefusedError(
            1100, f"The {field.name} must be {'a file' if field.kind == 'file' else 'text, not a file'}."
        )
