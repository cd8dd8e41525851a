"""Replies about video jobs, in both documented shapes and whatever lies between them. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from imagine_async import errors
from imagine_async.catalog import VIDEO_CODES, VIDEO_STATES, VideoState
from imagine_async.replies.body import excerpt, is_error, members
from imagine_async.replies.errors import error_from_reply

__all__ = ["JobFacts", "job_from_reply"]


@frozen(kw_only=True)
class JobFacts:
    """What a reply says about a job.

    Args:
        id: The job's id as text; `None` where the reply names none.
        state: Where the job stands.
        word: The API's own word or number for it; `None` where there is none.
        urls: Where the video lies.
        thumbnails: Where its still pictures lie.
        created_at: When the job was made, as the API writes it.
        reason: What the API says about a failure.
        reply: The whole reply.
    """

    id: str | None
    state: VideoState
    word: str | None
    urls: tuple[str, ...]
    thumbnails: tuple[str, ...]
    created_at: str | None
    reason: str | None
    reply: Mapping[str, Any]


def job_from_reply(
    status: int, headers: Mapping[str, str], body: bytes, *, now: float, call_id: str | None = None
) -> JobFacts:
    """Read a reply of success about a video job.

    Args:
        status: The HTTP status, of 2xx.
        headers: The headers, with names in lower case.
        body: The whole body.
        now: Seconds since the epoch.
        call_id: The call's id.

    Returns:
        What it says.

    Raises:
        APIError: The body is one of the API's own errors.
        UnexpectedReplyError: The body is no JSON object.
    """
    reply = members(body)
    video = reply.get("video")
    # `error` at the top is the state of the request, unless the job itself is described beside it.
    if is_error(body) and not isinstance(video, dict):
        raise error_from_reply(status, headers, body, now=now, call_id=call_id)
    if not reply:
        raise errors.UnexpectedReplyError(
            f"status {status} with {len(body)} bytes where the JSON of a video job belongs",
            status=status,
            body=excerpt(body),
            call_id=call_id,
        )
    return _facts(video if isinstance(video, dict) else reply, reply)


def _facts(video: Mapping[str, Any], reply: Mapping[str, Any]) -> JobFacts:
    places = video.get("url")
    held = places if isinstance(places, dict) else {"generation": places}
    urls = _texts(held.get("generation"))
    return JobFacts(
        id=_text(video.get("uuid")) or _text(video.get("id")) or _text(reply.get("id")),
        state=_state(video, urls),
        word=_text(video.get("status")) or _text(video.get("code")),
        urls=urls,
        thumbnails=_texts(held.get("thumbnail")),
        created_at=_text(video.get("created_at")),
        reason=_text(video.get("reason")) or _text(video.get("message")) or _text(video.get("error")),
        reply=reply,
    )


def _state(video: Mapping[str, Any], urls: tuple[str, ...]) -> VideoState:
    """Judge by the word, else by the number; a finished URL means done whatever the others say, but for a failure."""
    said = VIDEO_STATES.get((_text(video.get("status")) or "").strip().lower().replace("-", "_"))
    if said is None:
        said = VIDEO_CODES.get(_number(video.get("code")))
    if said is VideoState.FAILED or not urls:
        return said or VideoState.RUNNING
    return VideoState.DONE


def _number(value: object) -> int:
    try:
        return int(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else -1
    except ValueError:
        return -1


def _text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    try:
        # JSON can hold lone surrogates, with which no log could be written.
        return str(value)[:8192].encode(errors="replace").decode() or None
    except ValueError:
        return None


def _texts(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(text for text in map(_text, items) if text is not None and text.strip())
