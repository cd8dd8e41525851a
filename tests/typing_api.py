"""What users write, for the type checkers; never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import assert_type

from imagine_async import (
    V1,
    AspectRatio,
    AsyncBatch,
    AsyncImagine,
    AsyncV1,
    Batch,
    BatchProgress,
    BatchSummary,
    Budget,
    BudgetState,
    Call,
    Estimate,
    Event,
    Handler,
    Hold,
    Image,
    ImageRequest,
    Imagine,
    MemoryStore,
    Middleware,
    Outcome,
    RateLimit,
    Reconciliation,
    Result,
    RetryBudget,
    RetryPolicy,
    Row,
    RowInput,
    RowResult,
    RowState,
    Style,
    TextToImage,
    TextToVideo,
    Timeout,
    Upscale,
    Usage,
    Video,
    VideoJob,
    VideoStyle,
    read_manifest,
)
from imagine_async.batch.sinks.filesystem import FileSystem
from imagine_async.batch.sinks.local import LocalSink


class Tag(Middleware):
    """A middleware of a user's."""

    async def around_call(self, call: Call, next: Handler) -> Result:
        """Pass on."""
        assert_type(call.outcome, Outcome)
        return await next(call)


def observe(event: Event) -> None:
    """Take an event."""
    assert_type(event.attempt, int)


async def requests() -> AsyncIterator[ImageRequest]:
    """Yield requests of several kinds."""
    yield TextToImage(prompt="a fox", style="a style of tomorrow")
    yield Upscale(image=Path("fox.jpg"))


async def asynchronous() -> None:
    """Use the async client."""
    async with AsyncImagine(
        "vk-key",
        rate_limit=RateLimit(50, 60),
        budget=[Budget(100), Budget(5, scope="day"), 7.5],
        prices={"upscale": 4},
        store=MemoryStore(),
        concurrency=8,
        retry_budget=RetryBudget(5),
        tag="web",
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
        with open("fox.png", "rb") as file:
            assert_type(await client.remove_background(file), Image)
        async for request, result in client.generate_many([TextToImage(prompt="a fox")]):
            assert_type(request, TextToImage)
            assert_type(result, Image | Exception)
        async with aclosing(client.generate_many(requests())) as pairs:
            async for pair in pairs:
                assert_type(pair, tuple[ImageRequest, Image | Exception])
        assert_type(await client.usage(), Usage)
        assert_type(await client.usage(by="day"), Usage)
        assert_type(client.estimate(TextToImage(prompt="a fox") for _ in range(3)), Estimate)
        assert_type(await client.budgets(), tuple[BudgetState, ...])
        assert_type(await client.holds(), tuple[Hold, ...])
        assert_type(await client.settle_holds(older_than=60), int)
        assert_type(await client.reconcile(1000, anew=True), Reconciliation)
        assert_type(await client.reconcile({"text_to_image/anime": (3, 15)}), Reconciliation)
        assert_type(await client.text_to_png("a mug", priority=1, tag="tests", resend_unknown=True), Image)
        assert_type(client.with_options(timeout=Timeout(5, read=2)), AsyncImagine)
        assert_type(client.v1, AsyncV1)
        assert_type(await client.v1.generations("a fox", headers={"x-a": "b"}), Image)
        job = await client.text_to_video("a fox", style=VideoStyle.KLING_1_5)
        assert_type(job, VideoJob)
        assert_type(await client.wait_for_video(job, on_update=print), VideoJob)
        assert_type(await client.generate_video("a fox", style="kling-1.5"), Video)
        assert_type(await client.send(TextToImage(prompt="a fox")), Image)
        assert_type(await client.send(TextToVideo(prompt="a fox", style="kling-1.5")), VideoJob)
        async for update in client.watch_video(job):
            assert_type(update, VideoJob)
    assert_type(AsyncImagine.sandbox(credits=None, timeout=5), AsyncImagine)


def synchronous() -> None:
    """Use the sync client."""
    with Imagine("vk-key") as client:
        assert_type(client, Imagine)
        assert_type(client.text_to_image("a fox"), Image)
        assert_type(client.usage(["day", "tag"]), Usage)
        assert_type(client.estimate([TextToImage(prompt="a fox")]), Estimate)
        assert_type(client.release_holds(["call-1/1"]), int)
        assert_type(client.reconcile({"text_to_image/anime": 15}), Reconciliation)
        results = client.generate_many([TextToImage(prompt="a fox")])
        first: Iterator[tuple[TextToImage, Image | Exception]] = results
        for request, result in first:
            assert_type(request, TextToImage)
            assert_type(result, Image | Exception)
        results.close()
        assert_type(client.with_options(timeout=5), Imagine)
        assert_type(client.v1, V1)
        assert_type(client.v1.generations("a fox"), Image)
        assert_type(client.generate_video("a fox", style="kling-1.5"), Video)
        for update in client.watch_video("7c9e"):
            assert_type(update, VideoJob)
    assert_type(Imagine.sandbox(side=64, rate_limit=RateLimit("50/60s", burst=1)), Imagine)


async def batches(client: AsyncImagine, sync_client: Imagine, files: FileSystem) -> None:
    """Use batches of both colours."""
    rows: list[RowInput] = [
        Row(request=TextToImage(prompt="a fox"), id="fox"),
        TextToImage(prompt="a hen"),
        {"id": "c"},
    ]
    async with client.batch(rows, out=Path("pictures"), rate="10/s", budget=5) as batch:
        assert_type(batch, AsyncBatch)
        async for result in batch:
            assert_type(result, RowResult)
            assert_type(result.state, RowState)
        assert_type(batch.summary, BatchSummary)
    assert_type(await client.batch(requests(), out=(files, "pictures")).run(), BatchSummary)
    assert_type(await client.batch(None, journal="batch.sqlite", out=LocalSink("pictures")).run(), BatchSummary)
    with sync_client.batch(read_manifest("rows.jsonl"), out="s3://bucket/pictures", journal=False) as sync_batch:
        assert_type(sync_batch, Batch)
        for result in sync_batch:
            assert_type(result.error, Exception | None)
        assert_type(sync_batch.progress, BatchProgress)


def mistakes(client: Imagine) -> None:
    """Be told of what is wrong; an `ignore` that is not needed is an error, so each line checks the checkers."""
    client.text_to_image("a fox", stile="anime")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.text_to_image(5)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    TextToImage("a fox")  # type: ignore[call-arg, arg-type] # pyright: ignore[reportCallIssue]
    Upscale(image=3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.usage(by="prompt")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Imagine.sandbox(rate="5/s")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
