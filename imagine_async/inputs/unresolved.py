"""Pictures that are not at hand yet: behind a URL, in an async stream, or made by another row of a batch.

They cannot be read where a request is made, because that does not await. `resolve` reads them before the call is sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import TypeAlias
from urllib.parse import urlsplit

from attrs import field, frozen

from imagine_async.errors import InvalidRequestError
from imagine_async.inputs.hints import without_secrets
from imagine_async.inputs.once import Once
from imagine_async.inputs.sources import Source

__all__ = ["UNRESOLVED", "AnySource", "RowOutput", "StreamSource", "Unresolved", "UrlSource"]


@frozen
class UrlSource:
    """A picture behind a URL, fetched anew for every call that sends it.

    Args:
        url: Begins with `http://` or `https://`. Its query, which may hold a signature, is never shown.
        name: The field that it was given for.

    Raises:
        InvalidRequestError: The URL is malformed, or holds a user name or a password.
    """

    url: str = field(repr=without_secrets)
    name: str = field(default="image", eq=False)

    def __attrs_post_init__(self) -> None:
        problem = _problem_of(self.url)
        # Raised outside of any handler: what the parser says may quote a password.
        if problem:
            raise InvalidRequestError(self.name, self.shown, problem)

    @property
    def shown(self) -> str:
        """The URL as errors and logs may show it."""
        return without_secrets(self.url)


@frozen(eq=False)
class StreamSource:
    """A picture that an async iterator yields, piece by piece.

    It is read by the first call that sends it, and kept for all others.

    Args:
        iterator: Yields bytes; can be read once.
        name: The field that it was given for.
    """

    iterator: AsyncIterable[bytes] = field(repr=lambda iterator: f"<{type(iterator).__name__}>")
    name: str = "image"
    once: Once[Source] = field(factory=Once, init=False, repr=False)

    @property
    def shown(self) -> str:
        """The stream as errors and logs may show it."""
        return f"<{type(self.iterator).__name__}>"


@frozen
class RowOutput:
    """The picture that another row of the same batch makes.

    Args:
        row: The id of that row, which stands before the one that takes its picture.
        name: The field that it was given for.

    Raises:
        InvalidRequestError: The id is no text, or empty.

    Example:
        Row(request=RemoveBackground(image=RowOutput("fox")), id="fox-alone")
    """

    row: str
    name: str = field(default="image", eq=False)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.row, str) or not self.row:
            raise InvalidRequestError(self.name, self.row, "pass the id of the row whose picture is taken")

    @property
    def shown(self) -> str:
        """The row as errors and logs may show it."""
        return f"<picture of row {self.row!r}>"


Unresolved: TypeAlias = UrlSource | StreamSource | RowOutput
"""A picture that is not at hand yet."""

UNRESOLVED = (UrlSource, StreamSource, RowOutput)
"""The classes of those."""

AnySource: TypeAlias = Source | Unresolved
"""A picture in a request."""


def _problem_of(url: str) -> str | None:
    if any(character == "\\" or character.isspace() or not character.isprintable() for character in url):
        return "a URL holds no white space, control characters or backslashes; encode them with urllib.parse.quote()"
    try:
        parts = urlsplit(url)
        # Read for its check.
        _ = parts.port
    except ValueError:
        return "this is no well-formed URL: look at its host and port"
    if parts.scheme not in ("http", "https"):
        return "only http:// and https:// URLs are fetched: download it, and pass its path or bytes"
    if "@" in parts.netloc:
        return "a URL with a user name or password is not fetched: download it, and pass its path or bytes"
    return None if parts.hostname else "the URL names no host"
