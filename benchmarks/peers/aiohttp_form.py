"""aiohttp with multipart forms."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import aiohttp

from benchmarks.peers.peer import FIELDS, KEY, PATH, UPLOAD_PATH, Peer, Place

__all__ = ["AiohttpForm", "open_peer", "opened_session"]

_PIECE_BYTES = 256 * 1024


@contextlib.asynccontextmanager
async def open_peer(place: Place) -> AsyncGenerator[Peer, None]:
    """Open it.

    Args:
        place: Where it works.
    """
    async with opened_session(place) as session:
        yield AiohttpForm(session)


def opened_session(place: Place) -> aiohttp.ClientSession:
    """Make a session.

    Args:
        place: Where it works.
    """
    connector = aiohttp.TCPConnector(limit=place.wide)
    headers = {"Authorization": f"Bearer {KEY}"}
    return aiohttp.ClientSession(place.url, connector=connector, headers=headers, raise_for_status=True)


class AiohttpForm(Peer):
    """What can be done with aiohttp by hand.

    Args:
        session: aiohttp's session.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def small(self) -> int:
        """Send a small form, and read the picture that comes back whole."""
        async with self._session.post(PATH, data=_form()) as response:
            return len(await response.read())

    async def to_disk(self, path: Path) -> int:
        """Do the same, with the picture streamed to a file.

        Args:
            path: The file, which may be there.
        """
        with path.open("wb") as file:
            return await self.received(file.write)

    async def received(self, write: Callable[[bytes], int]) -> int:
        """Send a small form, and hand on the picture that comes back; return its size.

        Args:
            write: Takes a piece, and returns its size.
        """
        async with self._session.post(PATH, data=_form()) as response:
            return sum([write(piece) async for piece in response.content.iter_chunked(_PIECE_BYTES)])

    async def upload(self, path: Path) -> int:
        """Send a picture from a file, and read the one that comes back whole.

        Args:
            path: The file.
        """
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
