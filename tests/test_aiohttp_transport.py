"""Calls over aiohttp, by the transport of httpx-aiohttp: what came of a call is told as truly as over the SDK's own."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest
from httpx_aiohttp import AiohttpTransport

from imagine_async import AsyncImagine, ConnectError, DisconnectedError, Outcome, RetryPolicy
from tests.samples import png_bytes
from tests.scripted_server import answering, read_request, reply, scripted_server

pytestmark = pytest.mark.anyio

PNG = png_bytes()


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio alone: aiohttp knows nothing else."""
    return "asyncio"


@asynccontextmanager
async def client_of(url: str) -> AsyncGenerator[AsyncImagine, None]:
    """Make a client over aiohttp for the length of a block."""
    async with httpx.AsyncClient(transport=AiohttpTransport()) as http_client:
        async with AsyncImagine("vk-secret0123456789", base_url=url, http_client=http_client) as client:
            yield client


async def test_pictures_come_and_go(tmp_path: Path) -> None:
    """A picture is made, and a file sent, with the key in its header."""
    heads = []

    def behave(connection: socket.socket) -> None:
        while True:
            heads.append(read_request(connection))
            connection.sendall(reply(PNG))

    (tmp_path / "in.png").write_bytes(PNG)
    with scripted_server(behave) as server:
        async with client_of(server.url) as client:
            assert (await client.text_to_image("a fox")).content == PNG
            assert (await client.upscale(tmp_path / "in.png")).content == PNG
    assert all(b"uthorization: Bearer vk-secret0123456789\r\n" in head for head, _ in heads)
    assert PNG in heads[1][1]


async def test_a_server_that_hangs_up_may_have_charged() -> None:
    """A connection that breaks after the form has left is no failed connection: nothing is sent again."""

    def hang_up(connection: socket.socket) -> None:
        read_request(connection)

    with scripted_server(hang_up) as server:
        async with client_of(server.url) as client:
            with pytest.raises(DisconnectedError) as caught:
                await client.with_options(retry=RetryPolicy(attempts=3)).text_to_image("a fox")
    assert (caught.value.outcome, server.connections) == (Outcome.UNKNOWN, 1)


async def test_a_refused_connection_was_not_sent() -> None:
    """Where nobody listens, nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with client_of(url) as client:
        with pytest.raises(ConnectError) as caught:
            await client.with_options(retry=RetryPolicy(attempts=1)).text_to_image("a fox")
    assert caught.value.outcome is Outcome.NOT_SENT


async def test_cancelled_calls_leave_the_client_usable() -> None:
    """After calls that were cancelled at different moments the next ones are answered."""
    with scripted_server(*[answering(*[reply(PNG)] * 50, hang_up=False)] * 60) as server:
        async with client_of(server.url) as client:
            for number in range(30):
                with anyio.move_on_after(number * 0.0003):
                    await client.text_to_image("a fox")
            with anyio.fail_after(10):
                for _ in range(5):
                    assert (await client.text_to_image("a fox")).content == PNG
