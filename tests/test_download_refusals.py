"""Which URLs are not fetched, wherever they come from: not encrypted, not public, or led away by a redirect."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from typing import Any

import anyio
import httpcore
import httpx
import httpx2
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from imagine_async.errors import DownloadError, UnsafeUrlError
from imagine_async.transport import downloads, guard
from imagine_async.transport.downloads import Downloader
from imagine_async.transport.network import plain_backend
from tests.downloading import BODY, TIMEOUT, failure, fetched, redirect, refusal
from tests.scripted_server import Behaviour, answering, reply, scripted_server

pytestmark = pytest.mark.anyio


# Which URLs are refused


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://cdn.example/a.png", "not encrypted"),
        ("ftp://cdn.example/a.png", "no http or https URL"),
        ("file:///etc/passwd", "no http or https URL"),
        ("/relative.png", "no http or https URL"),
        ("https:///a.png", "no http or https URL"),
        ("", "no http or https URL"),
        ("https://me:pw@cdn.example/a.png", "a name or a password"),
        ("https://me@cdn.example/a.png", "a name or a password"),
        ("https://127.0.0.1/a.png", "127.0.0.1 is not public"),
        ("https://2130706433/a.png", "127.0.0.1 is not public"),
        ("https://0x7f.1/a.png", "127.0.0.1 is not public"),
        ("https://[::1]:8443/a.png", "::1 is not public"),
        ("https://[::ffff:10.0.0.1]/a.png", "is not public"),
        ("https://169.254.169.254/latest/meta-data", "169.254.169.254 is not public"),
        ("https://localhost/a.png", "private network"),
        ("https://db:5432/", "private network"),
        ("https://metadata.google.internal/", "private network"),
        ("https://[::1/a.png", "malformed"),
        ("https://cdn.example:99999/a.png", "port"),
        ("https://cdn.example:0/a.png", "port"),
        ("https://cdn.example/a\x00.png", "malformed"),
    ],
)
@pytest.mark.parametrize("client", [None, httpx, httpx2], ids=["own", "httpx", "httpx2"])
async def test_what_is_not_public_and_encrypted_is_refused(url: str, why: str, client: Any) -> None:
    """Only https on public hosts is fetched, also through a client that was brought; nothing is sent before."""
    if client is None:
        error = await refusal(url)
    else:
        async with client.AsyncClient(transport=client.MockTransport(_never_asked)) as brought:
            error = await refusal(url, http_client=brought)
    assert why in str(error)
    assert "pw" not in str(error)


def _never_asked(_: Any) -> Any:
    raise AssertionError


async def test_a_name_that_leads_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A public name with a private address is refused where the connection is made."""

    async def resolve(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, 1, 6, "", ("10.1.2.3", port))]

    monkeypatch.setattr(anyio, "getaddrinfo", resolve)
    error = await refusal("https://cdn.example/a.png?sig=secret")
    assert "cdn.example has the address 10.1.2.3" in str(error)
    assert "secret" not in str(error)


async def test_the_apis_own_host_is_a_host_and_no_ending() -> None:
    """What merely looks like the API's own host gets none of its liberties."""
    for url in ("http://127.0.0.1.example/", "http://x.localhost/", "http://127.0.0.2/", "http://localhost./"):
        await refusal(url, base_url="http://localhost:8000")


@given(st.text() | st.text(alphabet="htps:/@[]%?#.\\0127ab\t "))
@pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)
async def test_wild_texts_are_refused(url: str) -> None:
    """Whatever text comes, it is a URL that is fetched, or it is refused with our own error."""

    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"x")

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        downloader = Downloader("https://api.example", 10, http_client=client)
        refused: str | None = None
        try:
            assert await downloader.read(url, timeout=TIMEOUT) == b"x"
        except UnsafeUrlError as error:
            refused = error.url
        assert refused in (None, url)


# Redirects


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_redirects_are_followed(status: str) -> None:
    """Each kind of redirect is followed, relative to where it stood."""
    hops = answering(redirect("../b/c.png?d=e", status), reply(b"found"))
    assert await fetched(hops, answering(reply(b"found")), path="/x/y/z.png") == b"found"


