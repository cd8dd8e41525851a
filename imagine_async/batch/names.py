"""Names of a batch's files: none leaves its folder, and every system can store it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from string import Formatter
from typing import Any

from imagine_async.batch.rows import Row, RowError
from imagine_async.errors import ConfigurationError

__all__ = ["FIELDS", "NameTemplate", "checked_stem", "safe_part"]

LONGEST_PART = 200
"""Bytes of UTF-8 of a folder or a name, so that a number and a suffix still fit into 255."""
LONGEST_NAME = 900
"""Bytes of UTF-8 in all: object stores take 1,024."""
MOST_PARTS = 20

_LONGEST_VALUE = 100
_LONGEST_PROMPT = 60
_RESERVED = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|COM[0-9¹²³]|LPT[0-9¹²³]) *(\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\\/:*?"<>|]')
# Joiners within words and within emoji; they print nothing of their own.
_JOINERS = {ord("\u200c"): None, ord("\u200d"): None}
_NUMBER_SPEC = re.compile(r"(0?[1-9][0-9]?)?[dxX]?")
_ADVICE = (
    f"a name has 1 to {MOST_PARTS} parts with / between them, {LONGEST_NAME} bytes at most, and each part has 1 to "
    f"{LONGEST_PART} bytes, neither begins nor ends with a dot or a space, and holds no control characters and none of "
    '\\ : * ? " < > |; for example animals/fox-01'
)


def checked_stem(name: str) -> str:
    """See that a name without suffix stays in its folder and can be stored on every system.

    Args:
        name: With `/` between folders.

    Returns:
        The name, in Unicode's normal form C.

    Raises:
        RowError: It is absolute, holds `..`, is reserved on Windows, or the like; says what is allowed.
    """
    if not isinstance(name, str):
        raise RowError(f"a name is a text, not of type {type(name).__name__}", field="name")
    normal = unicodedata.normalize("NFC", name) if len(name) <= 4 * LONGEST_NAME else name
    trouble = _trouble(normal)
    if trouble:
        shown = normal if len(normal) <= 80 else f"{normal[:79]}…"
        raise RowError(f"{shown!r} {trouble}: {_ADVICE}", field="name")
    return normal


def safe_part(text: str, *, longest: int = LONGEST_PART) -> str:
    """Make any text one part of a name.

    Args:
        text: For example a prompt.
        longest: Bytes of UTF-8 at most.

    Returns:
        The text with `-` for what no name may hold; `none` where nothing is left.
    """
    normal = _FORBIDDEN.sub("-", unicodedata.normalize("NFC", text))
    kept = "".join(character if _prints(character) else "-" for character in normal)
    # Cut first: what the cut leaves may end with a space.
    part = _cut(re.sub(r"\.{2,}", ".", kept).strip(" ."), longest - 1).strip(" .") or "none"
    return f"_{part}" if _RESERVED.fullmatch(part) else part


def _trouble(name: str) -> str | None:
    if len(name) > LONGEST_NAME or len(name.encode(errors="replace")) > LONGEST_NAME:
        return "is too long"
    if name.startswith(("/", "\\")) or name[1:2] == ":":
        return "is absolute"
    parts = name.split("/")
    if len(parts) > MOST_PARTS:
        return "has too many parts"
    return next(filter(None, map(_part_trouble, parts)), None)


def _part_trouble(part: str) -> str | None:
    if not part or part in (".", ".."):
        return "has a part that is empty, . or .."
    if not _prints(part) or _FORBIDDEN.search(part):
        return "holds a character that not every system can store"
    if part != part.strip(" ."):
        return "has a part that begins or ends with a dot or a space"
    if len(part.encode()) > LONGEST_PART:
        return "has a part that is too long"
    return "has a part that is reserved on Windows" if _RESERVED.fullmatch(part) else None


def _prints(text: str) -> bool:
    return text.translate(_JOINERS).isprintable()


def _cut(text: str, longest: int) -> str:
    return text.encode()[:longest].decode(errors="ignore")


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
    short = _cut(whole, _LONGEST_PROMPT)
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
