"""Reading the pictures that a request names by URL or takes from a stream, before its form is sent."""

from __future__ import annotations

from typing import Any

import anyio
import attrs

from imagine_async.clock import Clock
from imagine_async.errors import DeadlineExceededError
from imagine_async.fetching import OpenUrl
from imagine_async.inputs import resolve
from imagine_async.requests import RequestT, built_off_the_loop
from imagine_async.timeout import Timeout

__all__ = ["resolved"]


async def resolved(request: RequestT, open_url: OpenUrl, timeout: Timeout, clock: Clock) -> tuple[RequestT, Timeout]:
    """Read what is not read yet, and check the request with it.

    Args:
        request: A request with pictures behind URLs or in streams.
        open_url: Opens a URL, without the key.
        timeout: Its total is the time for this and the call together.
        clock: The time.

    Returns:
        The same request with its pictures at hand, and what is left of the timeout.

    Raises:
        InvalidRequestError: A picture cannot be had, is none, or does not fit; nothing was sent.
        DeadlineExceededError: The time ran out; nothing was sent.
    """
    end = clock.now() + timeout.total
    with anyio.move_on_after(timeout.total):
        changes: dict[str, Any] = {}
        for name, source in request.unresolved():
            changes[name] = await resolve(source, lambda url: open_url(url, timeout))
        whole = await built_off_the_loop(lambda: attrs.evolve(request, **changes))
        return whole, timeout.with_total(max(0.001, end - clock.now()))
    raise DeadlineExceededError(
        f"the pictures to send were not read within {timeout.total:g} s; nothing was sent: raise timeout="
    )
