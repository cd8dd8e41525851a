"""The photo service, tested without a key, a network or a bill: everything here comes with the plugin."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
from product_photos import OutOfCreditsError, has_picture, nightly, photograph, photograph_all

from imagine_async import AsyncImagine, DisconnectedError, Imagine
from imagine_async.testing import Cassette, NextFaults, NoWaitClock, TestingSandbox

PNG = b"\x89PNG"


@pytest.mark.asyncio
async def test_a_photo_is_cut_out(imagine_client: AsyncImagine, imagine_sandbox: TestingSandbox) -> None:
    """Two calls make a photo: a picture, and its background taken away."""
    assert (await photograph(imagine_client, "a blue mug")).startswith(PNG)
    assert [call["endpoint"] for call in imagine_sandbox.calls()] == ["text_to_image", "remove_background"]
    assert imagine_sandbox.calls()[0]["prompt"] == "a blue mug on a table, studio light"


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_photo_under_anyio(imagine_client: AsyncImagine) -> None:
    """The same fixtures serve anyio's plugin."""
    assert await photograph(imagine_client, "a blue mug")


@pytest.mark.asyncio
@pytest.mark.imagine(credits=0)
async def test_no_credits(imagine_client: AsyncImagine, imagine_sandbox: TestingSandbox) -> None:
    """Without tokens the service says what to do, and nothing is charged."""
    with pytest.raises(OutOfCreditsError, match="buy tokens"):
        await photograph(imagine_client, "a blue mug")
    assert imagine_sandbox.books()["tokens"] == 0


@pytest.mark.asyncio
@pytest.mark.imagine(faults=["ok", "drop:in_body", "ok"])
async def test_one_failure_of_many(imagine_sandbox: TestingSandbox) -> None:
    """A picture that gets lost is left out, and the others are there."""
    client = imagine_sandbox.client(concurrency=1)
    assert len(await photograph_all(client, ["a mug", "a plate", "a bowl"])) == 2
    assert imagine_sandbox.books()["calls"] == 3


@pytest.mark.asyncio
async def test_a_busy_server(
    imagine_client: AsyncImagine, imagine_faults: NextFaults, imagine_clock: NoWaitClock
) -> None:
    """A refusal is waited out for as long as the server asks, in no time."""
    imagine_faults.next(429, retry_after=60)
    await photograph(imagine_client, "a blue mug")
    assert 60 <= imagine_clock.waited < 62


@pytest.mark.asyncio
async def test_a_lost_connection(imagine_client: AsyncImagine, imagine_faults: NextFaults) -> None:
    """A call that may have been charged is not sent again."""
    imagine_faults.drop("after_upload")
    with pytest.raises(DisconnectedError):
        await photograph(imagine_client, "a blue mug")


def test_nightly(imagine_environment: TestingSandbox, tmp_path: Path) -> None:
    """Code that finds its settings in the environment finds the sandbox."""
    assert [path.name for path in nightly(tmp_path, ["mug", "plate"])] == ["mug.jpg", "plate.jpg"]
    assert imagine_environment.books()["calls"] == 2


def test_with_other_clients(imagine_server: TestingSandbox) -> None:
    """The server on a port answers whatever speaks HTTP."""
    with urllib.request.urlopen(f"{imagine_server.base_url}/_sandbox/books") as reply:  # noqa: S310
        assert reply.status == 200


def test_sync_code(imagine_sync_client: Imagine, imagine_faults: NextFaults) -> None:
    """Sync code has a client of its own."""
    assert has_picture(imagine_sync_client, "a mug")
    imagine_faults.next("html:502")
    assert not has_picture(imagine_sync_client, "a mug")


@pytest.mark.asyncio
async def test_a_recorded_photo(imagine_cassette: Cassette) -> None:
    """A cassette answers as the server once did, with the very same bytes."""
    async with imagine_cassette.client() as client:
        first = await photograph(client, "a blue mug")
        assert first.startswith(PNG)
    assert not imagine_cassette.is_recording
