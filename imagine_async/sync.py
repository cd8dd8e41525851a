# Generated from client.py by `python -m imagine_async.codegen`; do not edit.
"""The sync client: `Imagine` does what `AsyncImagine` does, for code that does not await."""

from __future__ import annotations

from collections.abc import AsyncIterable, Generator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, Unpack

from imagine_async.bridge.calls import run
from imagine_async.bridge.iteration import iterate
from imagine_async.bridge.loop_thread import PerProcess
from imagine_async.call import Observer
from imagine_async.catalog import AspectRatio, Style
from imagine_async.client import AsyncImagine
from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.config import Secret
from imagine_async.inputs import ImageInput
from imagine_async.middleware import Budget, Middleware, RateLimit, RetryPolicy
from imagine_async.options import ClientOptions
from imagine_async.requests import Request, RequestT
from imagine_async.results import Image, Usage

if TYPE_CHECKING:
    import httpx

__all__ = ["Imagine"]


class Imagine:
    """A client of the Imagine API, for code that does not await: scripts, threads, Django, notebooks.

    It does what `AsyncImagine` does, on one event-loop thread for the whole process. Any number of threads may share
    it, and a forked child gets connections of its own. Ctrl-C cancels what the interrupted thread waits for.

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
        with Imagine() as client:
            image = client.text_to_image("a red fox in snow", style=Style.REALISTIC)
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
        self._client = PerProcess(
            lambda: AsyncImagine(
                api_key,
                base_url=base_url,
                timeout=timeout,
                rate_limit=rate_limit,
                budget=budget,
                prices=prices,
                unpriced=unpriced,
                retry=retry,
                middleware=middleware,
                observers=observers,
                max_connections=max_connections,
                max_reply_bytes=max_reply_bytes,
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
        **options: Unpack[ClientOptions],
    ) -> Imagine:
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
        client = cls.__new__(cls)
        client._client = PerProcess(
            lambda: AsyncImagine.sandbox(credits=credits, side=side, server_rate_limit=server_rate_limit, **options)
        )
        return client

    def text_to_image(
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
            image = client.text_to_image("a lighthouse at dusk", aspect_ratio="16:9", seed=7)
        """
        return run(
            lambda: self._client.get().text_to_image(
                prompt,
                style=style,
                aspect_ratio=aspect_ratio,
                seed=seed,
                extra=extra,
                timeout=timeout,
            )
        )

    def text_to_png(
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
        return run(
            lambda: self._client.get().text_to_png(
                prompt,
                aspect_ratio=aspect_ratio,
                seed=seed,
                extra=extra,
                timeout=timeout,
            )
        )

    def remove_background(
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
        return run(lambda: self._client.get().remove_background(image, extra=extra, timeout=timeout))

    def upscale(
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
        return run(lambda: self._client.get().upscale(image, extra=extra, timeout=timeout))

    def generative_fill(
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
        return run(lambda: self._client.get().generative_fill(image, mask, prompt, extra=extra, timeout=timeout))

    def ai_resize(
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
        return run(lambda: self._client.get().ai_resize(image, prompt=prompt, mask=mask, extra=extra, timeout=timeout))

    def retouch(
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
        return run(lambda: self._client.get().retouch(image, mask, extra=extra, timeout=timeout))

    def ai_background(
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
        return run(
            lambda: self._client.get().ai_background(
                image,
                prompt,
                style=style,
                seed=seed,
                extra=extra,
                timeout=timeout,
            )
        )

    def send(
        self,
        request: Request,
        *,
        timeout: float | None = None,
    ) -> Image:
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
        return run(lambda: self._client.get().send(request, timeout=timeout))

    def generate_many(
        self,
        requests: Iterable[RequestT] | AsyncIterable[RequestT],
        *,
        concurrency: int = 8,
    ) -> Generator[tuple[RequestT, Image | Exception], None, None]:
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

    def usage(self) -> Usage:
        """Return what the client has used: calls and tokens, by endpoint and style; unknown outcomes held apart."""
        return self._client.get().usage()

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
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
        """Tell where the calls go and what has been used; never the key."""
        return repr(self._client.get()).replace("AsyncImagine", "Imagine", 1)
