"""The async client: one coroutine for each call of the API. `sync.py` is generated from this file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, Unpack

from imagine_async.call import Observer
from imagine_async.catalog import PRICES, AspectRatio, Invented, Style
from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.config import Secret, find_base_url, find_key
from imagine_async.errors import InvalidRequestError
from imagine_async.fanout import FanOut
from imagine_async.inputs import ImageInput
from imagine_async.middleware import Budget, Middleware, RateLimit, RetryPolicy
from imagine_async.middleware.credits import Credits, Ledger
from imagine_async.middleware.rate_limit import RateLimiter
from imagine_async.options import ClientOptions, as_budget, as_rate_limit, count, positive
from imagine_async.pipeline import Pipeline
from imagine_async.requests import (
    AiBackground,
    AiResize,
    GenerativeFill,
    RemoveBackground,
    Request,
    RequestT,
    Retouch,
    TextToImage,
    TextToPng,
    Upscale,
    built_off_the_loop,
)
from imagine_async.results import Image, Usage
from imagine_async.transport import Transport

if TYPE_CHECKING:
    import httpx

__all__ = ["AsyncImagine"]


class AsyncImagine:
    """A client of the Imagine API, for asyncio and trio.

    It works on any event loop, also on several one after the other, and makes its connections on first use.

    Args:
        api_key: The key; `None` takes it from `IMAGINE_API_KEY`.
        base_url: The root of the API's host; `None` takes it from `IMAGINE_BASE_URL`, else the vendor's.
        timeout: Seconds that a call may take, with waits, attempts and download.
        rate_limit: How many calls may leave in any window, as a `RateLimit` or a text such as `10/s`; `None` for no
            limit. The default is what was observed of the live service; it is not documented.
        budget: Tokens that the client may spend at most; `None` for no cap.
        prices: Tokens by `endpoint/style` or `endpoint`, over the documented ones.
        unpriced: What to do, where a budget is set, with calls whose price nobody knows.
        retry: Which failures are sent again.
        middleware: Your own steps around calls and attempts; the first is outermost.
        observers: Callables that are told of every event.
        max_connections: Calls on the wire at once, on each event loop.
        max_reply_bytes: The largest reply to take, in bytes.
        http_client: An `httpx.AsyncClient` to use instead of the SDK's own connections; you close it.
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
        timeout: float = 300.0,
        rate_limit: RateLimit | str | None = "50/60s",
        budget: Budget | float | None = None,
        prices: Mapping[str, float] | None = None,
        unpriced: Literal["refuse", "allow"] = "refuse",
        retry: RetryPolicy = RetryPolicy(),
        middleware: Sequence[Middleware] = (),
        observers: Sequence[Observer] = (),
        max_connections: int = 100,
        max_reply_bytes: int = 256 * 1024 * 1024,
        http_client: httpx.AsyncClient | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._base_url = find_base_url(base_url)
        self._timeout = positive("timeout", timeout)
        self._ledger = Ledger(as_budget(budget))
        self._transport = Transport(
            key=find_key(api_key),
            base_url=self._base_url,
            max_connections=count("max_connections", max_connections),
            max_reply_bytes=count("max_reply_bytes", max_reply_bytes),
            http_client=http_client,
        )
        self._pipeline = Pipeline(
            self._transport.send,
            credits=Credits(self._ledger, {**PRICES, **(prices or {})}, unpriced=unpriced),
            limiter=None if rate_limit is None else RateLimiter(as_rate_limit(rate_limit), clock=clock),
            retry=retry,
            middleware=middleware,
            observers=observers,
            clock=clock,
        )

    @classmethod
    def sandbox(
        cls,
        *,
        credits: int | None = 1000,
        side: int = 1024,
        server_rate_limit: str | None = "50/60s",
        **options: Unpack[ClientOptions],
    ) -> AsyncImagine:
        """Make a client whose server is the sandbox, in this process: no key, no network, no bill.

        Needs the extra `sandbox`. Its prices, where nobody published one, are the sandbox's own.

        Args:
            credits: Tokens on the account; `None` for no end.
            side: Pixels of a square picture's side; smaller ones are made faster.
            server_rate_limit: The limit that the server enforces; `None` for none.
            **options: As for the client.

        Returns:
            The client.

        Raises:
            MissingExtraError: The extra is not installed.
        """
        from imagine_async.in_process import sandbox_server

        key, base_url, http_client = sandbox_server(credits=credits, side=side, rate_limit=server_rate_limit)
        options["prices"] = {**Invented.PRICES, **(options.get("prices") or {})}
        return cls(key, base_url=base_url, http_client=http_client, **options)

    async def text_to_image(
        self,
        prompt: str,
        *,
        style: str = Style.IMAGINE_TURBO,
        aspect_ratio: str = AspectRatio.SQUARE,
        seed: int | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        timeout: float | None = None,
    ) -> Image:
        """Make a picture from a prompt.

        Args:
            prompt: What to show.
            style: A `Style`, or any other style's name.
            aspect_ratio: An `AspectRatio`, or any other ratio as `width:height`.
            seed: At least 1; `None`: the SDK chooses one and reports it.
            extra: Further form fields by name.
            timeout: Seconds for this call; `None` takes the client's.

        Returns:
            The picture.

        Raises:
            InvalidRequestError: A field was refused; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.

        Example:
            image = await client.text_to_image("a lighthouse at dusk", aspect_ratio="16:9", seed=7)
        """
        request = TextToImage(prompt=prompt, style=style, aspect_ratio=aspect_ratio, seed=seed, extra=extra)
        return await self.send(request, timeout=timeout)

    async def text_to_png(
        self,
        prompt: str,
        *,
        aspect_ratio: str = AspectRatio.SQUARE,
        seed: int | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        timeout: float | None = None,
    ) -> Image:
        """Make a picture with a transparent background from a prompt.

        Args:
            prompt: What to show.
            aspect_ratio: An `AspectRatio`, or any other ratio as `width:height`.
            seed: At least 1; `None`: the SDK chooses one and reports it.
            extra: Further form fields by name.
            timeout: Seconds for this call; `None` takes the client's.

        Returns:
            The picture, a PNG.

        Raises:
            InvalidRequestError: A field was refused; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = TextToPng(prompt=prompt, aspect_ratio=aspect_ratio, seed=seed, extra=extra)
        return await self.send(request, timeout=timeout)

    async def remove_background(
        self,
        image: ImageInput,
        *,
        extra: Mapping[str, str | int | float] | None = None,
        timeout: float | None = None,
    ) -> Image:
        """Cut the subject out of a picture.

        Args:
            image: A path, bytes, a seekable binary file, or the `Image` of an earlier call.
            extra: Further form fields by name.
            timeout: Seconds for this call; `None` takes the client's.

        Returns:
            The picture with transparency.

        Raises:
            InvalidRequestError: The image cannot be read or is no picture; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(lambda: RemoveBackground(image=image, extra=extra))
        return await self.send(request, timeout=timeout)

    async def upscale(
        self,
        image: ImageInput,
        *,
        extra: Mapping[str, str | int | float] | None = None,
        timeout: float | None = None,
    ) -> Image:
        """Make a picture larger and sharper; the factor is the API's choice.

        Args:
            image: A path, bytes, a seekable binary file, or the `Image` of an earlier call.
            extra: Further form fields by name.
            timeout: Seconds for this call; `None` takes the client's.

        Returns:
            The larger picture.

        Raises:
            InvalidRequestError: The image cannot be read or is no picture; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(lambda: Upscale(image=image, extra=extra))
        return await self.send(request, timeout=timeout)

    async def generative_fill(
        self,
        image: ImageInput,
        mask: ImageInput,
        prompt: str,
        *,
        extra: Mapping[str, str | int | float] | None = None,
        timeout: float | None = None,
    ) -> Image:
        """Paint what the prompt says where the mask is white.

        That white means "change" is the custom of callers; the reference says only that the mask marks the area.

        Args:
            image: A path, bytes, a seekable binary file, or the `Image` of an earlier call.
            mask: The same forms; of the image's width and height, white where the picture may change.
            prompt: What to paint.
            extra: Further form fields by name.
            timeout: Seconds for this call; `None` takes the client's.

        Returns:
            The changed picture.

        Raises:
            InvalidRequestError: A file cannot be read, is no picture, or the sizes differ; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(lambda: GenerativeFill(image=image, mask=mask, prompt=prompt, extra=extra))
        return await self.send(request, timeout=timeout)

    async def ai_resize(
        self,
        image: ImageInput,
        *,
        prompt: str | None = None,
        mask: ImageInput | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        timeout: float | None = None,
    ) -> Image:
        """Extend a picture beyond its borders. Experimental: no official page about this call could be read.

        Args:
            image: A path, bytes, a seekable binary file, or the `Image` of an earlier call.
            prompt: What to show in the new area.
            mask: A picture that marks the new area.
            extra: Further form fields by name, for example what names the target size.
            timeout: Seconds for this call; `None` takes the client's.

        Returns:
            The extended picture.

        Raises:
            InvalidRequestError: A file cannot be read or is no picture; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(lambda: AiResize(image=image, prompt=prompt, mask=mask, extra=extra))
        return await self.send(request, timeout=timeout)

    async def retouch(
        self,
        image: ImageInput,
        mask: ImageInput,
        *,
        extra: Mapping[str, str | int | float] | None = None,
        timeout: float | None = None,
    ) -> Image:
        """Remove what the mask marks.

        No official page about this call could be read; the fields are those that one caller was seen to send.

        Args:
            image: A path, bytes, a seekable binary file, or the `Image` of an earlier call.
            mask: The same forms; of the image's width and height, white where something is to go.
            extra: Further form fields by name.
            timeout: Seconds for this call; `None` takes the client's.

        Returns:
            The changed picture.

        Raises:
            InvalidRequestError: A file cannot be read, is no picture, or the sizes differ; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(lambda: Retouch(image=image, mask=mask, extra=extra))
        return await self.send(request, timeout=timeout)

    async def ai_background(
        self,
        image: ImageInput,
        prompt: str,
        *,
        style: str = "product-shoot",
        seed: int | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        timeout: float | None = None,
    ) -> Image:
        """Place a product in front of a new background.

        Args:
            image: A path, bytes, a seekable binary file, or the `Image` of an earlier call: the product, cut out.
            prompt: The background to paint.
            style: The reference lists only `product-shoot`.
            seed: At least 1; `None`: the SDK chooses one and reports it.
            extra: Further form fields by name.
            timeout: Seconds for this call; `None` takes the client's.

        Returns:
            The picture.

        Raises:
            InvalidRequestError: A field was refused; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(
            lambda: AiBackground(image=image, prompt=prompt, style=style, seed=seed, extra=extra)
        )
        return await self.send(request, timeout=timeout)

    async def send(self, request: Request, *, timeout: float | None = None) -> Image:
        """Make any call from its request.

        Args:
            request: For example a `TextToImage`.
            timeout: Seconds for this call; `None` takes the client's.

        Returns:
            The picture.

        Raises:
            InvalidRequestError: This is no request; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        if not isinstance(request, Request):
            raise InvalidRequestError("request", request, "pass a request, for example TextToImage(prompt=...)")
        seconds = self._timeout if timeout is None else positive("timeout", timeout)
        return await self._pipeline.run(request, seconds=seconds)

    async def generate_many(
        self,
        requests: Iterable[RequestT] | AsyncIterable[RequestT],
        *,
        concurrency: int = 8,
    ) -> AsyncGenerator[tuple[RequestT, Image | Exception], None]:
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
        calls = FanOut[RequestT, Image](self.send, requests, concurrency=count("concurrency", concurrency))
        try:
            async for pair in calls:
                yield pair
        finally:
            await calls.aclose()

    def usage(self) -> Usage:
        """Return what the client has used: calls and tokens, by endpoint and style; unknown outcomes held apart."""
        return self._ledger.usage()

    async def aclose(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        await self._transport.aclose()

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
        """Tell where the calls go and what has been used; never the key."""
        usage = self._ledger.usage()
        return f"<{type(self).__name__} {self._base_url} calls={usage.calls} tokens={usage.tokens:g}>"
