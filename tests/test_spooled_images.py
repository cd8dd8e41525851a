"""Images whose bytes lie on disk: to whoever uses one it is as if they lay in memory, and nothing loads them whole."""

from __future__ import annotations

import copy
import hashlib
import pickle
import socket
import tempfile
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async import AsyncImagine, Image, InvalidRequestError, RemoveBackground, TextToImage, Upscale
from imagine_async.inputs import PIECE_BYTES, SpoolSource, as_source
from imagine_async.middleware.cache_files import CacheFolder
from imagine_async.middleware.request_key import request_key
from imagine_async.serialization import request_from_dict, request_to_dict
from imagine_async.sidecar import facts_as_json
from imagine_async.spool import Spool
from tests.pictures import VARIETIES, encode, made_image, variety
from tests.samples import padded_png, png_bytes
from tests.scripted_server import Behaviour, answering, content_length, read_head, read_request, reply, scripted_server

FORMATS = ("jpeg", "png", "webp", "gif", "avif")


def spool_of(pieces: Iterable[bytes]) -> Spool:
    """Put bytes on disk."""
    spool = Spool()
    spool.extend(pieces)
    return spool


def on_disk(image: Image) -> Image:
    """Return the same image with its bytes on disk."""
    return evolve(image, content=spool_of([image.content]))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.binary(max_size=300), max_size=5), st.sampled_from(FORMATS))
def test_on_disk_it_is_the_same(pieces: list[bytes], name: str) -> None:
    """Whatever bytes it holds, and in whatever pieces they came, an image on disk is as one in memory."""
    content = b"".join(pieces)
    facts: dict[str, Any] = {"format": name, "width": 3, "height": 4, "request": TextToImage(prompt="fox"), "seed": 7}
    held = Image(content=content, **facts)
    image = Image(content=spool_of(pieces), **facts)
    assert image == held
    assert hash(image) == hash(held)
    assert repr(image) == repr(held)
    assert (image.content, image.size, image.digest) == (content, len(content), hashlib.sha256(content).hexdigest())
    assert image != Image(content=content + b"x", **facts)
    assert facts_as_json(image) == facts_as_json(held)
    shown, expected = copy.copy(image), copy.copy(held)
    for way in ("_repr_png_", "_repr_jpeg_", "_repr_mimebundle_"):
        assert getattr(shown, way)() == getattr(expected, way)()
    for again in (pickle.loads(pickle.dumps(image)), copy.deepcopy(image), evolve(image, seed=7)):
        assert again == image
        assert isinstance(again.body, Spool)
        assert again.content == content
    with tempfile.TemporaryDirectory() as folder:
        saved = [each.save(Path(folder) / f"{at}", sidecar=True) for at, each in enumerate((image, held))]
        assert [path.read_bytes() for path in saved] == [content, content]


@pytest.mark.parametrize("name", VARIETIES)
def test_decoding(name: str) -> None:
    """A picture on disk is decoded like any other."""
    image = made_image(variety(name))
    assert (on_disk(image).to_numpy() == image.to_numpy()).all()


def test_a_changed_copy_lies_on_the_same_spool() -> None:
    """To change a fact copies no bytes."""
    image = on_disk(made_image())
    assert evolve(image, cached=True).body is image.body


def test_the_cache_keeps_it(tmp_path: Path) -> None:
    """A picture on disk goes into the cache and comes back."""
    folder = CacheFolder(tmp_path, max_bytes=10_000_000)
    folder.store("ab" * 32, on_disk(made_image()), now=1.0)
    kept = folder.load("ab" * 32, now=2.0)
    assert kept is not None
    assert kept.content == variety("png")


def test_saving_loads_nothing_whole(tmp_path: Path) -> None:
    """A large picture is written piece by piece."""
    image = on_disk(made_image(padded_png(24_000_000)))
    tracemalloc.start()
    path = image.save(tmp_path / "fox.png", sidecar=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000
    assert path.stat().st_size == 24_000_000


@pytest.mark.parametrize("name", VARIETIES)
def test_as_input(name: str) -> None:
    """An image on disk is an input with the same picture, size and bytes; so is a bare spool."""
    image = on_disk(made_image(variety(name)))
    for value in (image, image.body):
        source = as_source(value, "image")
        assert isinstance(source, SpoolSource)
        assert (source.picture, source.size, source.read()) == (
            as_source(variety(name), "image").picture,
            image.size,
            image.content,
        )


def test_no_picture_as_input() -> None:
    """Bytes on disk that are no picture are refused where the request is made."""
    with pytest.raises(InvalidRequestError, match="no JPEG, PNG"):
        as_source(spool_of([b"<html>"]), "image")


@pytest.mark.anyio
async def test_a_spool_that_was_closed_is_told() -> None:
    """A spool that cannot be read any more is an error that names the field."""
    image = on_disk(made_image())
    request = RemoveBackground(image=image)
    assert isinstance(image.body, Spool)
    image.body.close()
    with scripted_server(answering(reply(png_bytes()))) as server:
        async with AsyncImagine("vk-secret", base_url=server.url, rate_limit=None) as client:
            with pytest.raises(InvalidRequestError, match=r"^image=<spool of \d+ bytes>: the file cannot be read"):
                await client.send(request)


@pytest.mark.anyio
async def test_requests_with_it_are_the_same() -> None:
    """A request with a picture on disk is equal to itself elsewhere, has the key of one in memory, and travels."""
    image = on_disk(made_image())
    request = RemoveBackground(image=image)
    assert request == RemoveBackground(image=on_disk(made_image())) == pickle.loads(pickle.dumps(request))
    assert hash(request) == hash(RemoveBackground(image=on_disk(made_image())))
    in_memory = RemoveBackground(image=made_image())
    assert await request_key(request) == await request_key(in_memory)
    assert request_to_dict(request) == request_to_dict(in_memory)
    assert request_from_dict(request_to_dict(request)) == in_memory
    facts = [facts_as_json(made_image(request=each)) for each in (request, in_memory)]
    assert facts[0] == facts[1]


async def send_twice(image: Image, *behaviours: Behaviour) -> None:
    """Send an image in two calls at once."""
    with scripted_server(*behaviours) as server:
        async with AsyncImagine("vk-secret", base_url=server.url, rate_limit=None) as client:
            async with anyio.create_task_group() as group:
                for _ in range(2):
                    group.start_soon(client.send, Upscale(image=image))


@pytest.mark.anyio
async def test_sending_it_twice_at_once() -> None:
    """Two calls that send one picture at the same time send it whole, whatever the other reads."""
    content, bodies = encode("PNG", size=(800, 600)), []

    def behave(connection: socket.socket) -> None:
        bodies.append(read_request(connection)[1])
        connection.sendall(reply(png_bytes()))

    assert len(content) > 3 * PIECE_BYTES
    await send_twice(on_disk(made_image(content)), behave)
    assert [content in body for body in bodies] == [True, True]


@pytest.mark.anyio
async def test_sending_it_loads_nothing_whole() -> None:
    """A large picture on disk leaves in pieces."""

    def behave(connection: socket.socket) -> None:
        left = content_length(read_head(connection))
        while left:
            left -= len(connection.recv(1 << 16))
        connection.sendall(reply(png_bytes()))

    await send_twice(on_disk(made_image()), behave)  # what is imported only once
    image = on_disk(made_image(padded_png(24_000_000)))
    tracemalloc.start()
    await send_twice(image, behave)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000
