"""Sends one attempt: form up, picture down, every failure typed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from contextlib import aclosing
from typing import Any

import httpx

from imagine_async.call import Call
from imagine_async.config import Secret
from imagine_async.errors import ClientClosedError, ImagineError, Outcome, ReplyTooLargeError
from imagine_async.multipart import MultipartForm
from imagine_async.replies import error_from_reply, picture_from_reply
from imagine_async.results import Image
from imagine_async.sniff import Picture
from imagine_async.transport.failures import FOREIGN_ERRORS, bare, innermost, translate
from imagine_async.transport.loop_clients import LoopClients
from imagine_async.version import VERSION

__all__ = ["Transport", "in_process_client"]

_ERROR_BODY_BYTES = 64 * 1024
# The deadline of the call bounds everything but connecting, where giving up early allows another attempt.
_TIMEOUT = httpx.Timeout(None, connect=5.0)
_HEADERS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": f"imagine-async/{VERSION}"}


class _KeyAuth(httpx.Auth):
    """Adds the key at the last moment, so that it stands in no variable of ours."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["authorization"] = f"Bearer {self._key.reveal()}"
        yield request


def in_process_client(app: Any) -> httpx.AsyncClient:
    """Make an HTTP client whose server is an ASGI application in this process, on any event loop.

    Args:
        app: The application.

    Returns:
        The client; it holds no sockets and needs no closing.
    """
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app, raise_app_exceptions=False))


class _Upload(httpx.AsyncByteStream):
    """A form on its way out, which notes on the call that it has begun to leave.

    An iterator and no generator: one that a broken connection leaves half-way is closed in order, not by chance.
    """

    def __init__(self, form: MultipartForm, call: Call) -> None:
        self._call = call
        self._pieces = form.pieces()

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._call.emit("sending")
        return self

    async def __anext__(self) -> bytes:
        piece = await anext(self._pieces)
        self._call.outcome = Outcome.UNKNOWN
        return piece

    async def aclose(self) -> None:
        await self._pieces.aclose()


class Transport:
    """Sends attempts over connections that belong to the running event loop.

    Args:
        key: The API key; it goes to the base URL's host and nowhere else.
        base_url: The root of the API's host, without a slash at its end.
        max_connections: Requests in flight at most, on each event loop.
        max_reply_bytes: The largest reply to take.
        http_client: A client to use instead of the SDK's own; the caller closes it.
    """

    def __init__(
        self,
        *,
        key: Secret,
        base_url: str,
        max_connections: int,
        max_reply_bytes: int,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        self._key = key
        self._auth = _KeyAuth(key)
        self._base_url = base_url
        self._loop_clients = LoopClients(limit=max_connections)
        self._max_reply_bytes = max_reply_bytes
        self._http_client = http_client
        self._closed = False

    async def send(self, call: Call) -> Image:
        """Send one attempt.

        Args:
            call: The call.

        Returns:
            The picture.

        Raises:
            ImagineError: The attempt failed; nothing else comes out.
        """
        try:
            return await self._exchange(call)
        except ImagineError as error:
            if error.outcome is Outcome.NOT_SENT:
                # A file may turn out to have changed when a part of the form has left already.
                error.outcome = call.outcome
            _scrub(error, self._key)
            raise
        except FOREIGN_ERRORS as error:
            failure, cause = translate(error, call), innermost(error)
        # Raised out here, the failure does not drag the library's error along, which holds the key in its request.
        raise failure from bare(cause)

    async def aclose(self) -> None:
        """Close the connections of the running loop; those of other loops go with their loops."""
        self._closed = True
        await self._loop_clients.aclose()

    async def _exchange(self, call: Call) -> Image:
        client = await self._client()
        form = MultipartForm(call.request.form())
        async with aclosing(_Upload(form, call)) as upload:
            request = self._http_request(client, call, form, upload)
            response = await client.send(request, auth=self._auth, stream=True, follow_redirects=False)
            try:
                call.emit("first_byte")
                return await self._receive(response, call)
            finally:
                await response.aclose()

    def _http_request(
        self, client: httpx.AsyncClient, call: Call, form: MultipartForm, upload: _Upload
    ) -> httpx.Request:
        headers = {
            **_HEADERS,
            **call.headers,
            "content-type": form.content_type,
            "content-length": str(form.length),
        }
        url = self._base_url + call.request.endpoint.path
        # Built by the client for its own headers, and once more for the stream, which cannot be handed to the client
        # without a generator around it.
        built = client.build_request("POST", url, headers=headers, timeout=_TIMEOUT)
        return httpx.Request("POST", built.url, headers=built.headers, stream=upload, extensions=built.extensions)

    async def _receive(self, response: httpx.Response, call: Call) -> Image:
        status, headers = response.status_code, response.headers
        if not response.is_success:
            body, _ = await _read(response, _ERROR_BODY_BYTES)
            error = error_from_reply(status, headers, body, now=call.clock.wall(), call_id=call.id)
            call.outcome = error.outcome
            raise error
        # From here on the work is done; only the picture has still to come through.
        call.outcome = Outcome.COMPLETED
        body, whole = await _read(response, self._max_reply_bytes)
        if not whole:
            raise _too_large(status, self._max_reply_bytes, call)
        picture = picture_from_reply(status, headers, body, now=call.clock.wall(), call_id=call.id)
        call.emit("downloaded")
        return _image(body, picture, call)

    async def _client(self) -> httpx.AsyncClient:
        if self._closed:
            raise ClientClosedError("the client is closed; make a new one, or keep this one open for as long as needed")
        if self._http_client is not None:
            return self._http_client
        return await self._loop_clients.get()


async def _read(response: httpx.Response, limit: int) -> tuple[bytes, bool]:
    """Read a body up to a limit; tell whether that was all of it."""
    pieces: list[bytes] = []
    left = limit
    try:
        async for piece in response.aiter_bytes():
            pieces.append(piece[: max(0, left)])
            left -= len(piece)
            if left < 0:
                # This ends the library's iterators with an error of theirs. Leaving the loop would leave them to the
                # garbage collector, at a moment when nobody can await their end.
                await response.aclose()
    except FOREIGN_ERRORS:
        if left >= 0:
            raise
    return b"".join(pieces), left >= 0


def _image(content: bytes, picture: Picture, call: Call) -> Image:
    return Image(
        content=content,
        format=picture.format,
        width=picture.width,
        height=picture.height,
        request=call.request,
        seed=getattr(call.request, "seed", None),
        elapsed=call.elapsed,
        attempts=call.attempt,
        tokens=call.tokens,
        call_id=call.id,
    )


def _too_large(status: int, limit: int, call: Call) -> ReplyTooLargeError:
    return ReplyTooLargeError(
        f"the reply is larger than {limit} bytes; it was made and probably charged: raise max_reply_bytes=",
        status=status,
        call_id=call.id,
    )


def _scrub(error: ImagineError, key: Secret) -> None:
    """Take the key out of an error, in case the server repeated it."""
    error.args = tuple(key.scrub(item) if isinstance(item, str) else item for item in error.args)
    for name, value in vars(error).items():
        if isinstance(value, str) and not isinstance(value, Outcome):
            setattr(error, name, key.scrub(value))
