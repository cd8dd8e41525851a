"""What a reply means: status, headers and body in; facts or a typed error out. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagine_async.on_use import loaded_on_use

if TYPE_CHECKING:
    from imagine_async.replies.body import BODY_EXCERPT_CHARACTERS
    from imagine_async.replies.errors import error_from_reply
    from imagine_async.replies.pictures import Content, Link, picture_from_reply, whole_picture
    from imagine_async.replies.video_jobs import JobFacts, job_from_reply
    from imagine_async.replies.waiting import parse_retry_after
else:
    __getattr__ = loaded_on_use(
        __name__,
        {
            "body": ("BODY_EXCERPT_CHARACTERS",),
            "errors": ("error_from_reply",),
            "pictures": ("Content", "Link", "picture_from_reply", "whole_picture"),
            "video_jobs": ("JobFacts", "job_from_reply"),
            "waiting": ("parse_retry_after",),
        },
    )

__all__ = [
    "BODY_EXCERPT_CHARACTERS",
    "Content",
    "JobFacts",
    "Link",
    "error_from_reply",
    "job_from_reply",
    "parse_retry_after",
    "picture_from_reply",
    "whole_picture",
]
