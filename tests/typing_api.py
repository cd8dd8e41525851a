"""What users write, for the type checkers; never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import assert_type

from imagine_async import (
    AspectRatio,
    AsyncImagine,
    Budget,
    Call,
    Event,
    Handler,
    Image,
    Imagine,
    Middleware,
    Outcome,
    RateLimit,
    Request,
    RetryPolicy,
    Style,
    TextToImage,
    Upscale,
    Usage,
)


class Tag(Middleware):
    """A middleware of a user's."""

    async def around_call(self, call: Call, next: Handler) -> Image:
        """Pass on."""
        assert_type(call.outcome, Outcome)
        return await next(call)


def observe(event: Event) -> None:
    """Take an event."""
    assert_type(event.attempt, int)


async def requests() -> AsyncIterator[Request]:
    """Yield requests of several kinds."""
    yield TextToImage(prompt="a fox", style="a style of tomorrow")
    yield Upscale(image=Path("fox.jpg"))


async def asynchronous() -> None:
    """Use the async client."""
    async with AsyncImagine(
        "vk-key",
        rate_limit=RateLimit(50, 60),
        budget=Budget(100),
        retry=RetryPolicy(attempts=2),
        middleware=[Tag()],
        observers=[observe],
    ) as client:
        assert_type(client, AsyncImagine)
        image = await client.text_to_image("a fox", style=Style.ANIME, aspect_ratio=AspectRatio.WIDE_16_9)
        assert_type(image, Image)
        assert_type(await client.upscale(image), Image)
        assert_type(await client.upscale(b"bytes"), Image)
        assert_type(await client.retouch("fox.png", Path("mask.png")), Image)
        with open("fox.png", "rb") as file:  # noqa: PTH123 - the type of `open` is what is tested
            assert_type(await client.remove_background(file), Image)
        async for request, result in client.generate_many([TextToImage(prompt="a fox")]):
            assert_type(request, TextToImage)
            assert_type(result, Image | Exception)
        async with aclosing(client.generate_many(requests())) as pairs:
            async for pair in pairs:
                assert_type(pair, tuple[Request, Image | Exception])
        assert_type(client.usage(), Usage)
    assert_type(AsyncImagine.sandbox(credits=None, timeout=5), AsyncImagine)


def synchronous() -> None:
    """Use the sync client."""
    with Imagine("vk-key") as client:
        assert_type(client, Imagine)
        assert_type(client.text_to_image("a fox"), Image)
        results = client.generate_many([TextToImage(prompt="a fox")])
        first: Iterator[tuple[TextToImage, Image | Exception]] = results
        for request, result in first:
            assert_type(request, TextToImage)
            assert_type(result, Image | Exception)
        results.close()
    assert_type(Imagine.sandbox(side=64), Imagine)


def mistakes(client: Imagine) -> None:
    """Be told of what is wrong; an `ignore` that is not needed is an error, so each line checks the checkers."""
    client.text_to_image("a fox", stile="anime")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.text_to_image(5)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    TextToImage("a fox")  # type: ignore[call-arg, arg-type] # pyright: ignore[reportCallIssue]
    Upscale(image=3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Imagine.sandbox(rate="5/s")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
