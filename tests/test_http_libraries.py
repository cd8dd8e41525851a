"""Clients of httpx and of httpx2: recognized, and served with parts of their own library."""

from __future__ import annotations

import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import anyio
import httpcore
import httpcore2
import httpx
import httpx2
import pytest

from imagine_async import NO_RETRY, AsyncImagine
from imagine_async.call import Call
from imagine_async.errors import ConfigurationError, ConnectError, DisconnectedError, Outcome
from imagine_async.requests import TextToImage
from imagine_async.timeout import Timeout
from imagine_async.transport.failures import translate
from imagine_async.transport.http_library import HTTPX, library_of, loaded_libraries
from tests.samples import png_bytes
from tests.scripted_server import answering, read_head, read_request, reply, reset, scripted_server

KEY = "vk-secret0123456789"
LIBRARIES = [pytest.param(httpx, id="httpx"), pytest.param(httpx2, id="httpx2")]


class Form:
    """A body in pieces that notes how it ends."""

    def __init__(self, *pieces: bytes) -> None:
        self._left = iter(pieces)
        self.closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        await anyio.lowlevel.checkpoint()
        try:
            return next(self._left)
        except StopIteration:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        self.closed = True


def client_of(library: Any, **options: Any) -> httpx.AsyncClient:
    """Make a client of a library; both have the same interface."""
    client: httpx.AsyncClient = library.AsyncClient(**options)
    return client


def call_of() -> Call:
    """Make a call."""
    return Call(request=TextToImage(prompt="a fox"), deadline=300.0)


@pytest.mark.anyio
@pytest.mark.parametrize("library", LIBRARIES)
async def test_clients_are_told_apart(library: Any) -> None:
    """A client, also one of a subclass, belongs to the library that its class comes from."""

    class Mine(library.AsyncClient):  # type: ignore[misc]  # the base is a parameter of the test
        pass

    async with client_of(library) as client, Mine() as mine:
        assert library_of(client) is library_of(mine)
        assert library_of(client).name == library.__name__


def test_the_sdks_own_library_is_httpx() -> None:
    """The SDK's own connections are made with httpx."""
    assert HTTPX.name == "httpx"
    assert HTTPX in loaded_libraries()
    assert {httpx.HTTPError, httpcore.NetworkError, ssl.SSLError, OSError} <= set(HTTPX.errors)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_sync_client_is_refused(library: Any) -> None:
    """A sync client cannot be awaited, and the error says what to pass."""
    with library.Client() as client, pytest.raises(ConfigurationError, match=rf"{library.__name__}\.AsyncClient"):
        library_of(client)


@pytest.mark.parametrize(
    "client", [object(), None, httpx.AsyncClient, "https://proxy"], ids=lambda each: type(each).__name__
)
def test_anything_else_is_refused(client: object) -> None:
    """What is no client is refused by its type."""
    with pytest.raises(ConfigurationError, match=type(client).__name__):
        library_of(client)


@pytest.mark.anyio
@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_form_leaves_in_pieces(library: Any) -> None:
    """A request that is built for a client carries the client's headers, and its body piece by piece."""
    seen = []

    def behave(connection: Any) -> None:
        seen.append(read_request(connection))
        connection.sendall(reply(b"done"))

    form = Form(b"--x\r\n", b"a" * 70_000, b"\r\n--x--\r\n")
    with scripted_server(behave) as server:
        async with client_of(library, headers={"x-mine": "1"}) as client, aclosing(form):
            request = library_of(client).build_request(
                client,
                "POST",
                f"{server.url}/v2/image",
                headers={"content-length": "70014", "content-type": "multipart/form-data; boundary=x"},
                pieces=form,
                timeout=Timeout(connect=4, read=3, write=2),
            )
            response = await client.send(request, auth=None, stream=True, follow_redirects=False)
            body = b"".join([piece async for piece in response.aiter_bytes()])
            await response.aclose()
    head, sent = seen[0]
    assert body == b"done"
    assert sent == b"--x\r\n" + b"a" * 70_000 + b"\r\n--x--\r\n"
    assert head.startswith(b"POST /v2/image HTTP/1.1\r\n")
    assert b"x-mine: 1\r\n" in head
    assert head.lower().count(b"content-length:") == 1
    assert request.extensions["timeout"] == {"connect": 4, "read": 3, "write": 2, "pool": None}
    assert form.closed


@pytest.mark.anyio
@pytest.mark.parametrize("library", LIBRARIES)
async def test_the_key_may_be_added_by_a_function(library: Any) -> None:
    """Both libraries take a plain function as authentication, which needs no class of theirs."""
    heads = []

    def behave(connection: Any) -> None:
        heads.append(read_head(connection))
        connection.sendall(reply(b""))

    def add_key(request: httpx.Request) -> httpx.Request:
        request.headers["authorization"] = "Bearer vk-test"
        return request

    with scripted_server(behave) as server:
        async with client_of(library) as client, aclosing(Form()) as nothing:
            request = library_of(client).build_request(
                client, "GET", server.url, headers={}, pieces=nothing, timeout=Timeout()
            )
            await client.send(request, auth=add_key)
    assert b"authorization: Bearer vk-test\r\n" in heads[0]
    assert b"content-length" not in heads[0].lower()
    assert b"transfer-encoding" not in heads[0].lower()


@pytest.mark.anyio
@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_bare_request_carries_nothing_of_the_client(library: Any) -> None:
    """A bare request has the headers that it was given and Host, and no cookies."""
    heads = []

    def behave(connection: Any) -> None:
        heads.append(read_head(connection))
        connection.sendall(reply(b""))

    with scripted_server(behave) as server:
        client = client_of(library, headers={"x-mine": "1"}, cookies={"c": "1"}, auth=("me", "secret"))
        async with client:
            of = library_of(client)
            request = of.bare_request(of.url(server.url + "/a?b=c"), headers={"accept": "*/*"}, timeout=Timeout())
            await client.send(request, auth=None)
    lines = heads[0].decode().lower().split("\r\n")
    assert lines[0] == "get /a?b=c http/1.1"
    assert sorted(line.partition(":")[0] for line in lines[1:] if line) == ["accept", "host"]


