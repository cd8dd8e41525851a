"""What every form of input is asked, and how it is refused."""

from __future__ import annotations

from typing import BinaryIO

from imagine_async.errors import InvalidRequestError
from imagine_async.sniff import Picture, sniff

__all__ = ["no_picture", "picture_in", "unreadable"]


def picture_in(stream: BinaryIO, shown: object, name: str) -> Picture:
    """Read a picture's header.

    Args:
        stream: A seekable binary stream; it is read from its present position, and left anywhere.
        shown: What an error shows of it.
        name: The field that it is for.

    Returns:
        What the header says.

    Raises:
        InvalidRequestError: It is no picture.
    """
    picture = sniff(stream)
    if picture is None:
        raise no_picture(shown, name)
    return picture


def no_picture(shown: object, name: str, beginning: bytes = b"") -> InvalidRequestError:
    """Make the error for what is no picture; say so where it begins like a web page, as a wrong URL's content does."""
    page = ", but begins like a web page" if beginning.lstrip()[:1] == b"<" else ""
    return InvalidRequestError(name, shown, f"this is no JPEG, PNG, WebP, GIF or AVIF picture{page}")


def unreadable(name: str, shown: object, problem: Exception, hint: str = "") -> InvalidRequestError:
    """Make the error for a file that failed, with the system's own reason; the caller chains the cause."""
    reason = getattr(problem, "strerror", None) or problem or type(problem).__name__
    return InvalidRequestError(name, shown, f"the file cannot be read: {reason}{hint}")
