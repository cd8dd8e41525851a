"""All kinds of faults by name, and their short form: `kind`, or `kind:value`, as scripts write it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs

from imagine_async.sandbox.faults.base import Fault
from imagine_async.sandbox.faults.breaking import Drop, Trickle, Truncate
from imagine_async.sandbox.faults.garbling import ClockSkew, DuplicateHeaders, MalformedJson, WrongType
from imagine_async.sandbox.faults.latency import Latency
from imagine_async.sandbox.faults.refusing import Page, Storm

__all__ = ["KINDS", "fault_from_table", "fault_from_word"]

KINDS: Mapping[str, type[Fault]] = MappingProxyType(
    {
        each.kind: each
        for each in (
            Latency,
            Drop,
            Trickle,
            Truncate,
            Storm,
            Page,
            MalformedJson,
            WrongType,
            DuplicateHeaders,
            ClockSkew,
        )
    }
)
"""Every kind of fault, by the name that a file gives it."""

_RESETS = ":reset"


def fault_from_table(kind: object, parameters: Mapping[str, Any]) -> Fault:
    """Make a fault of what a file says.

    Args:
        kind: Its name.
        parameters: The rest, by name.

    Raises:
        ValueError: Names the field, its value and what it may be.
    """
    made = KINDS.get(kind) if isinstance(kind, str) else None
    if made is None:
        raise ValueError(f"fault: one of {', '.join(KINDS)}, not {kind!r}")
    fields = attrs.fields_dict(made)
    for name in parameters:
        if name not in fields:
            raise ValueError(f"{name}: {made.kind} takes no such field, but {_listed(fields)}")
    for name, each in fields.items():
        if each.default is attrs.NOTHING and name not in parameters:
            raise ValueError(f"{name}: is missing; {made.kind} needs it")
    return made(**parameters)


def fault_from_word(word: str) -> Fault:
    """Make a fault of its short form, such as `drop:in_body`, `drop:in_body:reset`, `html:503` or `malformed_json`.

    Args:
        word: The kind, and after a colon the value of its main field.

    Raises:
        ValueError: Names what is wrong with it.
    """
    kind, colon, value = word.partition(":")
    if not colon or kind not in KINDS:
        return fault_from_table(kind, {})
    main = KINDS[kind].main
    if main is None:
        raise ValueError(f"{kind} takes no value after a colon, as in {word!r}; write {kind!r}")
    parameters: dict[str, Any] = {main: _plain(value.removesuffix(_RESETS))}
    if kind == Drop.kind and value.endswith(_RESETS):
        parameters["resets"] = True
    return fault_from_table(kind, parameters)


def _plain(text: str) -> str | int | float:
    """Read a number where there is one."""
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _listed(fields: Mapping[str, Any]) -> str:
    return ", ".join(fields) or "none at all"
