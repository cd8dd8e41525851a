"""Pictures inside of a text: `data:image/png;base64,...` (RFC 2397)."""

from __future__ import annotations

import binascii
from io import BytesIO
from urllib.parse import unquote_to_bytes

from imagine_async.errors import InvalidRequestError
from imagine_async.inputs.checks import picture_in
from imagine_async.inputs.sources import BytesSource

__all__ = ["from_data_uri"]

_SHOWN_CHARACTERS = 40
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_DROPPED = b" \t\r\n\f\v="


def from_data_uri(text: str, name: str, max_bytes: int) -> BytesSource:
    """Take a picture from a data URI, also from one with white space, without padding, or in the alphabet for URLs.

    Args:
        text: The URI. What it declares as its type is not looked at, because the bytes tell it.
        name: The field that it is for.
        max_bytes: The most bytes that it may hold.

    Returns:
        The picture in memory.

    Raises:
        InvalidRequestError: It is broken, too large, or no picture; the error shows its first characters only.
    """
    head, comma, payload = text.partition(",")
    if not comma:
        raise _refusal(text, name, "a data URI has a comma before its data: data:image/png;base64,...")
    # Three characters for a byte is the most that an encoding needs, so this keeps out what is far too long.
    if len(payload) > 3 * max_bytes:
        raise _too_large(text, name, max_bytes)
    content = _decoded(text, payload, name, is_base64=head.rstrip().lower().endswith("base64"))
    if len(content) > max_bytes:
        raise _too_large(text, name, max_bytes)
    return BytesSource(content, picture_in(BytesIO(content), _beginning(text), name))


def _decoded(text: str, payload: str, name: str, *, is_base64: bool) -> bytes:
    try:
        content = unquote_to_bytes(payload.strip())
        return _from_base64(content) if is_base64 else content
    except UnicodeEncodeError:
        raise _refusal(text, name, "the data URI holds a lone surrogate") from None
    except binascii.Error as problem:
        raise _refusal(text, name, f"the data URI holds no base64: {problem}") from None


def _from_base64(content: bytes) -> bytes:
    plain = content.translate(_URL_SAFE, _DROPPED)
    return binascii.a2b_base64(plain + b"=" * (-len(plain) % 4), strict_mode=True)


def _too_large(text: str, name: str, max_bytes: int) -> InvalidRequestError:
    return _refusal(text, name, f"the picture is larger than {max_bytes} bytes")


def _refusal(text: str, name: str, advice: str) -> InvalidRequestError:
    return InvalidRequestError(name, _beginning(text), advice)


def _beginning(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
