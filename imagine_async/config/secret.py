"""The API key in a wrapper that does not show it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from imagine_async.errors import ConfigurationError

__all__ = ["Secret"]

_MASK = "***"
# A shorter end of a text may well be the beginning of any other word.
_SHORTEST_CUT = 6


class Secret:
    """A text that is not shown by accident: not by `repr`, `str`, formatting, pickling or a traceback's locals.

    Copies within the process are the same secret. A pickled one arrives without its text, so that clients, errors and
    options that hold one can travel, and the text stays.

    Args:
        value: The text.
    """

    __slots__ = ("__weakref__", "_reveal")

    def __init__(self, value: str) -> None:
        # A closure, so that tools that walk over attributes do not meet the text.
        self._reveal: Callable[[], str] | None = lambda: value

    @classmethod
    def of(cls, value: str | Secret) -> Secret:
        """Wrap a text, unless it is wrapped already.

        It judges nothing and never raises: an error here would show the text among the caller's local variables.

        Args:
            value: A text or a secret.

        Returns:
            The secret.
        """
        return value if isinstance(value, Secret) else cls(value)

    def reveal(self) -> str:
        """Return the text.

        Raises:
            ConfigurationError: The secret was pickled, and its text stayed behind.
        """
        if self._reveal is None:
            raise ConfigurationError(
                "the API key was left out when it was pickled; set IMAGINE_API_KEY in the other process"
            )
        return self._reveal()

    def scrub(self, text: str) -> str:
        """Replace the secret wherever it stands in a text: as it is, URL-encoded, or with JSON's escapes.

        Args:
            text: Anything, for example a server's message that repeats the key, also one that was cut within it.

        Returns:
            The text without it.
        """
        for spelling in self._spellings():
            text = re.sub(re.escape(spelling), _MASK, text, flags=re.IGNORECASE)
            text = _without_cut_end(text, spelling)
        return text

    def _spellings(self) -> Iterator[str]:
        value = self._reveal() if self._reveal is not None else ""
        if value:
            escaped = json.dumps(value)[1:-1]
            yield from dict.fromkeys((value, quote(value, safe=""), escaped, escaped.replace("/", r"\/")))

    def __repr__(self) -> str:
        return f"Secret('{_MASK}')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Secret) or self._reveal is None or other._reveal is None:
            return False
        return self._reveal() == other._reveal()

    def __hash__(self) -> int:
        return hash((Secret, id(self) if self._reveal is None else self._reveal()))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _memo: dict[int, Any]) -> Secret:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _without_text, ()


def _without_text() -> Secret:
    secret = Secret("")
    secret._reveal = None
    return secret


def _without_cut_end(text: str, secret: str) -> str:
    """Take away a beginning of the secret at a text's end, where an excerpt may have been cut."""
    for length in range(min(len(secret) - 1, len(text)), _SHORTEST_CUT - 1, -1):
        if text.endswith(secret[:length]):
            return text[:-length] + _MASK
    return text
