"""A part of a result, where its reader asks for one."""

from __future__ import annotations

import re

from starlette.responses import Response

from imagine_async.sandbox.results.store import Result

__all__ = ["reply_with"]

_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})")


def reply_with(result: Result, asked: str | None) -> Response:
    """Answer with a result or with one range of its bytes.

    Args:
        result: The result.
        asked: The request's `Range` header; several ranges and other units get the whole result, as HTTP allows.
    """
    headers, size = {"accept-ranges": "bytes"}, len(result.content)
    found = _RANGE.fullmatch(asked or "")
    if found is None or not (found["first"] or found["last"]):
        return Response(result.content, media_type=result.media_type, headers=headers)
    start, stop = _bounds(found["first"], found["last"], size)
    if start >= stop:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    headers["content-range"] = f"bytes {start}-{stop - 1}/{size}"
    return Response(result.content[start:stop], 206, media_type=result.media_type, headers=headers)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size
