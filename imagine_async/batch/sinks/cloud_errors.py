"""Errors of obstore as errors of the operating system, which is what a sink raises."""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Iterator

__all__ = ["as_os_errors"]

# A query may hold a signature.
_QUERY = re.compile(r"\?\S*")
_LONGEST_MESSAGE = 500
_NUMBERS = {
    "AlreadyExistsError": errno.EEXIST,
    "PermissionDeniedError": errno.EACCES,
    "UnauthenticatedError": errno.EACCES,
}


@contextlib.contextmanager
def as_os_errors(place: str) -> Iterator[None]:
    """Raise what obstore raises as errors of the operating system.

    Args:
        place: The URL that the error names.

    Raises:
        FileExistsError: There is such an object.
        PermissionError: The credentials are missing, wrong or not allowed to do this.
        OSError: Anything else.
    """
    from obstore.exceptions import BaseError

    try:
        yield
    except BaseError as error:
        number = _NUMBERS.get(type(error).__name__, errno.EIO)
        raise OSError(number, _short(str(error)), place) from None
    except FileNotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, _short(str(error)), place) from None


def _short(text: str) -> str:
    """Leave out the state of the client's internals, which follows the message."""
    message = text.partition("\n\nDebug source")[0]
    return _QUERY.sub("", " ".join(message.split()))[:_LONGEST_MESSAGE]
