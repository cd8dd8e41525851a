"""What the page calls endpoints, fields, sizes and times."""

from __future__ import annotations

__all__ = ["bytes_in_words", "field_title", "seconds_in_words", "title", "tokens_in_words"]

_ENDPOINT_WORDS = {"ai": "AI", "png": "PNG"}
_FIELD_WORDS = {"cfg": "Guidance (cfg)", "neg_prompt": "Negative prompt", "style_id": "Style id", "file": "Image"}


def title(endpoint: str) -> str:
    """Return an endpoint's name for people.

    Args:
        endpoint: Its name, for example `text_to_png`.
    """
    name = endpoint.removeprefix("v1.")
    words = " ".join(_ENDPOINT_WORDS.get(word, word) for word in name.split("_"))
    words = words[0].upper() + words[1:]
    return words if name == endpoint else f"{words} (v1)"


def field_title(name: str) -> str:
    """Return a field's name for people.

    Args:
        name: Its name on the wire.
    """
    return _FIELD_WORDS.get(name) or name.replace("_", " ").capitalize()


def tokens_in_words(tokens: int) -> str:
    """Return a number of tokens with its unit.

    Args:
        tokens: How many.
    """
    return f"{tokens:,} token" if tokens == 1 else f"{tokens:,} tokens"


def seconds_in_words(seconds: float) -> str:
    """Return a duration in the unit that suits it.

    Args:
        seconds: How long.
    """
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


def bytes_in_words(number: int) -> str:
    """Return a size in the unit that suits it.

    Args:
        number: How many bytes.
    """
    if number < 1000:
        return f"{number} B"
    return f"{number / 1000:.0f} kB" if number < 999_500 else f"{number / 1_000_000:.1f} MB"
