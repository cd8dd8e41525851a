"""The outermost layer of a sandbox: it lets sound requests through, and commits the faults drawn for the others."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

from attrs import evolve, frozen
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imagine_async.drop_points import ConnectionDroppedError
from imagine_async.sandbox.faults.connection import break_connection, without_own_date
from imagine_async.sandbox.faults.drawing import Draws, Strike
from imagine_async.sandbox.faults.reply import Reply
from imagine_async.sandbox.faults.uploading import CutUpload, discard
from imagine_async.sandbox.faults.waiting import ClientGoneError, Sleep, SleepWhileThere
from imagine_async.sandbox.timeline import CLOCK_SHIFT

__all__ = ["TAKE_REPLY", "FaultLayer"]

_logger = logging.getLogger(__name__)

TAKE_REPLY = "imagine_async.take_reply"
"""The ASGI extension by which a transport without a connection takes replies: `take(status, headers, pieces)`.

A transport that offers it is called once, instead of `send`; iterating over the pieces waits where the body is slow,
and raises `ConnectionDroppedError` where it is cut.
"""


@frozen
class FaultLayer:
    """Commits faults.

    Args:
        app: The application behind.
        draws: Tells what strikes.
        sleep: Waits so many seconds.
    """

    app: ASGIApp
    draws: Draws
    sleep: Sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of any kind, as ASGI wants it."""
        # What a browser asks before a request is no call: it is neither struck nor counted.
        is_asked = scope["type"] == "http" and scope["method"] != "OPTIONS"
        strikes = self.draws.draw(scope["path"]) if is_asked else []
        if not strikes:
            await self.app(scope, receive, send)
            return
        for strike in strikes:
            _logger.info("Rule %d strikes its request %d: %s", strike.rule, strike.request, strike.fault)
        reply = await self._answered(scope, receive, strikes)
        if reply is not None:
            await self._deliver(reply, scope, receive, send)

    async def _answered(self, scope: Scope, receive: Receive, strikes: list[Strike]) -> Reply | None:
        """Return the reply and what shall become of it; `None` where the client left before there was one."""
        reply = _in_place(strikes)
        if reply is None:
            reply = await self._asked(scope, receive, strikes)
        elif reply.cut is None:
            await discard(receive)
        if reply is None:
            return None
        for strike in strikes:
            reply = strike.fault.change(reply, strike.moment)
        return reply

    async def _asked(self, scope: Scope, receive: Receive, strikes: list[Strike]) -> Reply | None:
        """Ask the application, on a clock that may be wrong."""
        share = min(strike.fault.upload_share for strike in strikes)
        replies = _Replies()
        shifted = CLOCK_SHIFT.set(CLOCK_SHIFT.get() + sum(strike.fault.shift for strike in strikes))
        try:
            await self.app(scope, receive if share == 1 else CutUpload(scope, receive, share), replies.send)
        finally:
            CLOCK_SHIFT.reset(shifted)
        # An application that is left by its client need not answer; what breaks the connection still has to.
        return replies.whole() or (None if share == 1 else Reply(500, ()))

    async def _deliver(self, reply: Reply, scope: Scope, receive: Receive, send: Send) -> None:
        take = (scope.get("extensions") or {}).get(TAKE_REPLY)
        # In this process a client that leaves cancels the wait, and takes its request's body with it.
        sleep = self.sleep if take is not None else SleepWhileThere(self.sleep, receive)
        try:
            if reply.delay:
                await sleep(reply.delay)
            if reply.cut is not None and not reply.cut.head:
                raise ConnectionDroppedError(resets=reply.cut.resets)
            if take is not None:
                take(reply.status, list(reply.headers), _pieces(reply, sleep))
            else:
                await _send(reply, sleep, send)
        except ConnectionDroppedError as dropped:
            await break_connection(receive, send, resets=dropped.resets)
        except ClientGoneError:
            return


async def _send(reply: Reply, sleep: Sleep, send: Send) -> None:
    without_own_date(send, reply.headers)
    await send({"type": "http.response.start", "status": reply.status, "headers": list(reply.headers)})
    async with aclosing(_pieces(reply, sleep)) as pieces:
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _in_place(strikes: list[Strike]) -> Reply | None:
    """Return what is answered without the application; only the last fault can do so."""
    return strikes[-1].fault.answer(strikes[-1].moment)


async def _pieces(reply: Reply, sleep: Sleep) -> AsyncGenerator[bytes, None]:
    """Yield a body as slowly as it shall leave, up to where it is cut."""
    body = reply.body if reply.cut is None else reply.body[: reply.cut.body]
    step = len(body) if reply.pace is None else reply.pace.piece
    for start in range(0, len(body), max(1, step)):
        if reply.pace is not None and start:
            await sleep(step / reply.pace.bytes_per_second)
        yield body[start : start + step]
    if reply.cut is not None:
        raise ConnectionDroppedError(resets=reply.cut.resets)


class _Replies:
    """Collects what the application sends; the sandbox's replies lie in memory anyway."""

    def __init__(self) -> None:
        self._reply: Reply | None = None
        self._pieces: list[bytes] = []
        self._is_whole = False

    async def send(self, message: Message) -> None:
        """Take a message, as ASGI's `send` does."""
        if message["type"] == "http.response.start":
            headers = tuple((name.lower(), value) for name, value in message.get("headers", ()))
            self._reply = Reply(message["status"], headers)
        elif message["type"] == "http.response.body":
            self._pieces.append(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)

    def whole(self) -> Reply | None:
        """Return the reply; `None` where the application has not brought one to its end."""
        if self._reply is None or not self._is_whole:
            return None
        return evolve(self._reply, body=b"".join(self._pieces))
