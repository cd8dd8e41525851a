# Generated from client.py by `python -m imagine_async.codegen`; do not edit.
"""The sync client: `Imagine` does what `AsyncImagine` does, for code that does not await."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Generator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, Unpack

from imagine_async.bridge.calls import run
from imagine_async.bridge.iteration import iterate
from imagine_async.bridge.loop_thread import PerProcess
from imagine_async.call import Observer
from imagine_async.client import AsyncImagine
from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.config import FROM_SETTINGS, FromSettings, Secret
from imagine_async.middleware import Middleware, RetryPolicy
from imagine_async.middleware.gate import Concurrency
from imagine_async.middleware.retry_budget import RetryBudget
from imagine_async.options import ClientOptions
from imagine_async.prices import Price
from imagine_async.requests import ImageRequestT, Request, ResultT
from imagine_async.stores import Budget, RateLimit, Store
from imagine_async.sync_calls.accounting import Accounting
from imagine_async.sync_calls.batch import BatchCalls
from imagine_async.sync_calls.editing import EditingCalls
from imagine_async.sync_calls.generation import GenerationCalls
from imagine_async.sync_calls.v1 import V1
from imagine_async.sync_calls.video import VideoCalls
from imagine_async.timeout import Timeout

if TYPE_CHECKING:
    import httpx

    from imagine_async.results import Image
    from imagine_async.sandbox.engines import Engine
    from imagine_async.sandbox.faults.loading import GivenFaults

__all__ = ["Imagine"]


class Imagine(GenerationCalls, EditingCalls, VideoCalls, BatchCalls, Accounting):
    """A client of the Imagine API, for code that does not await: scripts, threads, Django, notebooks.

    It does what `AsyncImagine` does, on one event-loop thread for the whole process. Any number of threads may share
    it, and a forked child gets connections of its own. Ctrl-C cancels what the interrupted thread waits for.

    Args:
        api_key: The key; `None` looks for it (`IMAGINE_API_KEY`).
        base_url: The root of the API's host; `None` looks for it (`IMAGINE_BASE_URL`), else takes the vendor's.
        timeout: Seconds that a call may take, with waits, attempts and download, 300 if nothing is set; a `Timeout`
            bounds its parts as well.
        headers: HTTP headers that go with every call.
        rate_limit: How many calls may leave in any window, as a `RateLimit` or a text such as `10/s`; `None` for no
            limit. If nothing is set it is `50/60s`, which was observed of the live service and is not documented.
        budget: Tokens that may be spent at most, as a number or a `Budget`, or several of them; `None` for no cap, as
            it is if nothing is set.
        prices: Tokens by `endpoint/style` or `endpoint`, over the documented ones.
        unpriced: What to do, where a budget is set, with calls whose price nobody knows.
        store: Where rate limit and books are kept: `memory`, as it is if nothing is set; `sqlite:PATH`, which the
            processes of one host share; a Redis URL, which hosts share; or a `Store`.
        hold_seconds: After how many seconds a call that may have been charged is booked as charged; `None`: it stays
            held until you settle, release or reconcile it.
        tag: What calls are booked under, for example a team or a feature.
        retry: Which failures are sent again.
        retry_budget: How many retries all calls together may make, so that an outage is not multiplied; `None` for any
            number.
        concurrency: Calls in flight at once, over all event loops: a number, or a `Concurrency`; fewer while the
            server is overloaded. `None` for no bound but `max_connections`.
        middleware: Your own steps around calls and attempts; the first is outermost.
        observers: Callables that are told of every event.
        max_connections: Calls on the wire at once, on each event loop.
        max_reply_bytes: The largest reply or download to take, in bytes.
        v1_dialect: How `v1` speaks: as the vendor's JavaScript client does, or as its Python client does.
        http_client: An `httpx.AsyncClient`, or one of httpx2, to use instead of the SDK's own connections; you close
            it.
        clock: The time; for tests.

    Raises:
        ConfigurationError: There is no key, or a setting is out of range.

    Example:
        with Imagine() as client:
            image = client.text_to_image("a red fox in snow", style=Style.REALISTIC)
            image.save("fox.jpg")
    """

    def __init__(
        self,
        api_key: str | Secret | None = None,
        *,
        base_url: str | None = None,
        timeout: float | Timeout | FromSettings = FROM_SETTINGS,
        headers: Mapping[str, str] | None = None,
        rate_limit: RateLimit | str | FromSettings | None = FROM_SETTINGS,
        budget: Budget | float | Iterable[Budget | float] | FromSettings | None = FROM_SETTINGS,
        prices: Mapping[str, float] | Mapping[str, Price] | None = None,
        unpriced: Literal["refuse", "allow"] = "refuse",
        store: Store | str | FromSettings = FROM_SETTINGS,
        hold_seconds: float | None = None,
        tag: str | None = None,
        retry: RetryPolicy = RetryPolicy(),
        retry_budget: RetryBudget | None = RetryBudget(),
        concurrency: Concurrency | int | None = Concurrency(),
        middleware: Sequence[Middleware] = (),
        observers: Sequence[Observer] = (),
        max_connections: int = 100,
        max_reply_bytes: int = 256 * 1024 * 1024,
        v1_dialect: Literal["javascript", "python"] | FromSettings = FROM_SETTINGS,
        http_client: httpx.AsyncClient | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        api_key = None if api_key is None else Secret.of(api_key)
        self._client = PerProcess(
            lambda: AsyncImagine(
                api_key,
                base_url=base_url,
                timeout=timeout,
                headers=headers,
                rate_limit=rate_limit,
                budget=budget,
                prices=prices,
                unpriced=unpriced,
                store=store,
                hold_seconds=hold_seconds,
                tag=tag,
                retry=retry,
                retry_budget=retry_budget,
                concurrency=concurrency,
                middleware=middleware,
                observers=observers,
                max_connections=max_connections,
                max_reply_bytes=max_reply_bytes,
                v1_dialect=v1_dialect,
                http_client=http_client,
                clock=clock,
            )
        )

    @classmethod
    def sandbox(
        cls,
        *,
        credits: int | None = 1000,
        side: int = 1024,
        server_rate_limit: str | None = "50/60s",
        faults: GivenFaults | None = None,
        engine: Engine | str = "procedural",
        model: str | os.PathLike[str] | None = None,
        **options: Unpack[ClientOptions],
    ) -> Imagine:
        """Make a client whose server is the sandbox, in this process: no key, no network, no bill.

        Needs the extra `sandbox`. Its prices, where nobody published one, are the sandbox's own.

        Args:
            credits: Tokens on the account; `None` for no end.
            side: Pixels of a square picture's side; smaller ones are made faster.
            server_rate_limit: The limit that the server enforces; `None` for none.
            faults: Faults that the server commits: a file's path, what such a file holds, a script such as
                `["ok", "drop:in_body"]`, or the sandbox's `Faults`.
            engine: What paints: `procedural`, `cv` (extra `sandbox-cv`), `diffusers` (extra `sandbox-diffusion`), or
                an engine of your own.
            model: The folder of a diffusion pipeline, for the engine `diffusers`.
            **options: As for the client.

        Returns:
            The client.

        Raises:
            MissingExtraError: The extra is not installed, or that of the engine.
            ConfigurationError: The faults cannot be read, there is no such engine, or `model` does not go with it.
        """
        client = cls.__new__(cls)
        client._client = PerProcess(
            lambda: AsyncImagine.sandbox(
                credits=credits,
                side=side,
                server_rate_limit=server_rate_limit,
                faults=faults,
                engine=engine,
                model=model,
                **options,
            )
        )
        return client

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        headers: Mapping[str, str] | None = None,
        retry: RetryPolicy | None = None,
        middleware: Sequence[Middleware] | None = None,
        observers: Sequence[Observer] | None = None,
        tag: str | None = None,
        batch: str | None = None,
        priority: int | None = None,
    ) -> Imagine:
        """Return a client with other options that shares this one's connections, rate limit, ledger and budget.

        It is cheap to make, for example for a single call. Closing it leaves the connections open: they are closed
        with the client that it came from.

        Args:
            timeout: Seconds for a call, or a `Timeout`.
            headers: HTTP headers that go with every call, over those of this client.
            retry: Which failures are sent again.
            middleware: Your own steps, in place of this client's.
            observers: Who is told of events, in place of this client's.
            tag: What calls are booked under.
            batch: The batch that calls belong to, as they are booked.
            priority: Calls of a higher one pass the rate limit first; 0 is usual.

        Returns:
            The other client; what is `None` here is as it is with this one.

        Raises:
            ConfigurationError: A setting is out of range.
            InvalidRequestError: A header cannot be sent.

        Example:
            patient = client.with_options(timeout=900, retry=NO_RETRY)
        """
        client = type(self).__new__(type(self))
        client._client = PerProcess(
            lambda: self._client.get().with_options(
                timeout=timeout,
                headers=headers,
                retry=retry,
                middleware=middleware,
                observers=observers,
                tag=tag,
                batch=batch,
                priority=priority,
            )
        )
        return client

    @property
    def v1(self) -> V1:
        """The calls of v1, the first generation of the API, which takes `style_id`."""
        return V1(PerProcess(lambda: self._client.get().v1))

    def send(
        self,
        request: Request[ResultT],
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        batch: str | None = None,
        resend_unknown: bool | None = None,
    ) -> ResultT:
        """Make any call from its request.

        Args:
            request: For example a `TextToImage`.
            headers: Further HTTP headers for this call, over the client's.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            batch: The batch that it belongs to, as it is booked; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The picture, or, for a call about a video, the job.

        Raises:
            InvalidRequestError: This is no request, or a picture in it cannot be read; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        return run(
            lambda: self._client.get().send(
                request,
                headers=headers,
                timeout=timeout,
                priority=priority,
                tag=tag,
                batch=batch,
                resend_unknown=resend_unknown,
            )
        )

    def generate_many(
        self,
        requests: Iterable[ImageRequestT] | AsyncIterable[ImageRequestT],
        *,
        concurrency: int = 8,
    ) -> Generator[tuple[ImageRequestT, Image | Exception], None, None]:
        """Make many calls concurrently.

        Requests are taken as places become free, and results wait in their places, so memory is bounded by the
        concurrency. A call that fails is yielded with its error and stops nobody else. Leaving the loop early cancels
        the calls on the wire; where it has to be at once, wrap the iterator in `contextlib.aclosing`.

        Args:
            requests: A list, a generator or an async generator.
            concurrency: Calls at once, at least 1.

        Yields:
            Pairs of the request and its picture or error, as they finish.

        Raises:
            ConfigurationError: `concurrency` is out of range.

        Example:
            prompts = ["a red fox", "a blue whale"]
            for request, result in client.generate_many(TextToImage(prompt=text) for text in prompts):
                print(request.prompt, result)
        """
        return iterate(lambda feed: self._client.get().generate_many(feed(requests), concurrency=concurrency))

    def close(self) -> None:
        """Close the client; it cannot be used afterwards.

        Calls that are on the wire end as they would have; those that wait for their turn are refused, unsent.
        """
        return run(lambda: self._client.get().aclose())

    def __enter__(self) -> Self:
        """Enter a block that closes the client at its end."""
        run(lambda: self._client.get().__aenter__())
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the client."""
        return run(lambda: self._client.get().__aexit__(exc_type, exc, traceback))

    def __repr__(self) -> str:
        """Tell where the calls go; never the key."""
        if not hasattr(self, "_client"):
            return "<Imagine that was not made>"
        return repr(self._client.get()).replace("AsyncImagine", "Imagine", 1)
