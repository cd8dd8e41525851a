"""The async client: `sync.py` is generated from this file, and `sync_calls/` from `calls/`."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, Unpack

from imagine_async.call import Observer
from imagine_async.calls.accounting import AsyncAccounting
from imagine_async.calls.batch import AsyncBatchCalls
from imagine_async.calls.editing import AsyncEditingCalls
from imagine_async.calls.generation import AsyncGenerationCalls
from imagine_async.calls.video import AsyncVideoCalls
from imagine_async.catalog import VIDEO_DELETE_PATHS, VIDEO_STATUS_PATHS
from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.config import FROM_SETTINGS, FromSettings, Secret, find_settings
from imagine_async.config.table import V1_DIALECT
from imagine_async.errors import ClientClosedError, InvalidRequestError
from imagine_async.estimating import Estimator
from imagine_async.headers import checked_headers
from imagine_async.middleware import Middleware, RetryPolicy
from imagine_async.middleware.credits import Credits
from imagine_async.middleware.gate import Concurrency, ConcurrencyGate
from imagine_async.middleware.ledger import Ledger
from imagine_async.middleware.limiter import RateLimiter
from imagine_async.middleware.retry_budget import RetryBucket, RetryBudget
from imagine_async.options import ClientOptions, checked_name, choice, count, instance, positive, whole
from imagine_async.pipeline import CallFacts
from imagine_async.prices import Price, PriceList
from imagine_async.requests import ImageRequestT, Request, ResultT
from imagine_async.sending import CallOptions, SharedParts
from imagine_async.stores import Budget, RateLimit, Store
from imagine_async.stores.budgets import budgets_of
from imagine_async.stores.opening import account_of, open_store
from imagine_async.timeout import Timeout
from imagine_async.transport import Transport
from imagine_async.video.polling import PathMemory

if TYPE_CHECKING:
    import httpx

    from imagine_async.calls.v1 import AsyncV1
    from imagine_async.results import Image
    from imagine_async.sandbox.engines import Engine
    from imagine_async.sandbox.faults.loading import GivenFaults
    from imagine_async.video.following import VideoFollower

__all__ = ["AsyncImagine"]


class AsyncImagine(AsyncGenerationCalls, AsyncEditingCalls, AsyncVideoCalls, AsyncBatchCalls, AsyncAccounting):
    """A client of the Imagine API, for asyncio and trio.

    It works on any event loop, also on several one after the other, and makes its connections on first use. What is
    not given is looked for in the environment, then in `imagine.toml` here, then in the user's.

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
        async with AsyncImagine() as client:
            image = await client.text_to_image("a red fox in snow", style=Style.REALISTIC)
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
        # From here on no frame holds the bare key, whatever is raised below.
        api_key = None if api_key is None else Secret.of(api_key)
        settings = find_settings(
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            rate_limit=rate_limit,
            budget=budget,
            store=store,
            v1_dialect=v1_dialect,
        )
        limit = RateLimit.of(settings.rate_limit)
        price_list = PriceList.documented().over(prices)
        kept = settings.store
        books = kept if isinstance(kept, Store) else open_store(kept, clock=clock)
        account = account_of(settings.api_key, settings.base_url)
        ledger = Ledger(
            books,
            account,
            budgets=budgets_of(settings.budget),
            clock=clock,
            hold_seconds=None if hold_seconds is None else positive("hold_seconds", hold_seconds),
        )
        self._v1_dialect = _checked_dialect(settings.v1_dialect)
        self._shared = SharedParts(
            base_url=settings.base_url,
            transport=Transport(
                key=settings.api_key,
                base_url=settings.base_url,
                max_connections=count("max_connections", max_connections),
                max_reply_bytes=count("max_reply_bytes", max_reply_bytes),
                http_client=http_client,
            ),
            ledger=ledger,
            credits=Credits(ledger, price_list, unpriced=choice("unpriced", unpriced, ("refuse", "allow"))),
            estimator=Estimator(price_list, limit),
            limiter=None if limit is None else RateLimiter(limit, store=books, account=account, clock=clock),
            gate=None if concurrency is None else ConcurrencyGate(Concurrency.of(concurrency)),
            retry_bucket=None
            if retry_budget is None
            else RetryBucket(instance("retry_budget", retry_budget, RetryBudget, "a RetryBudget, or None")),
            clock=clock,
            status_paths=PathMemory(VIDEO_STATUS_PATHS),
            delete_paths=PathMemory(VIDEO_DELETE_PATHS),
        )
        self._owns_connections = True
        self._owns_store = not isinstance(kept, Store)
        self._take(
            CallOptions(
                timeout=Timeout.of(settings.timeout),
                headers=checked_headers(headers),
                retry=retry,
                middleware=middleware,
                observers=observers,
                tag=checked_name("tag", tag),
            )
        )

    def _take(self, options: CallOptions) -> None:
        """Put together what depends on the options."""
        shared = self._shared
        self._options = options
        self._ledger, self._estimator = shared.ledger, shared.estimator
        self._pipeline = options.pipeline(shared)
        self._closed = False
        self._follower: VideoFollower | None = None

    @property
    def _videos(self) -> VideoFollower:
        """What follows video jobs."""
        if self._follower is None:
            # Loaded on use: most programs make no videos.
            from imagine_async.spool import Spool
            from imagine_async.video.download import VideoDownloader
            from imagine_async.video.following import VideoFollower

            shared, options = self._shared, self._options
            self._follower = VideoFollower(
                self.send,
                VideoDownloader(shared.transport.open_url, clock=shared.clock, make_spool=options.make_spool or Spool),
                clock=shared.clock,
                timeout=options.timeout,
                status_paths=shared.status_paths,
                delete_paths=shared.delete_paths,
            )
        return self._follower

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
    ) -> AsyncImagine:
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
        from imagine_async.catalog import Invented
        from imagine_async.in_process import sandbox_server

        key, base_url, http_client = sandbox_server(
            credits=credits, side=side, rate_limit=server_rate_limit, faults=faults, engine=engine, model=model
        )
        invented = PriceList.documented().over(Invented.PRICES, source="the sandbox's own")
        options["prices"] = invented.over(options.get("prices"))
        return cls(key, base_url=base_url, http_client=http_client, **options)

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
    ) -> AsyncImagine:
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
        mine = self._options
        derived = type(self).__new__(type(self))
        derived._shared, derived._v1_dialect = self._shared, self._v1_dialect
        derived._owns_connections = derived._owns_store = False
        derived._take(
            CallOptions(
                timeout=mine.timeout if timeout is None else Timeout.of(timeout),
                headers={**mine.headers, **checked_headers(headers)},
                retry=mine.retry if retry is None else retry,
                middleware=mine.middleware if middleware is None else middleware,
                observers=mine.observers if observers is None else observers,
                tag=mine.tag if tag is None else checked_name("tag", tag),
                batch=mine.batch if batch is None else checked_name("batch", batch),
                priority=mine.priority if priority is None else whole("priority", priority),
            )
        )
        return derived

    @property
    def v1(self) -> AsyncV1:
        """The calls of v1, the first generation of the API, which takes `style_id`."""
        # Loaded on use: few programs make calls of v1.
        from imagine_async.calls.v1 import AsyncV1

        return AsyncV1(self)

    async def send(
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
        if not isinstance(request, Request):
            raise InvalidRequestError("request", request, "pass a request, for example TextToImage(prompt=...)")
        if self._closed:
            raise ClientClosedError("the client is closed; make a new one, or keep this one open for as long as needed")
        mine = self._options
        bounds = mine.timeout if timeout is None else Timeout.of(timeout)
        named = {**mine.headers, **checked_headers(headers)}
        if any(request.unresolved()):
            # Loaded on use: it is for pictures that lie elsewhere.
            from imagine_async.resolving import resolved

            request, bounds = await resolved(request, self._shared.transport.open_url, bounds, self._shared.clock)
        about = CallFacts(
            timeout=bounds,
            headers=named,
            priority=mine.priority if priority is None else whole("priority", priority),
            tag=mine.tag if tag is None else checked_name("tag", tag),
            batch=mine.batch if batch is None else checked_name("batch", batch),
            resend_unknown=resend_unknown,
            make_spool=mine.make_spool,
        )
        return await self._pipeline.run(request, about)

    async def generate_many(
        self,
        requests: Iterable[ImageRequestT] | AsyncIterable[ImageRequestT],
        *,
        concurrency: int = 8,
    ) -> AsyncGenerator[tuple[ImageRequestT, Image | Exception], None]:
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
            async for request, result in client.generate_many(TextToImage(prompt=text) for text in prompts):
                print(request.prompt, result)
        """
        # Loaded on use: many programs make one call at a time.
        from imagine_async.fanout import FanOut
        from imagine_async.results import Image

        calls = FanOut[ImageRequestT, Image](self.send, requests, concurrency=count("concurrency", concurrency))
        try:
            async for pair in calls:
                yield pair
        finally:
            await calls.aclose()

    async def aclose(self) -> None:
        """Close the client; it cannot be used afterwards.

        Calls that are on the wire end as they would have; those that wait for their turn are refused, unsent.
        """
        self._closed = True
        if self._owns_connections:
            await self._shared.transport.aclose()
        store = self._shared.ledger.store
        await (store.aclose() if self._owns_store else store.flush())

    async def __aenter__(self) -> Self:
        """Enter a block that closes the client at its end."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the client."""
        await self.aclose()

    def __repr__(self) -> str:
        """Tell where the calls go; never the key."""
        if not hasattr(self, "_shared"):
            # A traceback of the constructor's error may show its local variables.
            return f"<{type(self).__name__} that was not made>"
        return f"<{type(self).__name__} {self._shared.base_url}>"


def _checked_dialect(name: str) -> str:
    if name != V1_DIALECT.default:
        # Loaded on use: few programs make calls of v1.
        from imagine_async.catalog import dialect_named

        dialect_named(name)
    return name
