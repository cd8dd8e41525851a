"""How the files of a batch are named: by what their rows ask for, and never so that one leaves its folder."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from string import Formatter
from typing import Any

from imagine_async.batch.rows import Row, RowError
from imagine_async.batch.safe_names import checked_stem, cut, safe_part
from imagine_async.errors import ConfigurationError

__all__ = ["FIELDS", "NameTemplate"]

_LONGEST_VALUE = 100
_LONGEST_PROMPT = 60
_NUMBER_SPEC = re.compile(r"(0?[1-9][0-9]?)?[dxX]?")


def _told_apart(text: str) -> str:
    """Make a part of a name of which two differ where the texts do."""
    safe = safe_part(text, longest=_LONGEST_VALUE)
    if safe == text:
        return safe
    return f"{safe}-{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:8]}"


def _slug(prompt: str) -> str:
    """Keep the letters and digits of any script, with their marks."""
    normal = unicodedata.normalize("NFC", prompt[: 4 * _LONGEST_PROMPT].casefold())
    kept = "".join(character if unicodedata.category(character)[0] in "LMN" else " " for character in normal)
    whole = "-".join(kept.split())
    if len(whole.encode()) <= _LONGEST_PROMPT:
        return whole
    short = cut(whole, _LONGEST_PROMPT)
    return short.rpartition("-")[0] or short


def _asked(name: str) -> Callable[[Row, int], Any]:
    def read(row: Row, _: int) -> Any:
        value = getattr(row.request, name, None)
        return None if value is None else str(value)

    return read


def _id(row: Row, position: int) -> str:
    return f"{position:07d}" if row.id is None else _told_apart(row.id)


def _name(row: Row, position: int) -> str:
    return _id(row, position) if row.name is None else checked_stem(row.name)


_NUMBERS: Mapping[str, Callable[[Row, int], int | None]] = {
    "position": lambda _, position: position,
    "line": lambda row, _: row.line,
    "seed": lambda row, _: getattr(row.request, "seed", None),
}
_TEXTS: Mapping[str, Callable[[Row, int], str | None]] = {
    "id": _id,
    "name": _name,
    "endpoint": lambda row, _: row.request.endpoint.name,
    "style": _asked("style"),
    "aspect_ratio": lambda row, position: (_asked("aspect_ratio")(row, position) or "").replace(":", "x"),
    "prompt": lambda row, _: _slug(getattr(row.request, "prompt", None) or ""),
    "tag": lambda row, _: next(iter(row.tags), None),
}
FIELDS = (*_NUMBERS, *_TEXTS)
"""What a name template may hold."""


class NameTemplate:
    """How the files of a batch are named, as in `{style}/{position:05d}-{seed}`.

    A `/` in the template makes folders; one in a value does not, but for that of `name`. A row whose `name` is given
    has that name, unless the template itself holds `{name}`. A field that a row lacks gives `none`; `id` and `name`
    give the row's place in seven digits.

    Args:
        template: Text with fields: `position` (from 0), `line`, `seed`, `id`, `name`, `endpoint`, `style`,
            `aspect_ratio` (as 16x9), `prompt` (its words, shortened) and `tag` (the first). The three numbers may have
            a width, as in `{position:05d}`. `None` for the row's `name`, or else its `id`, or else its place.

    Raises:
        ConfigurationError: It holds another field, or what no name may hold.
    """

    def __init__(self, template: str | None = None) -> None:
        self.template = "{name}" if template is None else template
        self._pieces = tuple(_pieces(self.template))
        self._is_default = self.template == "{name}"
        self._takes_name = any(name == "name" for _, name, _ in self._pieces)
        _check_literals(self.template, self._pieces)

    def __repr__(self) -> str:
        return f"NameTemplate({self.template!r})"

    def stem(self, row: Row, position: int) -> str:
        """Name the file of a row.

        Args:
            row: The row, with its seed chosen.
            position: Its place in the input, from 0.

        Returns:
            The name without suffix, as `checked_stem` returns it.

        Raises:
            RowError: The row's own name is refused, or the whole is too long.
        """
        if self._is_default and row.name is None and row.id is None:
            return f"{position:07d}"
        if row.name is not None and not self._takes_name:
            return checked_stem(row.name)
        text = "".join(literal + _value(name, spec, row, position) for literal, name, spec in self._pieces)
        return checked_stem("/".join(safe_part(part) for part in text.split("/")))


def _value(name: str | None, spec: str, row: Row, position: int) -> str:
    if name is None:
        return ""
    if name in _NUMBERS:
        number = _NUMBERS[name](row, position)
        return "none" if number is None else format(number, spec)
    text = _TEXTS[name](row, position)
    return text or "none" if name in ("id", "name") else safe_part(text or "", longest=_LONGEST_VALUE)


def _pieces(template: str) -> Iterator[tuple[str, str | None, str]]:
    try:
        parsed = list(Formatter().parse(template))
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"name template {template!r}: {error}; write a brace as {{{{ or }}}}") from None
    for literal, name, spec, conversion in parsed:
        if name is not None:
            _check_field(template, name, spec or "", conversion)
        yield literal, name, spec or ""


def _check_field(template: str, name: str, spec: str, conversion: str | None) -> None:
    if name not in FIELDS:
        known = ", ".join(sorted(FIELDS))
        raise ConfigurationError(f"name template {template!r}: there is no field {name!r}; there are {known}")
    if conversion or (spec and (name not in _NUMBERS or not _NUMBER_SPEC.fullmatch(spec))):
        raise ConfigurationError(
            f"name template {template!r}: {name!r} is written otherwise; only {', '.join(_NUMBERS)} take a format, "
            "which is a width of 1 to 99 with d, x or X, as in {position:05d}"
        )


def _check_literals(template: str, pieces: tuple[tuple[str, str | None, str], ...]) -> None:
    """See what the template itself writes, with a letter for every field."""
    try:
        checked_stem("".join(literal + ("x" if name else "") for literal, name, _ in pieces))
    except RowError as error:
        raise ConfigurationError(f"name template {template!r}: {error.reason}") from None
