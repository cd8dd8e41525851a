"""The picture in a JSON reply: a URL or base64, at any depth and in lists. No I/O.

Official pages disagree on whether a picture comes as bytes or within JSON, and none shows the JSON. So the whole reply
is searched, breadth first, and members whose names say that they hold something else are left aside.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import deque
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes, urlsplit

from imagine_async.sniff import begins_like_a_picture, sniff_bytes

__all__ = ["find_picture"]

_MOST_VALUES = 10_000
_LONGEST_URL = 8192
_SOMETHING_ELSE = re.compile(
    r"thumb|preview|input|request|setting|param|mask|doc|help|avatar|logo|icon|webhook|status_url"
)
_PROBE_CHARACTERS = 4096


def find_picture(value: object) -> bytes | str | None:
    """Search parsed JSON for a picture.

    Args:
        value: What `json.loads` made of a reply.

    Returns:
        The picture's bytes, or the URL under which it lies, or `None`.
    """
    link: str | None = None
    for text in _texts(value):
        content = _embedded(text)
        if content is not None:
            return content
        if link is None and _is_link(text):
            link = text.strip()
    return link


def _texts(value: object) -> Iterator[str]:
    """Yield the texts in it, the shallow ones first."""
    waiting = deque([value])
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        item = waiting.popleft()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting.extend(held for name, held in item.items() if not _SOMETHING_ELSE.search(name.lower()))
        elif isinstance(item, list):
            waiting.extend(item)


def _is_link(text: str) -> bool:
    text = text.strip()
    if len(text) > _LONGEST_URL or not text.lower().startswith(("https://", "http://")):
        return False
    try:
        return bool(urlsplit(text).hostname) and not any(sign.isspace() for sign in text)
    except ValueError:
        return False


def _embedded(text: str) -> bytes | None:
    kind, comma, data = text.strip().partition(",")
    if not kind.lower().startswith("data:"):
        return _from_base64(text)
    if comma and kind.lower().endswith(";base64"):
        return _from_base64(data)
    content = unquote_to_bytes(data)
    return content if sniff_bytes(content) else None


def _from_base64(text: str) -> bytes | None:
    # The beginning tells, so that long texts which are something else are not decoded whole.
    beginning = _decoded("".join(text[: 2 * _PROBE_CHARACTERS].split())[:_PROBE_CHARACTERS])
    if beginning is None or not _begins_like_a_picture(beginning):
        return None
    return _decoded("".join(text.split()))


def _begins_like_a_picture(beginning: bytes) -> bool:
    return sniff_bytes(beginning) is not None or begins_like_a_picture(beginning)


def _decoded(text: str) -> bytes | None:
    usual = text.replace("-", "+").replace("_", "/").rstrip("=")
    if len(usual) < 16 or len(usual) % 4 == 1:
        return None
    try:
        return base64.b64decode(usual + "=" * (-len(usual) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
