"""From the body of a reply of success to a video job."""

from __future__ import annotations

from collections.abc import Mapping

from imagine_async.call import Call
from imagine_async.errors import Outcome, UnexpectedReplyError
from imagine_async.replies import JobFacts, job_from_reply
from imagine_async.requests import DeleteVideo, VideoStatus
from imagine_async.video import VideoJob

__all__ = ["read_job"]


def read_job(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> VideoJob:
    """Read a reply of success about a video job.

    Args:
        call: The call.
        status: The HTTP status.
        headers: The headers, with names in lower case.
        body: The whole body.

    Returns:
        The job.

    Raises:
        ImagineError: The reply is none that belongs to the request.
    """
    if isinstance(call.request, DeleteVideo):
        return VideoJob(id=call.request.video_id, call_id=call.id)  # Whatever the body says: 2xx means deleted.
    return _job(job_from_reply(status, headers, body, now=call.clock.wall(), call_id=call.id), call, status)


def _job(facts: JobFacts, call: Call, status: int) -> VideoJob:
    asked = call.request.video_id if isinstance(call.request, VideoStatus) else None
    # The id that was asked about finds the job again; a reply may know it by another one.
    video_id = asked or facts.id
    if video_id is None:
        raise UnexpectedReplyError(
            "the reply names no id of a video job; one may have begun and been charged",
            status=status,
            body=repr(dict(facts.reply))[:2000],
            outcome=Outcome.COMPLETED,
            call_id=call.id,
        )
    return VideoJob(
        id=video_id,
        state=facts.state,
        word=facts.word,
        urls=facts.urls,
        thumbnails=facts.thumbnails,
        created_at=facts.created_at,
        reason=facts.reason,
        request=None if asked else call.request,
        tokens=None if asked else call.tokens,
        call_id=call.id,
        reply=facts.reply,
    )