async def test_five_redirects_are_followed() -> None:
    """As many as five redirects lead to the body."""
    hops = [redirect(f"/{number}") for number in range(5)]
    assert await fetched(*(answering(each) for each in (*hops, reply(b"found")))) == b"found"


async def test_redirects_in_a_circle_end() -> None:
    """The sixth redirect is an error that names the host."""
    error = await failure(answering(redirect("/a.png?sig=secret")))
    assert "more than 5 redirects" in str(error)
    assert "127.0.0.1" in str(error)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("http://cdn.example/b.png?t=secret", "http://cdn.example/b.png is not fetched: it is not encrypted"),
        ("https://10.0.0.1/", "https://10.0.0.1/ is not fetched: the address 10.0.0.1 is not public"),
        ("https://me:secret@cdn.example/", "https://cdn.example/ is not fetched"),
        ("//localhost/", "http://localhost/ is not fetched"),
        ("file:///etc/passwd", "no http or https URL"),
        ("https://[::1", "the redirect from http://127.0.0.1"),
    ],
)
async def test_each_hop_is_judged_anew(target: str, why: str) -> None:
    """A redirect to what would have been refused is refused, and the error names the hop."""
    error = await failure(answering(redirect(target)))
    assert isinstance(error, UnsafeUrlError)
    assert why in str(error)


async def test_a_redirect_that_leads_nowhere() -> None:
    """A redirect without a target is an answer like any other that is no success."""
    error = await failure(answering(reply(b"", status="302 Found")))
    assert error.status == 302


# A public host, over TLS


class Rerouted(httpcore.AsyncNetworkBackend):
    """Leads connections to a public address to a server in this process."""

    def __init__(self, url: str) -> None:
        self.port = int(url.rpartition(":")[2])
        self.asked: list[tuple[str, int]] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.asked.append((host, port))
        return await plain_backend().connect_tcp("127.0.0.1", self.port, timeout)


def over_tls(authority: trustme.CA, name: str, answer: bytes) -> Behaviour:
    """Answer one request over TLS under a name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)

    def behave(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            answering(answer)(encrypted)

    return behave


def reroute(monkeypatch: pytest.MonkeyPatch, url: str, authority: trustme.CA) -> Rerouted:
    """Let every name have a public address that leads to a server here, and trust an authority."""
    backend = Rerouted(url)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)

    async def resolve(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, 1, 6, "", ("93.184.216.34", port))]

    monkeypatch.setattr(anyio, "getaddrinfo", resolve)
    monkeypatch.setattr(guard, "plain_backend", lambda: backend)
    monkeypatch.setattr(downloads, "shared_ssl_context", lambda: trust)
    return backend


async def test_a_public_host_is_reached_at_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket goes to the address, TLS checks the name, and the body comes through."""
    authority = trustme.CA()
    with scripted_server(over_tls(authority, "cdn.example", reply(BODY))) as server:
        backend = reroute(monkeypatch, server.url, authority)
        downloader = Downloader("https://api.example", 1 << 20)
        assert await downloader.read("https://cdn.example:8443/a.png", timeout=TIMEOUT) == BODY
        await downloader.aclose()
    assert backend.asked == [("93.184.216.34", 8443)]


async def test_a_certificate_of_another_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting to an address does not weaken the check of the certificate."""
    authority = trustme.CA()
    with scripted_server(over_tls(authority, "other.example", reply(BODY))) as server:
        reroute(monkeypatch, server.url, authority)
        with pytest.raises(DownloadError, match="CERTIFICATE_VERIFY_FAILED") as caught:
            await Downloader("https://api.example", 1 << 20).read("https://cdn.example/", timeout=TIMEOUT)
    assert isinstance(caught.value.__cause__, ssl.SSLError)


async def test_a_public_host_cannot_lead_to_a_private_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirect away from https, or into the private network, ends the download."""
    authority = trustme.CA()
    for target in ("http://cdn.example/b", "https://192.168.0.1/b"):
        with scripted_server(over_tls(authority, "cdn.example", redirect(target))) as server:
            reroute(monkeypatch, server.url, authority)
            downloader = Downloader("https://api.example", 1 << 20)
            with pytest.raises(UnsafeUrlError, match="/b is not fetched"):
                await downloader.read("https://cdn.example/a", timeout=TIMEOUT)
            await downloader.aclose()
