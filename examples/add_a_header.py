"""Add HTTP headers to every attempt, so that a proxy's log can be joined with the SDK's events.

    python examples/add_a_header.py          # async
    python examples/add_a_header.py --sync   # the same through the sync client

It runs against the sandbox in this process: no key, no network, no bill. It needs the extra `sandbox`.
"""

from __future__ import annotations

import sys

import anyio

from imagine_async import AsyncImagine, Call, Event, Handler, Imagine, Middleware, Result

__all__ = ["AddHeaders", "request_id"]


def request_id(call_id: str, attempt: int) -> str:
    """Name one attempt; an event tells both parts.

    Args:
        call_id: The id of the call, which all of its attempts share.
        attempt: The number of the attempt, from 1.

    Returns:
        The value of `x-request-id`.
    """
    return f"{call_id}-{attempt}"


class AddHeaders(Middleware):
    """Adds `x-team` to every attempt, and an `x-request-id` of its own.

    Args:
        team: Printable ASCII characters, as HTTP wants them.
    """

    def __init__(self, team: str) -> None:
        self._team = team

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        """Set the headers; they stay on the call, so a second attempt overwrites the id of the first."""
        call.headers["x-team"] = self._team
        call.headers["x-request-id"] = request_id(call.id, call.attempt)
        return await next(call)


def print_sending(event: Event) -> None:
    """Print under which id an attempt leaves, as an observer."""
    if event.kind == "sending":
        print(f"sending {event.endpoint} with x-request-id: {request_id(event.call_id, event.attempt)}")


async def main() -> None:
    """Make a picture."""
    async with AsyncImagine.sandbox(side=64, middleware=[AddHeaders("design")], observers=[print_sending]) as client:
        image = await client.text_to_image("a red fox in snow")
        print(f"{image.width} x {image.height} pixels from {image.call_id} in {image.attempts} attempt")


def main_sync() -> None:
    """Do the same with the sync client."""
    with Imagine.sandbox(side=64, middleware=[AddHeaders("design")], observers=[print_sending]) as client:
        image = client.text_to_image("a red fox in snow")
        print(f"{image.width} x {image.height} pixels from {image.call_id} in {image.attempts} attempt")


if __name__ == "__main__":
    main_sync() if "--sync" in sys.argv else anyio.run(main)
