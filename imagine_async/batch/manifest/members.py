"""What a row may hold: its own members, and the fields of the endpoint that it calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

import attrs

from imagine_async.batch.manifest.errors import shown_name
from imagine_async.requests import Request
from imagine_async.serialization import REQUEST_CLASSES

__all__ = [
    "DEFAULT_ENDPOINT",
    "EXTRA_PREFIX",
    "MEMBERS",
    "class_named",
    "fields_of",
    "nearest",
    "unknown_columns",
    "unknown_endpoint",
    "unknown_field",
]

DEFAULT_ENDPOINT = "text_to_image"
MEMBERS = ("id", "name", "tags", "endpoint")
"""What every row may hold beside the fields of its endpoint."""
EXTRA_PREFIX = "extra."
"""Begins the name of a column, in flat formats, whose cells are further form fields."""


def class_named(endpoint: object) -> type[Request[Any]] | None:
    """Find the class of request that an endpoint takes; `None` where there is no such endpoint."""
    return REQUEST_CLASSES.get(endpoint) if isinstance(endpoint, str) else None


@cache
def fields_of(endpoint: str) -> tuple[str, ...]:
    """Name the fields that an endpoint takes."""
    return tuple(attribute.alias or attribute.name for attribute in attrs.fields(REQUEST_CLASSES[endpoint]))


def unknown_endpoint(value: object) -> str:
    """Say that there is no such endpoint, and which there are."""
    return f"there is no endpoint {shown_name(value)}; {nearest(value, sorted(REQUEST_CLASSES), 'there are')}"


def unknown_field(name: object, endpoint: str) -> str:
    """Say that an endpoint has no such field, and which one was meant, or which ones it takes.

    Args:
        name: The field.
        endpoint: The endpoint's name.

    Returns:
        The reason for an error that names the field itself.
    """
    taken = fields_of(endpoint)
    return f"{endpoint} has no such field; {nearest(name, [*taken, *MEMBERS], 'a row may hold')}"


def nearest(name: object, known: Iterable[str], lead: str) -> str:
    """Suggest the name that was meant, or list all.

    Args:
        name: What was given.
        known: What is allowed.
        lead: Stands before the list.

    Returns:
        Half a sentence.
    """
    names = list(known)
    found = get_close_matches(name.strip().lower(), names, n=1) if isinstance(name, str) else []
    return f"did you mean {found[0]}?" if found else f"{lead} {', '.join(names)}"


def unknown_columns(columns: Iterable[object], endpoints: Iterable[str]) -> Iterator[tuple[object, str]]:
    """Find the columns that no row of a manifest could use.

    Args:
        columns: Their names.
        endpoints: The endpoints that its rows may call.

    Yields:
        A column's name, and what is wrong with it.
    """
    called = list(dict.fromkeys(endpoints))
    known = dict.fromkeys([*(field for name in called for field in fields_of(name)), *MEMBERS])
    who = called[0] if len(called) == 1 else "no endpoint"
    verb = "has no such field" if len(called) == 1 else "has such a field"
    for column in columns:
        if column not in known:
            yield column, f"{who} {verb}; {nearest(column, known, 'a row may hold')}"
