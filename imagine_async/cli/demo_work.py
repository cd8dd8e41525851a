"""The demo's calls: one that is awaited, rounds of many at once, and one from plain code."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import anyio
from attrs import define, field, frozen

from imagine_async.call import Event
from imagine_async.catalog import Invented
from imagine_async.cli.demo_plan import BY_HAND, FROM_PLAIN_CODE, ROUNDS, Order
from imagine_async.client import AsyncImagine
from imagine_async.errors import RateLimitedError
from imagine_async.requests import ImageRequest
from imagine_async.results import Image
from imagine_async.stores import RateLimit
from imagine_async.usage import Usage

if TYPE_CHECKING:
    from imagine_async.sandbox import RunningSandbox

__all__ = ["PACE", "Made", "Work", "work"]

PACE = RateLimit(200, 60, burst=1)
"""The sandbox's limit, kept without bursts, so that one sees calls being paced and still does not wait long."""
_CONCURRENCY = 4


@frozen
class Made:
    """A picture that is there.

    Args:
        order: What was asked for.
        image: What came back.
    """

    order: Order
    image: Image


@define
class Pacing:
    """Counts what the rate limiter holds back and what the server refuses all the same; an observer.

    Args:
        waits: Calls that were held back.
        seconds: How long, summed over these calls.
        refusals: Calls that the server found to be too many.
    """

    waits: int = 0
    seconds: float = 0.0
    refusals: int = 0

    def __call__(self, event: Event) -> None:
        if event.kind == "waiting":
            self.waits += 1
            self.seconds += event.seconds or 0.0
        elif event.kind == "retrying" and isinstance(event.error, RateLimitedError):
            self.refusals += 1


@define(kw_only=True)
class Work:
    """Everything that was made, and both sides' books.

    Args:
        made: The pictures, in the order of the plan.
        pacing: What the rate limiter held back.
        calls: Calls by the clients' books.
        tokens: Tokens by the clients' books.
        server_calls: Calls by the sandbox's books.
        server_tokens: Tokens by the sandbox's books.
        seconds: From the first call to the last picture.
    """

    made: list[Made] = field(factory=list[Made])
    pacing: Pacing = field(factory=Pacing)
    calls: int = 0
    tokens: float = 0.0
    server_calls: int = 0
    server_tokens: int = 0
    seconds: float = 0.0

    @property
    def books_agree(self) -> bool:
        """Whether the clients and the sandbox counted the same calls and tokens."""
        return (self.calls, self.tokens) == (self.server_calls, self.server_tokens)

    def count(self, usage: Usage) -> None:
        """Add a client's books.

        Args:
            usage: What it used.
        """
        self.calls += usage.calls
        self.tokens += usage.tokens


def work(sandbox: RunningSandbox, watch: Callable[[Made], None]) -> Work:
    """Make all pictures of the demo.

    Args:
        sandbox: Who paints.
        watch: Is told of each picture as it comes.

    Returns:
        The pictures and the books.

    Raises:
        ImagineError: A call failed.
    """
    done = Work()
    start = time.perf_counter()
    anyio.run(_asynchronously, sandbox, done, watch)
    _from_plain_code(sandbox, done, watch)
    done.seconds = time.perf_counter() - start
    _look_into_the_books(sandbox.books(), done)
    return done


async def _asynchronously(sandbox: RunningSandbox, done: Work, watch: Callable[[Made], None]) -> None:
    async with AsyncImagine(
        sandbox.key,
        base_url=sandbox.base_url,
        rate_limit=PACE,
        prices=Invented.PRICES,
        observers=[done.pacing],
    ) as client:
        first = Made(BY_HAND, await client.send(BY_HAND.request))
        watch(first)
        done.made.append(first)
        for orders_of_round in ROUNDS:
            orders = orders_of_round({made.order.name: made.image for made in done.made})
            done.made += await _many(client, orders, watch)
        done.count(await client.usage())


async def _many(client: AsyncImagine, orders: list[Order], watch: Callable[[Made], None]) -> list[Made]:
    """Make many pictures at once; tell of them as they come, and return them in the order of the plan."""
    requests: list[ImageRequest] = [order.request for order in orders]
    places = {id(request): place for place, request in enumerate(requests)}
    there: dict[int, Made] = {}
    async with aclosing(client.generate_many(requests, concurrency=_CONCURRENCY)) as results:
        async for request, result in results:
            if isinstance(result, Exception):
                raise result
            place = places[id(request)]
            there[place] = Made(orders[place], result)
            watch(there[place])
    return [made for _, made in sorted(there.items())]


def _from_plain_code(sandbox: RunningSandbox, done: Work, watch: Callable[[Made], None]) -> None:
    from imagine_async.sync import Imagine

    with Imagine(
        sandbox.key,
        base_url=sandbox.base_url,
        rate_limit=PACE,
        prices=Invented.PRICES,
        observers=[done.pacing],
    ) as client:
        made = Made(FROM_PLAIN_CODE, client.send(FROM_PLAIN_CODE.request))
        watch(made)
        done.made.append(made)
        done.count(client.usage())


def _look_into_the_books(books: dict[str, Any], done: Work) -> None:
    done.server_calls = sum(account["calls"] for account in books["accounts"])
    done.server_tokens = sum(account["tokens"] for account in books["accounts"])
