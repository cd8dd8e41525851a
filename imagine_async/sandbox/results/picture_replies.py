"""How a painted picture comes back: as its bytes, or in JSON."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from attrs import frozen
from starlette.responses import JSONResponse, Response

from imagine_async.catalog import Endpoint
from imagine_async.sandbox.results.signing import Signer
from imagine_async.sandbox.results.store import Result, ResultStore
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.v1.rules import is_v1

__all__ = ["PictureReplies"]

_SUFFIXES = {"image/jpeg": "jpg", "image/png": "png"}


@frozen
class PictureReplies:
    """Puts pictures into the form that the settings name.

    Args:
        settings: Which form, and which content type.
        store: Where pictures lie that are answered with a URL.
        signer: What makes the URLs.
    """

    settings: SandboxSettings
    store: ResultStore
    signer: Signer

    def reply(self, base_url: str, endpoint: Endpoint, content: bytes) -> Response:
        """Make the reply of a picture. Takes a while for large ones, and may run in a thread.

        Args:
            base_url: Where the sandbox was asked.
            endpoint: The endpoint called.
            content: The picture's bytes.
        """
        if self.settings.reply_form == "bytes":
            named = is_v1(endpoint) or self.settings.image_content_type
            return Response(content, media_type=f"image/{endpoint.reply}" if named else "application/octet-stream")
        return JSONResponse({"status": "success", **self._members(base_url, f"image/{endpoint.reply}", content)})

    def _members(self, base_url: str, media_type: str, content: bytes) -> dict[str, Any]:
        match self.settings.reply_form:
            case "base64":
                return {"image": base64.b64encode(content).decode()}
            case "data_uri":
                return {"image": f"data:{media_type};base64,{base64.b64encode(content).decode()}"}
            case "url":
                return {"url": self._url(base_url, media_type, content)}
            case "nested_url":
                return {"image": {"url": self._url(base_url, media_type, content)}}
            case _:
                return {"data": [{"url": self._url(base_url, media_type, content)}]}

    def _url(self, base_url: str, media_type: str, content: bytes) -> str:
        name = f"{uuid.uuid4()}.{_SUFFIXES[media_type]}"
        self.store.put(name, Result(content, media_type))
        return self.signer.url(base_url, name)
