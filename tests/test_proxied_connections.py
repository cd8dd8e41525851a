"""Connections through proxies: what the proxy sees, and that cancellation never costs a connection."""

from __future__ import annotations

import gc
import logging
import random
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import anyio
import httpcore
import httpx
import pytest
import trustme

from imagine_async import NO_RETRY, AsyncImagine
from imagine_async.call import Call
from imagine_async.errors import ConnectError, DownloadError, UnsafeUrlError
from imagine_async.requests import TextToImage
from imagine_async.timeout import Timeout
from imagine_async.transport import downloads, loop_clients
from imagine_async.transport.connections import ConnectionStack
from imagine_async.transport.connector import Connector
from imagine_async.transport.downloads import Downloader
from imagine_async.transport.failures import translate
from imagine_async.transport.http_library import HTTPX
from imagine_async.transport.loop_clients import LoopClients
from imagine_async.transport.proxies import Proxies, Proxy
from tests.proxy_server import ProxyServer, forget_proxies, proxy_server
from tests.samples import png_bytes
from tests.scripted_server import Behaviour, answering, read_head, read_request, reply, reset, scripted_server

KEY = "vk-secret0123456789"
PASSWORD = "pa$$ word"


@pytest.fixture(autouse=True)
def _no_proxies_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own proxies out of the tests."""
    forget_proxies(monkeypatch)


# On the wire


class Network:
    """A server over TLS under any name of `example`, and the trust in it."""

    def __init__(self) -> None:
        authority = trustme.CA()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("api.example", "cdn.example", "127.0.0.1").configure_cert(self.context)
        self.trust = ssl.create_default_context()
        authority.configure_trust(self.trust)

    def over_tls(self, behaviour: Behaviour) -> Behaviour:
        """Let a behaviour speak over TLS."""

        def behave(connection: socket.socket) -> None:
            with self.context.wrap_socket(connection, server_side=True) as encrypted:
                behaviour(encrypted)

        return behave


@pytest.fixture(scope="module")
def network() -> Network:
    """Make the certificates once."""
    return Network()


@pytest.fixture
def trusting(network: Network, monkeypatch: pytest.MonkeyPatch) -> Network:
    """Let the SDK trust the server."""
    monkeypatch.setattr(loop_clients, "shared_ssl_context", lambda: network.trust)
    monkeypatch.setattr(downloads, "shared_ssl_context", lambda: network.trust)
    return network


@pytest.fixture
def using(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that names a proxy in the environment."""

    def use(proxy: ProxyServer, credentials: str = "") -> None:
        monkeypatch.setenv("ALL_PROXY", proxy.url.replace("://", f"://{credentials}@" if credentials else "://"))

    return use


async def get(url: str, times: int = 1) -> list[bytes]:
    """Ask through a loop's client, one time after another."""
    clients = LoopClients(limit=2)
    try:
        client = await clients.get()
        return [(await client.get(url, headers={"authorization": f"Bearer {KEY}"})).content for _ in range(times)]
    finally:
        await clients.aclose()


@pytest.mark.anyio
async def test_https_goes_through_a_tunnel_that_nobody_looks_into(trusting: Network, using: Any) -> None:
    """The proxy learns the host and its own credentials, but neither the key nor what is asked; tunnels are kept."""
    with scripted_server(trusting.over_tls(answering(reply(b"a"), reply(b"b")))) as server:
        with proxy_server(server.url, credentials=f"me:{PASSWORD}") as proxy:
            using(proxy, "me:pa$$%20word")
            assert await get("https://api.example/secret-path", times=2) == [b"a", b"b"]
    assert len(proxy.asked) == 1
    assert proxy.asked[0].startswith(b"CONNECT api.example:443 HTTP/1.1\r\n")
    seen = proxy.asked[0] + proxy.passed
    assert KEY.encode() not in seen
    assert b"secret-path" not in seen
    assert b"authorization: bearer" not in seen.lower()


