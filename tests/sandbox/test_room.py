"""Room for pixels, and what uploads may take of memory, disk and time."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from imagine_async.sandbox import SandboxSettings, running_sandbox
from imagine_async.sandbox.room import PixelRoom
from tests.flat_engine import FlatEngine

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

BOUNDARY = "B0und"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
TEXT = b'--B0und\r\nContent-Disposition: form-data; name="%s"\r\n\r\n'


def test_room_is_never_exceeded() -> None:
    """Whatever many threads ask for, no more lies there at once than there is room for, or one alone."""
    room, lock, inside, seen = PixelRoom(10), threading.Lock(), [], []

    def work(pixels: int) -> None:
        with room.take(pixels):
            with lock:
                inside.append(pixels)
                seen.append([*inside])
            with lock:
                inside.remove(pixels)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, [1, 4, 9, 12, 0, 10, 3, 5_000_000] * 100))
    assert all(sum(pixels) <= 10 or sum(pixels) == max(pixels) for pixels in seen)
    assert len(seen) == 800


def test_room_is_given_back_after_an_error() -> None:
    """Room that was taken by work that failed is free again."""
    room = PixelRoom(10)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), room.take(10):
            raise ZeroDivisionError


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/v2/image/enhance", "/v1/imagine/api/upscale"])
async def test_upscale_beyond_the_largest_picture(
    make_bench: Callable[..., Bench], picture: Callable[..., bytes], path: str
) -> None:
    """A picture is not upscaled to more pixels than the largest picture has."""
    bench = make_bench(max_pixels=800)
    at_most = await bench.post(path, files={"image": ("x.png", picture((20, 10)))})
    beyond = await bench.post(path, files={"image": ("x.png", picture((20, 11)))})
    assert (at_most.status_code, beyond.status_code) == (200, 400)
    assert "upscaled picture would have more than 800" in beyond.text


@pytest.mark.anyio
async def test_webp_weighs_double(make_bench: Callable[..., Bench], picture: Callable[..., bytes]) -> None:
    """A WebP picture may have half as many pixels as others."""
    bench = make_bench(max_pixels=300)
    for kind, status in (("PNG", 200), ("WEBP", 400)):
        files = {"image": ("x", picture((20, 10), kind=kind))}
        reply = await bench.post("/v2/image/background/remover", files=files)
        assert reply.status_code == status
    assert "more than 150 pixels" in reply.text


def test_texts_of_a_form() -> None:
    """The texts of a form may not have more than a megabyte together."""
    with running_sandbox(SandboxSettings(side=16), engine=FlatEngine()) as sandbox:
        headers = {"authorization": f"Bearer {sandbox.key}"}
        for count, status in ((5, 200), (6, 400)):
            texts = {f"part{number}": (None, "x" * 200_000) for number in range(count)}
            form = {"prompt": (None, "a fox"), "style": (None, "anime"), **texts}
            reply = httpx.post(f"{sandbox.base_url}/v2/image/generations", files=form, headers=headers)
            assert reply.status_code == status
        assert "texts have more than" in reply.json()["message"]


@pytest.mark.anyio
async def test_body_that_drips(make_bench: Callable[..., Bench]) -> None:
    """A body that always brings something, but never ends, answers 408 at last."""
    bench = make_bench(body_patience=0.05)

    async def drip() -> AsyncIterator[bytes]:
        yield TEXT % b"prompt"
        while True:
            yield b"x"
            await anyio.sleep(0.01)

    async with bench.client() as client:
        reply = await client.post("/v2/image/generations", content=drip(), headers={"content-type": TYPE})
    assert reply.status_code == 408


@pytest.mark.anyio
async def test_full_disk(bench: Bench, picture: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be kept answers 503 with code 1200, and costs nothing."""

    def fail(_self: object, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(SpooledTemporaryFile, "write", fail)
    reply = await bench.post("/v2/image/enhance", files={"image": ("x.png", picture())})
    assert (reply.status_code, reply.json()["code"]) == (503, 1200)
    assert bench.books()["tokens"] == 0
