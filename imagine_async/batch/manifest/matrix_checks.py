"""Checks of a matrix as a whole, before its first row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from imagine_async.batch.manifest.combinations import count_of
from imagine_async.batch.manifest.errors import shown_name
from imagine_async.batch.manifest.members import (
    DEFAULT_ENDPOINT,
    class_named,
    nearest,
    unknown_columns,
    unknown_endpoint,
)
from imagine_async.batch.manifest.source import Source
from imagine_async.batch.manifest.templates import Prompts, template_of

__all__ = ["MOST_BYTES", "checked_matrix"]

MOST_BYTES = 16 * 2**20
"""The most bytes of a file with a matrix."""

_MOST_ROWS = 10**9
_MEMBERS = ("templates", "values", "matrix", "fixed")
_MADE = ("id", "name")
_PLAIN = "pass a text, a number, or a list or table of those"


def checked_matrix(data: object, source: Source) -> tuple[dict[str, Sequence[Any]], dict[str, Any]]:
    """Check the content of a file.

    Args:
        data: The content.
        source: The file, for errors.

    Returns:
        The lists by the names of their members, and what every row has.

    Raises:
        ManifestError: What is wrong, with its place.
    """
    try:
        tables = _tables(data)
        lists, prompts = _lists("matrix", tables.get("matrix", {})), _prompts(tables)
        if prompts.keys() & lists.keys():
            raise ValueError("matrix.prompt: the prompts come from templates already; leave one of them out")
        axes: dict[str, Sequence[Any]] = {**prompts, **lists}
        fixed = dict(_table("fixed", tables.get("fixed", {})))
        _check_fixed(fixed, axes)
        _check_names(axes, fixed)
        _check_size(axes)
    except ValueError as problem:
        raise source.error(str(problem)) from None
    return axes, fixed


def _tables(data: object) -> Mapping[str, Any]:
    tables = _table("the file", data)
    for name in tables:
        if name not in _MEMBERS:
            raise ValueError(f"{shown_name(name)}: there is no such table; {nearest(name, _MEMBERS, 'there are')}")
    if not {"templates", "matrix"} & tables.keys():
        raise ValueError("there is neither a table matrix nor a list templates, so there are no rows")
    if "values" in tables and "templates" not in tables:
        raise ValueError("values: they fill in templates, and there are none")
    return tables


def _prompts(tables: Mapping[str, Any]) -> dict[str, Prompts]:
    if "templates" not in tables:
        return {}
    texts = _texts("templates", tables["templates"])
    values = {key: _texts(f"values.{key}", each) for key, each in _table("values", tables.get("values", {})).items()}
    templates = []
    for place, text in enumerate(texts, 1):
        try:
            templates.append(template_of(text, values))
        except ValueError as problem:
            raise ValueError(f"templates, number {place}: {problem}") from None
    named = {key for template in templates for key in template.values}
    if unused := next((key for key in values if key not in named), None):
        raise ValueError(f"values.{shown_name(unused)}: no template names it")
    return {"prompt": Prompts(templates)}


def _check_fixed(fixed: Mapping[str, Any], axes: Mapping[str, Sequence[Any]]) -> None:
    for name, value in fixed.items():
        if name in axes:
            raise ValueError(f"fixed.{shown_name(name)}: it has a list of values as well; leave one of them out")
        if not _is_plain(value):
            raise ValueError(f"fixed.{shown_name(name)}: {_PLAIN}")


def _check_names(axes: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]) -> None:
    names = [*axes, *fixed]
    for name in _MADE:
        if name in names:
            raise ValueError(f"{name}: each row has one of its own, made of its places in the lists: leave it out")
    endpoints = list(_endpoints(axes.get("endpoint", (fixed.get("endpoint", DEFAULT_ENDPOINT),))))
    for unknown, reason in unknown_columns(names, endpoints):
        raise ValueError(f"{'matrix' if unknown in axes else 'fixed'}.{shown_name(unknown)}: {reason}")


def _check_size(axes: Mapping[str, Sequence[Any]]) -> None:
    if count_of(axes) > _MOST_ROWS:
        raise ValueError(f"the lists make more than {_MOST_ROWS:,} rows")


def _endpoints(names: Sequence[Any]) -> Iterator[str]:
    for name in names:
        if class_named(name) is None:
            raise ValueError(f"endpoint: {unknown_endpoint(name)}")
        yield name


def _table(name: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ValueError(f"{name}: this has to be a table of named members")
    return value


def _lists(name: str, value: object) -> dict[str, Sequence[Any]]:
    return {key: _list(f"{name}.{shown_name(key)}", each) for key, each in _table(name, value).items()}


def _list(name: str, value: object) -> Sequence[Any]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"{name}: pass a list with one value or more; what all rows have in common goes into fixed")
    for place, item in enumerate(value, 1):
        if not _is_plain(item):
            raise ValueError(f"{name}, number {place}: {_PLAIN}")
    return value


def _texts(name: str, value: object) -> Sequence[str]:
    texts = _list(name, value)
    for place, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise ValueError(f"{name}, number {place}: pass a text; write it in quotation marks")
    return texts


def _is_plain(value: object) -> bool:
    """Tell whether a value is a single one, or holds only such: an alias in YAML may stand for far more."""
    if isinstance(value, (list, dict)):
        items = value.values() if isinstance(value, dict) else value
        return len(value) <= 1000 and not any(isinstance(item, (list, dict)) for item in items)
    return True
