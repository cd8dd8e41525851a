"""Videos through the client, against a sandbox on a port: every path, both shapes, expiry, failure, both colours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import av
import httpx
import pytest
from av.container import InputContainer

from imagine_async import AsyncImagine, Imagine, Middleware, VideoJob, VideoState, errors
from imagine_async.call import Call, Event, Handler, Result
from imagine_async.catalog import VIDEO_DELETE_PATHS, VIDEO_STATUS_PATHS, Invented
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.clocks import HurriedClock
from tests.samples import jpeg_bytes

pytestmark = pytest.mark.anyio


@contextmanager
def sandbox(**settings: Any) -> Iterator[RunningSandbox]:
    known: dict[str, Any] = {"side": 64, "credits": None, "rate_limit": None, "video_seconds": 0.1, **settings}
    with running_sandbox(SandboxSettings(**known)) as server:
        yield server


@pytest.fixture(scope="module")
def server() -> Iterator[RunningSandbox]:
    """Run one sandbox for the tests that want nothing special."""
    with sandbox() as running:
        yield running


def client_of(server: RunningSandbox, **options: Any) -> AsyncImagine:
    known: dict[str, Any] = {"rate_limit": None, "prices": Invented.PRICES, "clock": HurriedClock(), **options}
    return AsyncImagine(server.key, base_url=server.base_url, **known)


def frames(content: bytes) -> int:
    with av.open(BytesIO(content)) as film:
        assert isinstance(film, InputContainer)
        return len(list(film.decode(video=0)))


async def test_generate_video(server: RunningSandbox, tmp_path: Path) -> None:
    """One coroutine begins the job, follows it and fetches a film that plays; the books of both sides agree."""
    told: list[VideoJob] = []
    before = server.books()["accounts"][0]["tokens"]
    async with client_of(server) as client:
        video = await client.generate_video("waves at dusk", style="kling-1.5", on_update=told.append)
        path = await video.asave(tmp_path / "waves.mov", sidecar=True)
        usage = await client.usage()
    assert frames(video.content) > 20
    assert (path.name, path.read_bytes()) == ("waves.mp4", video.content)
    assert (tmp_path / "waves.mp4.json").exists()
    assert told[0].state is VideoState.RUNNING
    assert told[-1].is_done
    assert (usage.calls, usage.tokens) == (1, server.books()["accounts"][0]["tokens"] - before)
    assert video.request is told[0].request


async def test_image_to_video(server: RunningSandbox) -> None:
    """A picture in any form becomes a film, also within the one coroutine that does everything."""
    async with client_of(server) as client:
        job = await client.image_to_video(BytesIO(jpeg_bytes()), "the light turns", style="kling-1.5")
        done = await client.wait_for_video(job.id)
        assert frames((await client.download_video(done)).content) > 20
        video = await client.generate_video("the light turns", style="kling-1.5", image=jpeg_bytes())
    assert video.format == "mp4"
    assert (done.request, video.tokens) == (None, Invented.PRICES["image_to_video"])


@pytest.mark.parametrize("path", VIDEO_STATUS_PATHS)
async def test_each_status_path(path: str) -> None:
    """Whichever of the documented paths the server has, the job is followed to its end, in either shape."""
    with sandbox(status_paths=(path,)) as server:
        async with client_of(server) as client:
            video = await client.generate_video("waves", style="fast-svd")
            assert (await client.video_status(video.job)).is_done
    assert video.size > 1000


@pytest.mark.parametrize("path", VIDEO_DELETE_PATHS)
async def test_each_delete_path(path: str) -> None:
    """A video is deleted on whichever path the server has, and is not found afterwards."""
    with sandbox(delete_paths=(path,)) as server:
        async with client_of(server) as client:
            job = await client.text_to_video("waves", style="fast-svd")
            await client.delete_video(job)
            with pytest.raises(errors.NotFoundError):
                await client.video_status(job)


async def test_failed_job(server: RunningSandbox) -> None:
    """A job that the server gives up raises a typed error that names the job."""
    async with client_of(server) as client:
        with pytest.raises(errors.VideoFailedError) as caught:
            await client.generate_video("fail this job", style="fast-svd")
        assert caught.value.job.id in str(caught.value)
        assert caught.value.job.id in caught.value.__notes__[0]


async def test_deadline_names_the_job() -> None:
    """A job that does not end in time is left to run; its id is in the error, and finds it again."""
    with sandbox(video_seconds=1.5) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.VideoNotReadyError) as caught:
                await client.generate_video("waves", style="fast-svd", deadline=0.3)
            assert (await client.wait_for_video(caught.value.job.id, deadline=30)).is_done


async def test_expired_url_is_asked_for_anew() -> None:
    """A URL that has expired by the time of the download costs another question, and nothing else."""
    with sandbox(result_url_seconds=1) as server:
        async with client_of(server) as client:
            job = await client.wait_for_video(await client.text_to_video("waves", style="fast-svd"))
            await anyio.sleep(2.1)
            assert (await client.download_video(job)).size > 1000


async def test_key_does_not_travel_to_the_result(server: RunningSandbox) -> None:
    """The store refuses a signed URL that comes with a key, as S3 does; the download comes without."""
    async with client_of(server) as client:
        job = await client.wait_for_video(await client.text_to_video("waves", style="fast-svd"))
        refused = httpx.get(job.urls[0], headers={"authorization": f"Bearer {server.key}"})
        assert refused.status_code == 400
        assert (await client.download_video(job)).size > 1000


async def test_size_cap() -> None:
    """A video larger than the cap is not taken; its URL stays at hand."""
    with sandbox() as server:
        async with client_of(server, max_reply_bytes=2000) as client:
            job = await client.wait_for_video(await client.text_to_video("waves", style="fast-svd"))
            with pytest.raises(errors.DownloadError, match="2000 bytes") as caught:
                await client.download_video(job)
    assert caught.value.url.startswith(server.base_url)


async def test_watch_video(server: RunningSandbox) -> None:
    """Watching yields each state once and ends with the job."""
    async with client_of(server) as client:
        job = await client.text_to_video("waves", style="fast-svd")
        states = [update.state async for update in client.watch_video(job)]
    assert states[-1] is VideoState.DONE
    assert set(states[:-1]) <= {VideoState.RUNNING}


async def test_questions_share_limiter_middleware_and_observers_but_not_the_ledger(server: RunningSandbox) -> None:
    """A question goes the way of every call, and is never booked."""
    seen: list[str] = []
    events: list[Event] = []

    class Watch(Middleware):
        async def around_attempt(self, call: Call, next: Handler) -> Result:
            seen.append(call.request.endpoint.name)
            return await next(call)

    async with client_of(server, middleware=[Watch()], observers=[events.append], rate_limit="100/s") as client:
        job = await client.text_to_video("waves", style="fast-svd", headers={"x-team": "film"})
        await client.video_status(job)
        await client.delete_video(job)
        assert (await client.usage()).calls == 1
    assert seen == ["text_to_video", "video_status", "delete_video"]
    assert [event.endpoint for event in events if event.kind == "settled"] == ["text_to_video"]


async def test_another_key_does_not_find_the_job() -> None:
    """A job belongs to the account that began it."""
    with sandbox(keys=("vk-one", "vk-two")) as server:
        async with client_of(server) as client:
            job = await client.text_to_video("waves", style="fast-svd")
        async with AsyncImagine("vk-two", base_url=server.base_url) as other:
            with pytest.raises(errors.NotFoundError):
                await other.video_status(job)


def test_sync_client(server: RunningSandbox, tmp_path: Path) -> None:
    """Code that does not await makes, follows, fetches and deletes videos just so."""
    options: dict[str, Any] = {"rate_limit": None, "prices": Invented.PRICES, "clock": HurriedClock()}
    with Imagine(server.key, base_url=server.base_url, **options) as client:
        video = client.generate_video("waves", style="kling-1.5")
        assert video.save(tmp_path).suffix == ".mp4"
        job = client.text_to_video("waves", style="fast-svd")
        *_, last = client.watch_video(job)
        assert client.download_video(last).format == "mp4"
        client.delete_video(last)
        with pytest.raises(errors.NotFoundError):
            client.video_status(job.id)
