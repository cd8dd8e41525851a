"""Reading a picture that was not at hand when its request was made."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import TypeAlias

import anyio.to_thread

from imagine_async.errors import DownloadError, InvalidRequestError, ReplyError, TransportError
from imagine_async.inputs.sources import Source
from imagine_async.inputs.spooling import MAX_BYTES, Spooler
from imagine_async.inputs.unresolved import RowOutput, StreamSource, Unresolved, UrlSource

__all__ = ["Fetch", "resolve"]

Fetch: TypeAlias = Callable[[str], AbstractAsyncContextManager[AsyncIterator[bytes]]]
"""Opens a URL, without the key and after checking where it leads; gives the content in pieces."""


async def resolve(source: Unresolved, fetch: Fetch, *, max_bytes: int = MAX_BYTES) -> Source:
    """Read a picture, so that it can be sent any number of times: into memory, or to disk where it is larger than 1 MB.

    A stream is read once: whoever resolves it again, at the same time or later, gets the same source. A URL is fetched
    each time.

    Args:
        source: A URL or a stream.
        fetch: Opens the URL.
        max_bytes: The most bytes to take.

    Returns:
        The picture at hand.

    Raises:
        InvalidRequestError: It cannot be had, is larger than that, or is no picture. The cause is chained.
    """
    if isinstance(source, UrlSource):
        return await _fetched(source, fetch, max_bytes)
    if isinstance(source, RowOutput):
        raise InvalidRequestError(
            source.name, source.shown, "only client.batch knows what its rows made: pass the picture itself"
        )
    return await source.once.get(lambda: _read(source, max_bytes), source.name, source.shown)


async def _fetched(source: UrlSource, fetch: Fetch, max_bytes: int) -> Source:
    try:
        async with fetch(source.url) as pieces:
            return await _spooled(pieces, Spooler(source.name, source.shown, max_bytes))
    except (DownloadError, TransportError, ReplyError) as problem:
        raise InvalidRequestError(
            source.name, source.shown, f"the picture could not be fetched: {problem.message}"
        ) from problem


async def _read(source: StreamSource, max_bytes: int) -> Source:
    async with aclosing(_pieces(source)) as pieces:
        return await _spooled(pieces, Spooler(source.name, source.shown, max_bytes))


async def _pieces(source: StreamSource) -> AsyncGenerator[bytes, None]:
    try:
        async for piece in source.iterator:
            yield piece
    except Exception as problem:
        reason = str(problem) or type(problem).__name__
        raise InvalidRequestError(source.name, source.shown, f"the stream failed: {reason}") from problem
    finally:
        # A generator would otherwise end whenever it is collected. Files and sockets stay open: they are the caller's.
        if isinstance(source.iterator, AsyncGenerator):
            await source.iterator.aclose()


async def _spooled(pieces: AsyncIterator[bytes], spooler: Spooler) -> Source:
    async for piece in pieces:
        if spooler.add(piece):
            await anyio.to_thread.run_sync(spooler.flush)
    return await anyio.to_thread.run_sync(spooler.source)
