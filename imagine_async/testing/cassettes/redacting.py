"""What must not stand in a cassette, and what would be another one at each recording.

Keys are taken out. URLs of results, which are signed, ids and dates are replaced by others that depend on the request
alone; what was replaced is known by its new name from then on, also in the requests that follow.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from imagine_async.config import Secret
from imagine_async.sniff import begins_like_a_picture

__all__ = ["RESULTS_URL", "Aliases", "keys_in", "plain_target"]

RESULTS_URL = "https://cassette.example"
"""Where results lie that are replayed. The name is reserved, and nobody resolves it."""

_URL = re.compile(r"https?://[^\s\"'<>\\]+")
_ID = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9A-Za-z])")
_DATE = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_SOME_DATE = "2000-01-01T00:00:00+00:00"
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_KEY_HEADERS = ("authorization", "bearer", "x-api-key")
_SECRET_MEMBER = re.compile(r"x-amz|x-goog|sign|sig$|token|key|credential|expires|policy|date", re.IGNORECASE)
_MASK = "***"


def keys_in(headers: tuple[tuple[str, str], ...]) -> list[Secret]:
    """Find the keys that a request carries.

    Args:
        headers: Its headers.

    Returns:
        The keys, without the word before them.
    """
    carried = [value for name, value in headers if name.lower() in _KEY_HEADERS]
    return [Secret(value.rpartition(" ")[2]) for value in carried if value]


def plain_target(url: str) -> str:
    """Return what a request is for, without the host, and without what signs it.

    Args:
        url: The whole URL. Of a replayed result's, all of it counts.
    """
    if url.startswith(f"{RESULTS_URL}/"):
        return url
    parts = urlsplit(url)
    members = sorted(
        (name, _MASK if _SECRET_MEMBER.search(name) else value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    return (parts.path or "/") + (f"?{urlencode(members, safe='*')}" if members else "")


class Aliases:
    """What things are called in the cassette.

    The caller sees to it that one thread at a time uses it.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._made: Counter[str] = Counter()
        self._keys: list[Secret] = []

    def know(self, keys: list[Secret]) -> None:
        """Take note of keys.

        Args:
            keys: What must not stand in the cassette.
        """
        self._keys += [key for key in keys if key not in self._keys]

    def url(self, url: str) -> str:
        """Return what a URL is called in the cassette.

        Args:
            url: A request's.
        """
        return self._names.get(unquote(url)) or self.text(url)

    def text(self, text: str) -> str:
        """Return a text without keys, and with the ids of the cassette.

        Args:
            text: A part of a request.
        """
        for key in self._keys:
            text = key.scrub(text)
        return _ID.sub(lambda found: self._names.get(found[0], found[0]), text)

    def body(self, body: bytes, seed: str) -> bytes:
        """Return a reply's body as it may stand in the cassette.

        Args:
            body: The body.
            seed: Tells this reply from all others; new names are made of it.
        """
        if begins_like_a_picture(body):
            return self._without_keys(body)
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return self._without_keys(body)
        try:
            value = json.loads(text)
        except ValueError:
            return self.reply_text(text, seed).encode()
        return json.dumps(_each_text(value, lambda each: self.reply_text(each, seed)), ensure_ascii=False).encode()

    def reply_text(self, text: str, seed: str) -> str:
        """Return a text of a reply as it may stand in the cassette.

        Args:
            text: The text.
            seed: As for `body`.
        """
        for key in self._keys:
            text = key.scrub(text)
        text = _URL.sub(lambda found: self._named(found[0], seed, _as_url), text)
        text = _ID.sub(lambda found: self._named(found[0], seed, _as_id), text)
        return _DATE.sub(_SOME_DATE, text)

    def _named(self, original: str, seed: str, make: Callable[[str, str], str]) -> str:
        if original.startswith(f"{RESULTS_URL}/"):
            return original
        # The HTTP library may spell a URL in another way when it comes back.
        original = unquote(original)
        if original not in self._names:
            number = self._made[seed] = self._made[seed] + 1
            self._names[original] = make(original, f"{seed}/{number}")
        return self._names[original]

    def _without_keys(self, body: bytes) -> bytes:
        for key in self._keys:
            bare = key.reveal().encode()
            # As long as before, so that a picture stays whole.
            body = body.replace(bare, b"*" * len(bare)) if bare else body
        return body


def _as_url(original: str, unique: str) -> str:
    suffix = _SUFFIX.search(urlsplit(original).path)
    name = hashlib.sha256(unique.encode()).hexdigest()[:32]
    return f"{RESULTS_URL}/{name}{'' if suffix is None else suffix[0].lower()}"


def _as_id(_original: str, unique: str) -> str:
    return str(uuid.UUID(hashlib.sha256(unique.encode()).hexdigest()[:32]))


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each_text(each, change) for each in value]
    if isinstance(value, dict):
        return {name: _each_text(each, change) for name, each in value.items()}
    return value
