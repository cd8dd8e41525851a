"""Faults from a file or from code: a seed and rules, checked to the last field."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeAlias

import anyio
from attrs import field, frozen

from imagine_async.sandbox.faults.checks import FaultsError
from imagine_async.sandbox.faults.rules import Rule, rule_from_table
from imagine_async.sandbox.faults.waiting import Sleep

__all__ = ["Faults", "GivenFaults"]

_MAX_BYTES = 1024 * 1024
_MOST_RULES = 1000
_FIELDS = ("seed", "rules")
_IN_CODE = "faults"


@frozen
class Faults:
    """The faults of a sandbox.

    Args:
        rules: The rules; each is asked about every request, in this order.
        seed: With the same seed and the same sequence of requests, the same faults strike.
        sleep: Waits so many seconds; for tests.
    """

    rules: tuple[Rule, ...]
    seed: int = 0
    sleep: Sleep = field(default=anyio.sleep, eq=False, repr=False)

    @classmethod
    def of(cls, given: GivenFaults) -> Faults:
        """Read faults, whatever form they have.

        Args:
            given: A file's path; what such a file holds; or a script of words, one for each request, such as
                `["ok", "drop:in_body"]`.

        Raises:
            FaultsError: They cannot be read, or hold what is no rule.
        """
        if isinstance(given, Faults):
            return given
        if isinstance(given, (str, os.PathLike)):
            return cls.load(given)
        if isinstance(given, Mapping):
            return cls.from_table(given)
        return cls.from_table({"rules": [{"script": given}]})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file: TOML, or JSON if its name ends in `.json`.

        Args:
            path: Where it lies.

        Raises:
            FaultsError: It cannot be read, or holds what is no rule.
        """
        place = Path(path)
        return cls.from_table(_table(place), source=str(place))

    @classmethod
    def from_table(cls, table: Any, *, source: str = _IN_CODE) -> Self:
        """Check what a file holds.

        Args:
            table: `seed`, a whole number, and `rules`, a list of tables.
            source: What errors call it.

        Raises:
            FaultsError: It holds what is no rule.
        """
        if not isinstance(table, Mapping):
            raise FaultsError(f"{source}: a table with the fields seed and rules, not {table!r:.100}")
        for name in table:
            if name not in _FIELDS:
                raise FaultsError(f"{source}: {name}: no such field; there are seed and rules")
        seed, rules = table.get("seed", 0), table.get("rules")
        if type(seed) is not int:
            raise FaultsError(f"{source}: seed: a whole number, not {seed!r}")
        if not isinstance(rules, (list, tuple)) or not 0 < len(rules) <= _MOST_RULES:
            raise FaultsError(f"{source}: rules: a list of 1 to {_MOST_RULES} tables, each a rule, not {rules!r:.100}")
        return cls(tuple(_rule(rule, f"{source}: rule {number}") for number, rule in enumerate(rules, 1)), seed)


GivenFaults: TypeAlias = Faults | str | os.PathLike[str] | Mapping[str, Any] | Sequence[str]
"""A file's path; what such a file holds; a script of words; or what was made of one of them."""


def _rule(table: Any, place: str) -> Rule:
    if not isinstance(table, Mapping):
        raise FaultsError(f"{place}: a table that names a fault, not {table!r:.100}")
    try:
        return rule_from_table(table)
    except ValueError as error:
        raise FaultsError(f"{place}: {error}") from None


def _table(path: Path) -> Any:
    text = _text(path)
    try:
        return json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except RecursionError:
        raise FaultsError(f"{path}: it is nested too deeply") from None
    except ValueError as error:
        raise FaultsError(f"{path}: {error}") from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise FaultsError(f"{path}: pass a file of at most {_MAX_BYTES} bytes")
        return content.decode("utf-8")
    except OSError as error:
        raise FaultsError(
            f"{path}: {error.strerror or error}; name a file, TOML or JSON, or pass a list of words"
        ) from None
    except UnicodeDecodeError:
        raise FaultsError(f"{path}: it is no UTF-8 text") from None
