"""Many calls through a fault proxy, and what the server's own books say of the client's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import anyio
import PIL.Image
from attrs import field, frozen

from imagine_async import AsyncImagine, Event, Image, ImagineError, Outcome, TextToImage, TextToPng, Upscale
from imagine_async.catalog import Invented
from imagine_async.sandbox import RunningSandbox
from imagine_async.testing.fault_proxy import FaultProxy
from imagine_async.usage import Usage
from tests.clocks import HurriedClock

__all__ = ["Trial", "books_of", "large_pictures", "many_styles", "trial"]

_WATCH_SECONDS = 0.005


@frozen
class Trial:
    """What became of calls.

    Args:
        results: Pictures and errors, in the order in which the calls ended.
        failed: Failed attempts by their outcome, those included that another attempt followed.
        charged: Calls that the server charged.
        settled: Calls that the client booked as charged.
        held: Calls that the client booked as perhaps charged.
    """

    results: list[Image | Exception]
    failed: Counter[Outcome]
    charged: int
    settled: int
    held: int

    @property
    def pictures(self) -> list[Image]:
        """What succeeded."""
        return [result for result in self.results if isinstance(result, Image)]

    @property
    def errors(self) -> list[ImagineError]:
        """What failed; each error is one of the SDK's."""
        errors = [result for result in self.results if not isinstance(result, Image)]
        assert all(isinstance(error, ImagineError) for error in errors), errors
        return [error for error in errors if isinstance(error, ImagineError)]

    @property
    def outcomes(self) -> Counter[Outcome]:
        """How many calls failed with which outcome."""
        return Counter(error.outcome for error in self.errors)


@frozen
class _Witness:
    """Counts failed attempts."""

    failed: Counter[Outcome] = field(factory=Counter[Outcome])

    def __call__(self, event: Event) -> None:
        if event.error is not None:
            self.failed[event.error.outcome] += 1


def many_styles(count: int) -> list[TextToImage | TextToPng]:
    """Make small requests of several prices."""
    kinds: list[TextToImage | TextToPng] = [
        TextToImage(prompt="a fox"),
        TextToImage(prompt="a fox", style="anime"),
        TextToPng(prompt="a mug"),
    ]
    return [kinds[number % len(kinds)] for number in range(count)]


def large_pictures(count: int, *, side: int = 600) -> list[Upscale]:
    """Make requests whose forms are of a byte for each pixel at least, because nothing compresses noise."""
    noise = BytesIO()
    PIL.Image.effect_noise((side, side), 100).save(noise, "PNG", compress_level=0)
    assert noise.tell() > side * side
    return [Upscale(image=noise.getvalue())] * count


def books_of(sandbox: RunningSandbox) -> dict[str, Any]:
    """Return the books of the account whose key the sandbox names."""
    (books,) = [each for each in sandbox.books()["accounts"] if sandbox.key.endswith(each["account"])]
    assert isinstance(books, dict)
    return books


async def trial(
    sandbox: RunningSandbox,
    server: FaultProxy,
    requests: Sequence[TextToImage | TextToPng | Upscale],
    *,
    observers: Sequence[Any] = (),
    **options: Any,
) -> Trial:
    """Make calls, 20 at once, and let the server's books judge the client's: during the calls, after, and reconciled.

    Args:
        sandbox: Keeps the books.
        server: Leads to it.
        requests: What to ask for.
        observers: As for a client.
        options: Others for the client.

    Returns:
        What became of the calls.
    """
    witness = _Witness()
    settings: dict[str, Any] = {"rate_limit": None, "prices": Invented.PRICES, "clock": HurriedClock(), "timeout": 30}
    async with AsyncImagine(
        sandbox.key, base_url=server.url, observers=[witness, *observers], **{**settings, **options}
    ) as client:
        results: list[Image | Exception] = []
        async with anyio.create_task_group() as group:
            group.start_soon(_watch, client, sandbox)
            results += [result async for _, result in client.generate_many(requests, concurrency=20)]
            group.cancel_scope.cancel()
        before = await _compared(client, sandbox)
        await _reconciled(client, sandbox)
    assert before.held_calls == witness.failed[Outcome.UNKNOWN]
    return Trial(
        results, witness.failed, books_of(sandbox)["calls"], before.calls - before.held_calls, before.held_calls
    )


async def _watch(client: AsyncImagine, sandbox: RunningSandbox) -> None:
    """See again and again that no token is charged that does not stand in the client's books."""
    while True:
        await _compared(client, sandbox)
        await anyio.sleep(_WATCH_SECONDS)


async def _compared(client: AsyncImagine, sandbox: RunningSandbox) -> Usage:
    """See that the server has charged what is settled at least, and what may have been charged at most."""
    # Both books only grow, so what is settled is read before, and what is reserved or held after.
    settled = (await client.usage()).tokens
    charged = books_of(sandbox)["tokens"]
    usage = await client.usage()
    assert settled <= charged <= usage.tokens + usage.held + usage.reserved
    return usage


async def _reconciled(client: AsyncImagine, sandbox: RunningSandbox) -> None:
    """See that nothing is under way, and that the books are the server's once its statement is known."""
    books = books_of(sandbox)
    assert (await client.usage()).reserved == books["tokens_reserved"] == 0
    assert (await client.reconcile(books["lines"])).unexplained == {}
    usage = await client.usage()
    assert (usage.calls, usage.tokens, usage.held, usage.held_calls) == (books["calls"], books["tokens"], 0, 0)
    assert await client.holds() == ()
    assert {_line(row.endpoint, row.style): {"calls": row.calls, "tokens": row.tokens} for row in usage.rows} == (
        books["lines"]
    )


def _line(endpoint: str | None, style: str | None) -> str:
    return f"{endpoint}/{style}" if style else str(endpoint)
