"""Replies of success to calls that make a picture: the picture, where it lies, or a typed error. No I/O."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from imagine_async import errors
from imagine_async.errors import APIError, ReplyError
from imagine_async.file_view import FileView
from imagine_async.replies.body import excerpt, is_error, parsed
from imagine_async.replies.errors import error_from_reply
from imagine_async.replies.json_pictures import find_picture
from imagine_async.sniff import Picture, begins_like_a_picture, is_complete, sniff_bytes
from imagine_async.spool import Body, size_of

__all__ = ["Content", "Link", "picture_from_reply", "whole_picture"]


@frozen
class Content:
    """A picture that came with the reply.

    Args:
        body: The file's bytes.
        picture: What its header says.
    """

    body: Body = field(repr=lambda body: f"<{size_of(body)} bytes>")
    picture: Picture


@frozen
class Link:
    """A picture that has to be fetched.

    Args:
        url: Where it lies; such URLs are often signed, and whoever knows one can fetch.
    """

    url: str = field(repr=lambda url: repr(url.partition("?")[0]))


def picture_from_reply(
    status: int, headers: Mapping[str, str], body: bytes, *, now: float, call_id: str | None = None
) -> Content | Link:
    """Find the picture in a reply of success.

    Args:
        status: The HTTP status, of 2xx.
        headers: The headers, with names in lower case.
        body: The whole body.
        now: Seconds since the epoch.
        call_id: The call's id.

    Returns:
        The picture, or where to fetch it.

    Raises:
        APIError: The body is one of the API's own errors.
        UnexpectedReplyError: The body holds no picture.
        TruncatedReplyError: The picture is cut.
    """
    picture = sniff_bytes(body)
    if picture is not None:
        _check_whole(picture, body, status, call_id)
        return Content(body, picture)
    if is_error(body):
        raise error_from_reply(status, headers, body, now=now, call_id=call_id)
    found = find_picture(parsed(body))
    if isinstance(found, bytes):
        return Content(found, whole_picture(found, status=status, call_id=call_id))
    if found is not None:
        return Link(found)
    raise _no_picture(status, headers.get("content-type"), body, call_id)


def whole_picture(content: bytes | FileView, *, status: int, call_id: str | None = None) -> Picture:
    """See that bytes are a whole picture.

    Args:
        content: The bytes, in memory or on disk.
        status: The HTTP status that they came with.
        call_id: The call's id.

    Returns:
        The picture's format and size.

    Raises:
        UnexpectedReplyError: They are no picture.
        TruncatedReplyError: The picture is cut.
    """
    picture = sniff_bytes(content)
    if picture is None:
        raise _no_picture(status, None, content, call_id)
    _check_whole(picture, content, status, call_id)
    return picture


def _check_whole(picture: Picture, content: bytes | FileView, status: int, call_id: str | None) -> None:
    if not is_complete(content, picture):
        raise errors.TruncatedReplyError(
            f"the {picture.format} of {picture.width}x{picture.height} pixels is cut after {len(content)} bytes; "
            "it was made and probably charged",
            status=status,
            call_id=call_id,
        )


def _no_picture(status: int, kind: str | None, body: bytes | FileView, call_id: str | None) -> APIError | ReplyError:
    if begins_like_a_picture(body[:32]):
        return errors.TruncatedReplyError(
            f"the picture is cut within its header, after {len(body)} bytes", status=status, call_id=call_id
        )
    return errors.UnexpectedReplyError(
        f"status {status} with {len(body)} bytes of {kind or 'no content type'} where a picture belongs; "
        "it may have been charged",
        status=status,
        body=excerpt(body),
        call_id=call_id,
    )
