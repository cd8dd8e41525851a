"""From the body of a reply of success to what the request makes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import anyio.to_thread

from imagine_async.call import Call
from imagine_async.errors import DownloadError, ReplyError
from imagine_async.file_view import FileView
from imagine_async.replies import Content, Link, picture_from_reply, whole_picture
from imagine_async.results import Image
from imagine_async.sniff import begins_like_a_picture
from imagine_async.spool import Body, Spool

if TYPE_CHECKING:
    from imagine_async.video import VideoJob

__all__ = ["content_at", "image_of", "read_reply"]

_LARGE_JSON_BYTES = 64 * 1024


async def read_reply(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Content | Link | VideoJob:
    """Read a reply of success.

    Args:
        call: The call.
        status: The HTTP status.
        headers: The headers, with names in lower case.
        body: The whole body.

    Returns:
        A picture, where it lies, or a video job.

    Raises:
        ImagineError: The reply is none that belongs to the request.
    """
    request, now = call.request, call.clock.wall()
    if request.endpoint.reply == "job":
        # Loaded on use: most programs make no videos.
        from imagine_async.transport.reading_jobs import read_job

        return read_job(call, status, headers, body)
    read = partial(picture_from_reply, status, headers, body, now=now, call_id=call.id)
    if len(body) > _LARGE_JSON_BYTES and not begins_like_a_picture(body):
        return await anyio.to_thread.run_sync(read)
    return read()


def content_at(link: Link, body: Body, call: Call) -> Content:
    """See that a picture lies where the reply said that it does.

    Args:
        link: Where it was fetched from.
        body: What came.
        call: The call.

    Returns:
        The picture.

    Raises:
        DownloadError: It is none, or cut; it may come whole at another try.
    """
    try:
        view = FileView(body.file()) if isinstance(body, Spool) else body
        return Content(body, whole_picture(view, status=200, call_id=call.id))
    except ReplyError as error:
        reason = error.message
    raise DownloadError(
        f"no whole picture lies where the reply says that it does: {reason}", url=link.url, status=200, call_id=call.id
    )


def image_of(found: Content, call: Call) -> Image:
    """Join a picture and the facts of its call."""
    return Image(
        content=found.body,
        format=found.picture.format,
        width=found.picture.width,
        height=found.picture.height,
        request=call.request,
        seed=getattr(call.request, "seed", None),
        elapsed=call.elapsed,
        attempts=call.attempt,
        tokens=call.tokens,
        call_id=call.id,
    )
