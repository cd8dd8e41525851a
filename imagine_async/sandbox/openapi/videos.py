"""What the calls about videos answer."""

from __future__ import annotations

from typing import Any

from imagine_async.catalog import VIDEO_STATUS, VIDEO_STATUS_PATHS
from imagine_async.sandbox.openapi.invented import INVENTED
from imagine_async.sandbox.videos.jobs import Stage

__all__ = ["DELETION", "JOB", "STATUS", "VIDEO_SCHEMAS"]

JOB, DELETION = "VideoJob", "VideoDeletion"
"""The names of the replies to a creation and to a deletion."""
STATUS = {path: "VideoNumbers" if path == VIDEO_STATUS.path else "VideoWords" for path in VIDEO_STATUS_PATHS}
"""The name of the reply of each documented status path."""

_SUCCESS = {"const": "success", "description": "That the question was answered; says nothing about the video."}
_DATE = {"type": "string", "format": "date-time"}
_URL = {"type": "string", "format": "uri"}


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties, **more}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"], "description": "null until the video is there (invented)."}


def _one() -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "maxItems": 1, "items": _URL}


VIDEO_SCHEMAS: dict[str, Any] = {
    JOB: _object({"id": {"type": "string"}, "status": {"const": "processing"}}, **{"x-source": "platform"}),
    DELETION: _object(
        {"message": {"const": "video deleted"}, "status": {"const": "success"}}, **{"x-source": "delete page"}
    ),
    "VideoWords": _object(
        {
            "status": _SUCCESS,
            "video": _object(
                {
                    "uuid": {"type": "string"},
                    "created_at": _DATE,
                    "status": {"type": "string", "enum": [stage.word for stage in Stage]},
                    "url": _object({"generation": _or_null(_URL), "thumbnail": _or_null(_URL)}),
                }
            ),
        },
        **{"x-source": "platform"},
    ),
    "VideoNumbers": _object(
        {
            "status": _SUCCESS,
            "video": _object(
                {
                    "code": {"type": "integer", "enum": [stage.code for stage in Stage]},
                    "created_at": _DATE,
                    "id": {"type": "integer"},
                    "settings": _object(
                        {
                            "prompt": {"type": "string"},
                            "style_id": {"type": "string", **INVENTED},
                            "variation": {"type": "string", "enum": ["text_to_video", "image_to_video"]},
                        }
                    ),
                    "url": _or_null(_object({"generation": _one(), "thumbnail": _one()})),
                }
            ),
        },
        **{"x-source": "reference"},
    ),
}
"""The bodies of replies."""
