"""The two documented shapes of a status reply, which differ in almost every member."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from imagine_async.catalog import VIDEO_STATUS, VIDEO_STATUS_PATHS, VideoStyle
from imagine_async.sandbox.videos.jobs import Job, Stage

__all__ = ["SHAPES", "Shape", "Urls"]

Urls = tuple[str, str]
"""Where a finished job's film and thumbnail lie."""
Shape = Callable[[Job, Stage, Urls | None], dict[str, Any]]

# The one id that the vendor's example shows is 11002; which model that is, and all the others, nobody says.
_STYLE_IDS = {style.value: str(number) for number, style in enumerate(VideoStyle, 11001)}
_OTHER_STYLE_ID = "11000"


def _words(job: Job, stage: Stage, urls: Urls | None) -> dict[str, Any]:
    """Return the shape of the platform's pages and of the deprecated path: a word for the stage, single URLs.

    What stands in the place of the URLs of an unfinished job is invented.
    """
    film, thumbnail = urls or (None, None)
    return {
        "uuid": job.id,
        "created_at": _date(job),
        "status": stage.word,
        "url": {"generation": film, "thumbnail": thumbnail},
    }


def _numbers(job: Job, stage: Stage, urls: Urls | None) -> dict[str, Any]:
    """Return the shape of the current reference: a number for the stage and in place of the id, lists of URLs.

    The example shows a finished job only; the `null` of an unfinished one is invented.
    """
    task = job.task
    return {
        "code": stage.code,
        "created_at": _date(job),
        "id": job.number,
        "settings": {
            "prompt": task.prompt,
            "style_id": _STYLE_IDS.get(task.style, _OTHER_STYLE_ID),
            "variation": task.variation,
        },
        "url": None if urls is None else {"generation": [urls[0]], "thumbnail": [urls[1]]},
    }


def _date(job: Job) -> str:
    return job.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {path: _numbers if path == VIDEO_STATUS.path else _words for path in VIDEO_STATUS_PATHS}
)
"""The shape of each documented status path."""
