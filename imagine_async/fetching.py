"""Fetching what lies behind a URL that is not the API's own, with another try where that may help."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias, TypeVar

from imagine_async.clock import Clock
from imagine_async.errors import DownloadError, ReplyTooLargeError, UnsafeUrlError
from imagine_async.timeout import Timeout

__all__ = ["OpenUrl", "fetch_with_tries", "worth_fetching_again"]

T = TypeVar("T")

OpenUrl: TypeAlias = Callable[[str, Timeout], AbstractAsyncContextManager[AsyncIterator[bytes]]]
"""Opens a URL, without the key; raises `DownloadError`. The transport knows how."""

_TRIES = 4
_FIRST_WAIT = 1.0


def worth_fetching_again(error: DownloadError) -> bool:
    """Tell whether a download that failed may succeed at another try.

    Args:
        error: Why it failed.

    Returns:
        True for failures of the network, for 408, 429 and 5xx, and for what came cut.
    """
    if isinstance(error, UnsafeUrlError) or isinstance(error.__cause__, ReplyTooLargeError):
        return False
    return error.status is None or error.status in (200, 206, 408, 429) or error.status >= 500


async def fetch_with_tries(
    fetch: Callable[[], Awaitable[T]], *, clock: Clock, renew: Callable[[], Awaitable[None]] | None = None
) -> T:
    """Fetch, a few times if need be. It costs nothing to fetch again what is made already.

    Args:
        fetch: One try.
        clock: The time.
        renew: Asks for another URL, before each further try; with it a URL that has expired is worth a try as well.

    Returns:
        What `fetch` returned.

    Raises:
        DownloadError: The last try failed, or another was not worth it.
    """
    for number in range(_TRIES - 1):
        try:
            return await fetch()
        except DownloadError as error:
            renewable = error.expired and renew is not None
            if not renewable and not worth_fetching_again(error):
                raise
            wait = 0.0 if renewable else _FIRST_WAIT * 2.0**number
        await clock.sleep(wait)
        if renew is not None:
            await renew()
    return await fetch()