@pytest.mark.anyio
async def test_the_tunnel_ends_at_the_certificate(trusting: Network, using: Any) -> None:
    """A server whose certificate bears another name is refused behind a proxy as well, before the key is sent."""
    seen: list[bytes] = []
    with scripted_server(trusting.over_tls(lambda connection: seen.append(connection.recv(1 << 16)))) as server:
        with proxy_server(server.url) as proxy:
            using(proxy)
            with pytest.raises(httpcore.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await get("https://other.example/")
    assert seen in ([], [b""])


@pytest.mark.anyio
async def test_http_is_forwarded(using: Any) -> None:
    """A URL without encryption is asked of the proxy whole, with the proxy's credentials."""
    with scripted_server(answering(reply(b"a"), reply(b"b"))) as server:
        with proxy_server(server.url, credentials="me:pw") as proxy:
            using(proxy, "me:pw")
            assert await get("http://api.example:8000/a?b=c", times=2) == [b"a", b"b"]
    assert proxy.asked[0].startswith(b"GET http://api.example:8000/a?b=c HTTP/1.1\r\n")
    assert len(proxy.asked) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("target", ["http://api.example", "https://api.example"])
async def test_a_proxy_may_be_reached_over_tls(trusting: Network, using: Any, target: str) -> None:
    """An https proxy is spoken to over TLS, and a tunnel through it holds a TLS of its own."""
    behaviour = answering(reply(b"a"))
    with scripted_server(trusting.over_tls(behaviour) if target.startswith("https") else behaviour) as server:
        with proxy_server(server.url, tls=trusting.context, credentials="me:pw") as proxy:
            using(proxy, "me:pw")
            assert await get(target) == [b"a"]
    assert len(proxy.asked) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("credentials", ["", "me:pw"])
@pytest.mark.parametrize("target", ["http://api.example", "https://api.example"])
async def test_socks(
    trusting: Network, using: Any, target: str, credentials: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A SOCKS proxy resolves the name, may ask for a password, and the password stands in no log."""
    caplog.set_level(logging.DEBUG)
    behaviour = answering(reply(b"a"), reply(b"b"))
    with scripted_server(trusting.over_tls(behaviour) if target.startswith("https") else behaviour) as server:
        with proxy_server(server.url, socks=True, credentials=credentials or None) as proxy:
            using(proxy, credentials)
            assert await get(target, times=2) == [b"a", b"b"]
    assert proxy.asked == [b"api.example"]
    assert "pw" not in caplog.text
    assert "setup_socks5_connection" in caplog.text


@pytest.mark.anyio
@pytest.mark.parametrize("socks", [False, True], ids=["http", "socks"])
async def test_a_proxy_that_refuses_is_no_connection(using: Any, socks: bool) -> None:
    """Wrong credentials are a failure to connect: nothing was sent, and the credentials are not told."""
    with (
        scripted_server(answering(reply(b"a"))) as server,
        proxy_server(server.url, credentials="me:pw", socks=socks) as proxy,
    ):
        using(proxy, "me:wrong")
        with pytest.raises(HTTPX.errors) as caught:
            await get("https://api.example")
    failure = translate(caught.value, Call(request=TextToImage(prompt="a fox"), deadline=300.0))
    assert isinstance(failure, ConnectError)
    assert "wrong" not in str(failure)
    assert ("407" in str(failure)) is not socks


@pytest.mark.anyio
async def test_a_proxy_that_is_not_there(using: Any) -> None:
    """A proxy that does not listen is a failure to connect."""
    with scripted_server(reset) as server:
        gone = server.url
    using(ProxyServer(gone, url=gone))
    with pytest.raises(httpcore.ConnectError):
        await get("https://api.example")


@pytest.mark.anyio
async def test_no_proxy_goes_around(using: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What NO_PROXY names is reached directly; without it, this machine is reached through the proxy as well."""
    with scripted_server(answering(reply(b"a"))) as server, proxy_server(server.url) as proxy:
        using(proxy)
        assert await get(server.url) == [b"a"]
        assert len(proxy.asked) == 1
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert await get(server.url) == [b"a"]
        assert len(proxy.asked) == 1


@pytest.mark.anyio
async def test_the_environment_is_read_once_for_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop's client keeps the proxies that it was made with."""
    reads = []

    def read() -> Proxies:
        reads.append(1)
        return Proxies({})

    monkeypatch.setattr(loop_clients, "proxies_from_environment", read)
    with scripted_server(answering(*[reply(b"a")] * 3)) as server:
        assert await get(server.url, times=3) == [b"a"] * 3
    assert len(reads) == 1


@pytest.mark.anyio
async def test_a_call_through_a_proxy(trusting: Network, using: Any) -> None:
    """A whole call goes through a tunnel, and the proxy sees neither key nor prompt."""
    heads = []

    def behave(connection: socket.socket) -> None:
        heads.append(read_request(connection))
        connection.sendall(reply(png_bytes(32, 8)))

    with scripted_server(trusting.over_tls(behave)) as server, proxy_server(server.url) as proxy:
        using(proxy)
        async with AsyncImagine(KEY, base_url="https://api.example", retry=NO_RETRY, rate_limit=None) as client:
            assert (await client.text_to_image("a secret fox")).width == 32
    assert KEY.encode() in heads[0][0]
    assert KEY.encode() not in proxy.asked[0] + proxy.passed
    assert b"fox" not in proxy.asked[0] + proxy.passed


# Downloads


@pytest.mark.anyio
async def test_a_download_goes_through_the_proxy_too(trusting: Network, using: Any) -> None:
    """The proxy may be private, and it resolves the names of what is fetched."""
    with scripted_server(trusting.over_tls(answering(reply(b"body")))) as server, proxy_server(server.url) as proxy:
        using(proxy)
        downloader = Downloader("https://api.example", 1000)
        assert await downloader.read("https://cdn.example/a?sig=secret", timeout=Timeout(20)) == b"body"
        await downloader.aclose()
    assert proxy.asked[0].startswith(b"CONNECT cdn.example:443 ")
    assert b"secret" not in proxy.asked[0] + proxy.passed


@pytest.mark.anyio
@pytest.mark.parametrize("url", ["https://10.0.0.1/", "https://localhost/", "https://db.internal/", "https://0x7f.1/"])
async def test_a_proxy_is_not_asked_for_what_is_local(using: Any, url: str) -> None:
    """Addresses and names that are local by their spelling are refused before the proxy hears of them."""
    with scripted_server(reset) as server, proxy_server(server.url) as proxy:
        using(proxy)
        with pytest.raises(UnsafeUrlError):
            await Downloader("https://api.example", 1000).read(url, timeout=Timeout(20))
    assert proxy.asked == []


@pytest.mark.anyio
async def test_a_download_that_the_proxy_refuses(using: Any) -> None:
    """A proxy's refusal is a download that got no answer."""
    with scripted_server(reset) as server, proxy_server(server.url, credentials="me:pw") as proxy:
        using(proxy, "me:wrong")
        with pytest.raises(DownloadError, match="407") as caught:
            await Downloader("https://api.example", 1000).read("https://cdn.example/", timeout=Timeout(20))
    assert caught.value.status is None
    assert "wrong" not in str(caught.value)


# Cancellation


LIMIT = 4


def meeting(network: Network | None) -> Behaviour:
    """Answer at once; requests for `/meet` only once `LIMIT` of them are there together."""
    barrier = threading.Barrier(LIMIT)

    def behave(connection: socket.socket) -> None:
        while True:
            if b"/meet " in read_head(connection):
                barrier.wait(20)
            connection.sendall(reply(b"x" * 2000))

    return behave if network is None else network.over_tls(behave)


# The empty body of httpcore's own CONNECT is a generator, which trio reports where cancellation leaves it half-way. It
# holds nothing.
@pytest.mark.filterwarnings("ignore:Async generator 'httpcore._models.ByteStream:ResourceWarning")
@pytest.mark.anyio
@pytest.mark.parametrize("way", ["direct", "forward", "tunnel", "socks"])
async def test_cancelled_requests_lose_no_slot(trusting: Network, using: Any, way: str) -> None:
    """After 200 requests that were cancelled at random, as many as ever can be in flight; no socket is left open."""
    encrypted = way in ("tunnel", "socks")
    with scripted_server(meeting(trusting if encrypted else None)) as server:
        with proxy_server(server.url, socks=way == "socks") as proxy:
            if way != "direct":
                using(proxy)
            url = "https://api.example" if encrypted else server.url
            clients = LoopClients(limit=LIMIT)
            client = await clients.get()
            await _cancel_at_random(client, url, 200)
            with anyio.fail_after(20):
                async with anyio.create_task_group() as tasks:
                    for _ in range(LIMIT):
                        tasks.start_soon(_ask, client, f"{url}/meet")
            await clients.aclose()
    gc.collect()


async def _ask(client: httpx.AsyncClient, url: str) -> None:
    request = HTTPX.build_request(client, "GET", url, headers={}, timeout=Timeout())
    assert (await client.send(request)).content == b"x" * 2000


async def _cancel_at_random(client: httpx.AsyncClient, url: str, times: int) -> None:
    random_numbers = random.Random(times)

    async def attempt() -> None:
        with anyio.move_on_after(random_numbers.random() * 0.01):
            await _ask(client, url)

    for _ in range(times // 10):
        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(attempt)


@pytest.mark.anyio
@pytest.mark.parametrize("way", ["direct", "http", "https", "socks"])
async def test_a_handshake_that_is_cancelled_closes_its_socket(trusting: Network, way: str) -> None:
    """Whether the server or the proxy is the silent one, giving up amidst the handshake closes the connection."""
    begun, ended = threading.Event(), threading.Event()

    def silent(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        begun.set()
        while connection.recv(1 << 16):
            pass
        ended.set()

    with scripted_server(silent) as server:
        port = int(server.url.rpartition(":")[2])
        named = {} if way == "direct" else {"https": Proxy("socks5" if way == "socks" else way, "127.0.0.1", port)}
        stack = ConnectionStack(limit=1, connector=Connector(lambda: trusting.trust, Proxies(named)))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stack.handle_async_request, httpx.Request("GET", f"https://127.0.0.1:{port}"))
            assert await anyio.to_thread.run_sync(begun.wait, 10)
            tasks.cancel_scope.cancel()
        assert await anyio.to_thread.run_sync(ended.wait, 10)
        await stack.aclose()
    gc.collect()


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Let what a test leaves open speak up in that test."""
    yield
    gc.collect()
