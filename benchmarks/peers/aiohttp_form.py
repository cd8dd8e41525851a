"""aiohttp with multipart forms."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp

from benchmarks.peers.peer import FIELDS, KEY, PATH, UPLOAD_PATH, Peer, Place

__all__ = ["open_peer"]

_PIECE_BYTES = 256 * 1024


@contextlib.asynccontextmanager
async def open_peer(place: Place) -> AsyncGenerator[Peer, None]:
    """Open it.

    Args:
        place: Where it works.
    """
    connector = aiohttp.TCPConnector(limit=place.wide)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with aiohttp.ClientSession(place.url, connector=connector, headers=headers, raise_for_status=True) as session:
        yield _AiohttpForm(session)


class _AiohttpForm(Peer):
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def small(self) -> int:
        async with self._session.post(PATH, data=_form()) as response:
            return len(await response.read())

    async def to_disk(self, path: Path) -> int:
        size = 0
        async with self._session.post(PATH, data=_form()) as response:
            with path.open("wb") as file:
                async for piece in response.content.iter_chunked(_PIECE_BYTES):
                    size += file.write(piece)
        return size

    async def upload(self, path: Path) -> int:
        form = aiohttp.FormData()
        with path.open("rb") as file:
            form.add_field("image", file, filename=path.name, content_type="image/png")
            async with self._session.post(UPLOAD_PATH, data=form) as response:
                return len(await response.read())


def _form() -> aiohttp.FormData:
    """Make a form, which can be sent but once."""
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in FIELDS.items():
        form.add_field(name, value)
    return form
