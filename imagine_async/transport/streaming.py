"""Replies of calls whose large results go to disk: pictures piece by piece, replies in JSON a few at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from imagine_async.call import Call
from imagine_async.file_view import FileView
from imagine_async.loop_local import LoopLocal
from imagine_async.replies import Content, Link, whole_picture
from imagine_async.requests import ImageRequest
from imagine_async.sniff import begins_like_a_picture
from imagine_async.spool import MakeSpool, Spool, keeping
from imagine_async.transport.download import Download, announced_length
from imagine_async.transport.gathering import gathered, on_disk_if_large
from imagine_async.transport.reading import content_at, read_reply

if TYPE_CHECKING:
    from imagine_async.video import VideoJob

__all__ = ["stream_download", "stream_reply"]

_LOADED_AT_ONCE = 2
"""So many large replies in JSON are held in memory at once, on each event loop."""

_LOADING = LoopLocal("loading", lambda: anyio.CapacityLimiter(_LOADED_AT_ONCE))


async def stream_reply(
    call: Call, status: int, headers: Mapping[str, str], pieces: AsyncIterator[bytes], make_spool: MakeSpool
) -> Content | Link | VideoJob:
    """Take in and read a reply of success.

    Args:
        call: The call.
        status: The HTTP status.
        headers: The headers, with names in lower case.
        pieces: The body.
        make_spool: Makes the spool for a large one.

    Returns:
        A picture, where it lies, or a video job.

    Raises:
        ImagineError: The reply is none that belongs to the request, or the disk does not take it.
    """
    body = await gathered(pieces, make_spool, call_id=call.id, length=announced_length(headers))
    if isinstance(body, bytes):
        return await _kept(await read_reply(call, status, headers, body), make_spool, call)
    try:
        if isinstance(call.request, ImageRequest) and begins_like_a_picture(body.beginning):
            return await anyio.to_thread.run_sync(_picture_on, body, status, call.id)
        async with _LOADING.get():
            content = await anyio.to_thread.run_sync(_loaded, body, call.id)
            return await _kept(await read_reply(call, status, headers, content), make_spool, call)
    except BaseException:
        body.close()
        raise


async def stream_download(call: Call, link: Link, download: Download, make_spool: MakeSpool) -> Content:
    """Take in a picture from where the reply said that it lies.

    Args:
        call: The call.
        link: Where that is.
        download: The body.
        make_spool: Makes the spool for a large one.

    Returns:
        The picture.

    Raises:
        DownloadError: It is none, or cut; it may come whole at another try.
        ResultStorageError: The disk does not take it.
    """
    body = await gathered(download, make_spool, call_id=call.id, length=download.length)
    if isinstance(body, bytes):
        return content_at(link, body, call)
    try:
        return await anyio.to_thread.run_sync(content_at, link, body, call)
    except BaseException:
        body.close()
        raise


def _picture_on(spool: Spool, status: int, call_id: str) -> Content:
    with keeping("the result", call_id):
        return Content(spool, whole_picture(FileView(spool.file()), status=status, call_id=call_id))


def _loaded(spool: Spool, call_id: str) -> bytes:
    with keeping("the result", call_id):
        content = spool.read(0, spool.size)
    spool.close()
    return content


async def _kept(found: Content | Link | VideoJob, make_spool: MakeSpool, call: Call) -> Content | Link | VideoJob:
    """Move a picture that came within JSON to disk, if it is large."""
    if not isinstance(found, Content) or isinstance(found.body, Spool):
        return found
    return Content(await on_disk_if_large(found.body, make_spool, call_id=call.id), found.picture)
