"""Ways out for texts that were taken for paths, and texts without the secrets that URLs carry."""

from __future__ import annotations

import re

__all__ = ["hint_for", "without_secrets"]

_FETCHED = "only http:// and https:// URLs are fetched: download it, and pass its path or bytes"
_HINTS = tuple(
    (re.compile(pattern, re.IGNORECASE), hint)
    for pattern, hint in (
        (r"$", "the path is empty"),
        (r"https?:/(?!/)", "pass a URL as a str, because a Path takes a slash away"),
        (r"file:", "pass the path without file://"),
        (r"[a-z][a-z0-9+.-]+://", _FETCHED),
        (r"www\.", "a URL begins with https://"),
        (r"~", "~ is not expanded: pass Path(...).expanduser()"),
        (r"ivborw0kggo|/9j/|r0lgod|uklgr", "it looks like base64: pass base64.b64decode(...), or a data URI"),
    )
)
_URL = re.compile(r"\s*([a-z][a-z0-9+.-]+):/+(.*)", re.IGNORECASE | re.DOTALL)
_QUERY = re.compile(r"[?#].*", re.DOTALL)


def hint_for(text: str) -> str:
    """Guess what a text was meant to be that is no file's path.

    Args:
        text: What was given as a path.

    Returns:
        The end of an error's sentence; empty where there is nothing to guess.
    """
    return next((f"; {hint}" for pattern, hint in _HINTS if pattern.match(text)), "")


def without_secrets(text: str) -> str:
    """Leave out what may give access: the query of a URL, which holds signatures, and any password.

    Args:
        text: A URL, or anything else, which stays as it is.

    Returns:
        What errors and logs may show.
    """
    found = _URL.match(text)
    if found is None:
        return text
    scheme, rest = found.groups()
    path = _QUERY.sub("", rest)
    if "@" not in rest:
        return f"{scheme}://{path}"
    # What stands before an @ may be a password; one that holds a question mark is not to be cut in two.
    return f"{scheme}://…{path.rpartition('@')[2] if '@' in path else ''}"
