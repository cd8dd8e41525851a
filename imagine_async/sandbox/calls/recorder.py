"""Writes down every call of the API: outermost, so that those of unknown keys are seen as well."""

from __future__ import annotations

import contextlib
import json

from attrs import frozen
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imagine_async.sandbox.calls.call import LoggedCall
from imagine_async.sandbox.calls.log import CallLog
from imagine_async.sandbox.dialects import dialect_of
from imagine_async.sandbox.timeline import Timeline

__all__ = ["CallRecorder"]

_MAX_ERROR_BYTES = 4096


class CallRecorder:
    """Puts a `LoggedCall` into `request.state.call`, and into the log when it begins and when it ends.

    Args:
        app: The application that is called.
        log: Where calls go.
        timeline: The sandbox's clock.
    """

    def __init__(self, app: ASGIApp, log: CallLog, timeline: Timeline) -> None:
        self._app = app
        self._log = log
        self._timeline = timeline

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of any kind, as ASGI wants it."""
        if scope["type"] != "http" or dialect_of(scope["path"]) is None:
            await self._app(scope, receive, send)
            return
        now = self._timeline
        call = LoggedCall(now.date().isoformat(), scope["method"], scope["path"][:200], now.seconds())
        scope.setdefault("state", {})["call"] = call
        self._log.note(call)
        try:
            await self._app(scope, receive, _Listener(call, send).send)
        finally:
            call.seconds = now.seconds() - call.begun
            self._log.note(call)


@frozen
class _Listener:
    """Reads along with what is sent."""

    call: LoggedCall
    onward: Send

    async def send(self, message: Message) -> None:
        await self.onward(message)
        if message["type"] == "http.response.start":
            self.call.status = message["status"]
        elif message["type"] == "http.response.body":
            self._read(message.get("body", b""))
            self.call.whole = not message.get("more_body", False)

    def _read(self, body: bytes) -> None:
        self.call.bytes_sent += len(body)
        if (self.call.status or 0) < 400 or len(body) > _MAX_ERROR_BYTES:
            return
        with contextlib.suppress(ValueError, AttributeError):
            error = json.loads(body)
            self.call.refuse(error.get("code"), error.get("message") or "; ".join(error.get("details", ())))