@pytest.mark.anyio
@pytest.mark.parametrize("library", LIBRARIES)
async def test_no_connection_means_that_nothing_was_sent(library: Any) -> None:
    """A connection that is refused is caught by the library's own errors, and becomes a ConnectError."""
    with scripted_server(reset) as server:
        url = server.url
    async with client_of(library) as client, aclosing(Form()) as nothing:
        of = library_of(client)
        request = of.build_request(client, "GET", url, headers={}, pieces=nothing, timeout=Timeout())
        with pytest.raises(of.errors) as caught:
            await client.send(request, auth=None)
    failure = translate(caught.value, call_of())
    assert isinstance(failure, ConnectError)
    assert failure.outcome is Outcome.NOT_SENT


@pytest.mark.anyio
@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_broken_connection_is_told_apart(library: Any) -> None:
    """A connection that breaks after the request left is no ConnectError, and its outcome is that of the call."""

    def behave(connection: Any) -> None:
        read_head(connection)
        reset(connection)

    call = call_of()
    with scripted_server(behave) as server:
        async with client_of(library) as client, aclosing(Form()) as nothing:
            of = library_of(client)
            request = of.build_request(client, "GET", server.url, headers={}, pieces=nothing, timeout=Timeout())
            with pytest.raises(of.errors) as caught:
                await client.send(request, auth=None)
    call.outcome = Outcome.UNKNOWN
    failure = translate(caught.value, call)
    assert isinstance(failure, DisconnectedError)
    assert failure.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("httpx", httpx.ReadError("")),
        ("httpx", httpcore.ReadError("")),
        ("httpx", OSError()),
        ("httpx2", httpx2.ReadError("")),
        ("httpx2", httpcore2.ReadError("")),
        ("httpx2", anyio.EndOfStream()),
    ],
    ids=repr,
)
def test_a_library_knows_its_errors(name: str, error: Exception) -> None:
    """Its own errors, those of what it stands on, and those of the network belong to a library."""
    library = next(each for each in loaded_libraries() if each.name == name)
    assert isinstance(error, library.errors)


@pytest.mark.parametrize(
    "error", [httpx2.ConnectError(""), httpcore2.ConnectTimeout(""), httpx.InvalidURL("")], ids=repr
)
def test_every_librarys_way_not_to_connect_is_known(error: Exception) -> None:
    """Whichever library could not connect, nothing was sent."""
    assert isinstance(translate(error, call_of()), ConnectError)


def test_a_library_that_is_not_loaded_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only loaded libraries are looked at; nobody needs httpx2."""
    monkeypatch.delitem(sys.modules, "httpx2")
    assert [library.name for library in loaded_libraries()] == ["httpx"]


@pytest.mark.anyio
async def test_answers_of_one_connection_follow_each_other() -> None:
    """A client of httpx2 keeps its connection for the next request."""
    with scripted_server(answering(reply(b"a"), reply(b"b"))) as server:
        async with client_of(httpx2) as client:
            of = library_of(client)
            for expected in (b"a", b"b"):
                async with aclosing(Form()) as nothing:
                    request = of.build_request(client, "GET", server.url, headers={}, pieces=nothing, timeout=Timeout())
                    assert (await client.send(request, auth=None)).content == expected
    assert server.connections == 1


@pytest.mark.anyio
@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_whole_call_through_a_client_that_was_brought(library: Any) -> None:
    """A picture is made through a client of either library, and the client stays open."""
    seen = []

    def behave(connection: Any) -> None:
        seen.append(read_request(connection))
        connection.sendall(reply(png_bytes(32, 8)))

    with scripted_server(behave) as server:
        async with client_of(library, headers={"x-mine": "1"}) as http_client:
            async with AsyncImagine(KEY, base_url=server.url, http_client=http_client, retry=NO_RETRY) as client:
                assert (await client.text_to_image("a fox")).width == 32
            assert not http_client.is_closed
    head, form = seen[0]
    assert b"x-mine: 1\r\n" in head
    assert KEY.encode() in head
    assert b"a fox" in form


@pytest.mark.anyio
@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_broken_call_through_a_client_that_was_brought(library: Any) -> None:
    """A failure of either library becomes the SDK's own, with the right outcome and without the key."""

    def behave(connection: Any) -> None:
        read_request(connection)
        reset(connection)

    with scripted_server(behave) as server:
        async with client_of(library) as http_client:
            client = AsyncImagine(KEY, base_url=server.url, http_client=http_client, retry=NO_RETRY)
            with pytest.raises(DisconnectedError) as caught:
                await client.text_to_image("a fox")
    assert caught.value.outcome is Outcome.UNKNOWN
    assert KEY not in repr(caught.value) + str(caught.value)


@pytest.mark.anyio
async def test_what_the_caller_was_handling_is_left_alone() -> None:
    """A call that fails while the caller handles an error of its own does not touch that error or name it as cause."""

    def behave(connection: Any) -> None:
        read_request(connection)

    with scripted_server(behave) as server:
        async with AsyncImagine(KEY, base_url=server.url, retry=NO_RETRY) as client:
            try:
                raise FileNotFoundError("the caller's own")
            except FileNotFoundError:
                with pytest.raises(DisconnectedError) as caught:
                    await client.text_to_image("a fox")
    assert caught.value.__cause__ is None
    assert "the caller's own" not in str(caught.value)
