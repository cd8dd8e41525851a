"""Sends one attempt: form up, picture or facts down, every failure typed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing
from typing import TYPE_CHECKING

import anyio
import httpx

from imagine_async.call import Call, Result
from imagine_async.config import Secret
from imagine_async.errors import ClientClosedError, ConfigurationError, ImagineError, Outcome, ReplyTooLargeError
from imagine_async.fetching import fetch_with_tries
from imagine_async.headers import checked_headers
from imagine_async.multipart import MultipartForm
from imagine_async.quota import quota_from_headers
from imagine_async.replies import Content, Link, error_from_reply
from imagine_async.timeout import Timeout
from imagine_async.transport.answering import NothingSentError
from imagine_async.transport.downloads import Downloader
from imagine_async.transport.failures import bare, innermost, translate
from imagine_async.transport.http_library import HEADERS, HTTPX, NO_PIECES, library_of
from imagine_async.transport.log_scrubbing import keep_out_of_logs
from imagine_async.transport.loop_clients import LoopClients
from imagine_async.transport.own_requests import OwnRequests, header_values, pieces_of
from imagine_async.transport.reading import content_at, image_of, read_reply
from imagine_async.transport.reply_body import ReplyBody

if TYPE_CHECKING:
    from imagine_async.video import VideoJob

__all__ = ["Transport"]

_ERROR_BODY_BYTES = 64 * 1024


class _KeyAuth:
    """Adds the key at the last moment, so that it stands in no variable of ours; any HTTP library takes a callable."""

    def __init__(self, key: Secret, header: tuple[str, str]) -> None:
        self._key = key
        self._name, self._prefix = header

    def __call__(self, request: httpx.Request) -> httpx.Request:
        request.headers[self._name] = self._prefix + self._key.reveal()
        return request


class _Upload:
    """A form on its way out, which notes on the call that it has begun to leave.

    An iterator and no generator: one that a broken connection leaves half-way is closed in order, not by chance.
    """

    def __init__(self, form: MultipartForm | None, call: Call) -> None:
        self._call = call
        self._pieces = _nothing() if form is None else form.pieces()

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._call.begin_to_send()
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await anext(self._pieces)
        except StopAsyncIteration:
            self._call.outcome = Outcome.UNKNOWN  # A request without a body leaves with its headers.
            raise
        self._call.outcome = Outcome.UNKNOWN
        return piece

    async def aclose(self) -> None:
        await self._pieces.aclose()


async def _nothing() -> AsyncGenerator[bytes, None]:
    """The body of a request that has none."""
    pieces: tuple[bytes, ...] = ()
    for piece in pieces:
        yield piece


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
        keep_out_of_logs(key)
        self._base_url = base_url
        self._loop_clients = LoopClients(limit=max_connections)
        self._max_reply_bytes = max_reply_bytes
        self._http_client = http_client
        self._library = HTTPX if http_client is None else library_of(http_client)
        self._own_requests = OwnRequests(base_url)
        self._no_body = self._library.stream_class(NO_PIECES)
        self._downloader = Downloader(base_url, max_bytes=max_reply_bytes, http_client=http_client)
        self._closed = False

    def open_url(self, url: str, timeout: Timeout) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open a URL that is not the API's own call, without the key.

        Args:
            url: Where something lies.
            timeout: What bounds it.

        Returns:
            The pieces of its body, for the length of a block.
        """
        return self._downloader.open(url, timeout=timeout)

    async def send(self, call: Call) -> Result:
        """Send one attempt.

        Args:
            call: The call.

        Returns:
            What the request makes.

        Raises:
            ImagineError: The attempt failed; nothing else comes out.
        """
        failure: ImagineError
        try:
            return await self._exchange(call)
        except ImagineError as error:
            if isinstance(error, NothingSentError):
                # The form was read, to look for an answer to it, and went nowhere.
                call.outcome = Outcome.NOT_SENT
            elif error.outcome is Outcome.NOT_SENT:
                # A file may turn out to have changed when a part of the form has left already.
                error.outcome = call.outcome
            failure, cause = error, error.__cause__
        except self._library.errors as error:
            failure, cause = translate(error, call), innermost(error)
        except anyio.get_cancelled_exc_class() as error:
            # A cancellation, too, would show the variables of all those frames.
            error.__traceback__ = None
            raise
        _scrub(failure, self._key)
        # Raised out here and without its past, the failure drags neither the library's error along, which holds the
        # key in its request, nor frames whose variables hold a reply that may repeat it.
        bare(failure)
        raise failure from bare(cause)

    async def aclose(self) -> None:
        """Close the connections of the running loop; those of other loops go with their loops."""
        self._closed = True
        await self._loop_clients.aclose()
        await self._downloader.aclose()

    async def _exchange(self, call: Call) -> Result:
        if call.outcome in (Outcome.UNKNOWN, Outcome.COMPLETED):
            raise ConfigurationError(
                "a middleware sent one attempt twice, which would be paid twice and booked once; nothing more was "
                "sent: await next() once in around_attempt, and repeat a call in around_call",
                call_id=call.id,
            )
        found = await self._ask(call)
        if isinstance(found, Link):
            # The API's connection is free again by now.
            found = await self._fetch(found, call)
        call.emit("downloaded")
        return image_of(found, call) if isinstance(found, Content) else found

    async def _ask(self, call: Call) -> Content | Link | VideoJob:
        client = await self._client()
        form = MultipartForm(call.request.form()) if call.request.endpoint.method == "POST" else None
        async with aclosing(_Upload(form, call)) as upload:
            request = self._http_request(client, call, form, upload)
            auth = _KeyAuth(self._key, call.request.key_header)
            response = await client.send(request, auth=auth, stream=True, follow_redirects=False)
            try:
                call.emit("first_byte")
                return await self._receive(response, call)
            finally:
                await response.aclose()
                # A response and its stream hold each other, and all of the exchange, until the collector comes.
                response.stream = self._no_body

    async def _fetch(self, link: Link, call: Call) -> Content:
        async def fetch() -> Content:
            timeout = call.timeout.with_total(max(0.001, call.remaining))
            if call.make_spool is None:
                return content_at(link, await self._downloader.read(link.url, timeout=timeout), call)
            # Loaded on use, as below: only batches keep results on disk.
            from imagine_async.transport.streaming import stream_download

            async with self._downloader.open(link.url, timeout=timeout) as download:
                return await stream_download(call, link, download, call.make_spool)

        return await fetch_with_tries(fetch, clock=call.clock)

    def _http_request(
        self, client: httpx.AsyncClient, call: Call, form: MultipartForm | None, upload: _Upload
    ) -> httpx.Request:
        # A middleware may have added some since the client checked its own.
        headers = checked_headers(call.headers)
        if form is not None:
            headers |= {"content-type": form.content_type, "content-length": str(form.length)}
        method, path = call.request.endpoint.method, call.request.path
        if self._http_client is None:
            return self._own_requests.build(method, path, headers=headers, pieces=upload, timeout=call.timeout)
        return self._library.build_request(
            client, method, self._base_url + path, headers={**HEADERS, **headers}, pieces=upload, timeout=call.timeout
        )

    async def _receive(self, response: httpx.Response, call: Call) -> Content | Link | VideoJob:
        status, headers = response.status_code, header_values(response)
        call.quota = quota_from_headers(headers, now=call.clock.wall())
        if not response.is_success:
            body, _ = await self._read(response, _ERROR_BODY_BYTES)
            error = error_from_reply(status, headers, body, now=call.clock.wall(), call_id=call.id)
            call.outcome = error.outcome
            raise error
        # From here on the work is done; only its result has still to come through.
        call.outcome = Outcome.COMPLETED
        if call.make_spool is not None:
            from imagine_async.transport.streaming import stream_reply

            async with aclosing(self._body(response, call)) as pieces:
                return await stream_reply(call, status, headers, pieces, call.make_spool)
        body, whole = await self._read(response, self._max_reply_bytes)
        if not whole:
            raise _too_large(status, self._max_reply_bytes, call)
        return await read_reply(call, status, headers, body)

    def _body(self, response: httpx.Response, call: Call) -> ReplyBody:
        limit = self._max_reply_bytes
        return ReplyBody(
            response,
            limit,
            too_large=lambda: _too_large(response.status_code, limit, call),
            errors=self._library.errors,
        )

    async def _read(self, response: httpx.Response, limit: int) -> tuple[bytes, bool]:
        """Read a body up to a limit; tell whether that was all of it."""
        pieces: list[bytes] = []
        left = limit
        try:
            async for piece in pieces_of(response):
                pieces.append(piece[: max(0, left)])
                left -= len(piece)
                if left < 0:
                    # This ends the library's iterators with an error of theirs. Leaving the loop would leave them
                    # to the garbage collector, at a moment when nobody can await their end.
                    await response.aclose()
        except self._library.errors:
            if left >= 0:
                raise
        return b"".join(pieces), left >= 0

    async def _client(self) -> httpx.AsyncClient:
        if self._closed:
            raise ClientClosedError("the client is closed; make a new one, or keep this one open for as long as needed")
        if self._http_client is not None:
            return self._http_client
        return await self._loop_clients.get()


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
