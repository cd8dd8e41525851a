"""Names that every system can store, and that stay in their folder."""

from __future__ import annotations

import re
import unicodedata

from imagine_async.batch.rows import RowError

__all__ = ["checked_stem", "cut", "safe_part"]

# Bytes of UTF-8 of a folder or a name, so that a number and a suffix still fit into 255.
_LONGEST_PART = 200
# Bytes of UTF-8 in all: object stores take 1,024.
_LONGEST_NAME = 900
_MOST_PARTS = 20

_RESERVED = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|COM[0-9¹²³]|LPT[0-9¹²³]) *(\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\\/:*?"<>|]')
# Joiners within words and within emoji; they print nothing of their own.
_JOINERS = {ord("\u200c"): None, ord("\u200d"): None}
_ADVICE = (
    f"a name has 1 to {_MOST_PARTS} parts with / between them, {_LONGEST_NAME} bytes at most, and each part has 1 to "
    f"{_LONGEST_PART} bytes, neither begins nor ends with a dot or a space, and holds no control characters and none "
    'of \\ : * ? " < > |; for example animals/fox-01'
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
    normal = unicodedata.normalize("NFC", name) if len(name) <= 4 * _LONGEST_NAME else name
    trouble = _trouble(normal)
    if trouble:
        shown = normal if len(normal) <= 80 else f"{normal[:79]}…"
        raise RowError(f"{shown!r} {trouble}: {_ADVICE}", field="name")
    return normal


def safe_part(text: str, *, longest: int = _LONGEST_PART) -> str:
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
    part = cut(re.sub(r"\.{2,}", ".", kept).strip(" ."), longest - 1).strip(" .") or "none"
    return f"_{part}" if _RESERVED.fullmatch(part) else part


def _trouble(name: str) -> str | None:
    if len(name) > _LONGEST_NAME or len(name.encode(errors="replace")) > _LONGEST_NAME:
        return "is too long"
    if name.startswith(("/", "\\")) or name[1:2] == ":":
        return "is absolute"
    parts = name.split("/")
    if len(parts) > _MOST_PARTS:
        return "has too many parts"
    return next(filter(None, map(_part_trouble, parts)), None)


def _part_trouble(part: str) -> str | None:
    if not part or part in (".", ".."):
        return "has a part that is empty, . or .."
    if not _prints(part) or _FORBIDDEN.search(part):
        return "holds a character that not every system can store"
    if part != part.strip(" ."):
        return "has a part that begins or ends with a dot or a space"
    if len(part.encode()) > _LONGEST_PART:
        return "has a part that is too long"
    return "has a part that is reserved on Windows" if _RESERVED.fullmatch(part) else None


def _prints(text: str) -> bool:
    return text.translate(_JOINERS).isprintable()


def cut(text: str, longest: int) -> str:
    """Cut a text between two characters.

    Args:
        text: The text.
        longest: Bytes of UTF-8 at most.
    """
    return text.encode()[:longest].decode(errors="ignore")
