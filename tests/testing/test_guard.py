"""The guard: whatever way a test takes to the real API, it fails, and nothing is sent."""

from __future__ import annotations

import pytest

from imagine_async.testing.guard.hosts import host_in_request, is_the_vendors
from tests.samples import png_bytes
from tests.testing.conftest import LOOK_UP, Run

HEAD = """
import http.client
import socket
import threading
import urllib.request
from socket import getaddrinfo
import anyio
import httpx
import httpx2
import pytest
import trio
from imagine_async import AsyncImagine, Imagine

URL = "https://api.vyro.ai/v2/image/generations"

async def call(client_options={}):
    async with AsyncImagine("vk-test", rate_limit=None, **client_options) as client:
        await client.text_to_image("a red fox")

async def get(library=httpx):
    async with library.AsyncClient() as client:
        await client.get(URL)

def sync_call():
    with Imagine("vk-test", rate_limit=None) as client:
        client.text_to_image("a red fox")

def connect():
    with socket.create_connection(("API.vyro.ai.", 443)):
        pass

def connect_socket(way):
    with socket.socket() as plain:
        getattr(plain, way)(("api.vyro.ai", 443))

def in_a_thread():
    thread = threading.Thread(target=lambda: pytest.raises(RuntimeError, urllib.request.urlopen, URL))
    thread.start()
    thread.join()
"""

WAYS = {
    "urllib": "urllib.request.urlopen(URL)",
    "http.client": "http.client.HTTPSConnection('api.vyro.ai').connect()",
    "httpx": "httpx.get(URL)",
    "httpx2": "httpx2.get(URL)",
    "httpx-asyncio": "anyio.run(get)",
    "httpx-trio": "trio.run(get)",
    "httpx2-async": "anyio.run(get, httpx2)",
    "sdk-asyncio": "anyio.run(call)",
    "sdk-trio": "trio.run(call)",
    "sdk-sync": "sync_call()",
    "uvloop": "anyio.run(call, backend_options={'use_uvloop': True})",
    "httpx-uvloop": "anyio.run(get, backend_options={'use_uvloop': True})",
    "thread": "in_a_thread()",
    "gethostbyname": "socket.gethostbyname('imagine.art')",
    "gethostbyname_ex": "socket.gethostbyname_ex('www.imagine.art')",
    "create_connection": "connect()",
    "socket": "connect_socket('connect')",
    "connect_ex": "connect_socket('connect_ex')",
    "by-name": "socket.getaddrinfo(port=443, host='api.vyro.ai')",
    "taken-from-socket": "getaddrinfo(b'api.vyro.ai', 443)",
}


def test_every_way_fails(run: Run) -> None:
    """A test fails that reaches for the real API, whether or not it lets the error out, and is told what to do."""
    tests = (
        f"def test_raises_{number}():\n    {way}\n\n"
        f"def test_swallows_{number}():\n    try:\n        {way}\n    except Exception: pass\n\n"
        for number, way in enumerate(WAYS.values())
    )
    result = run(HEAD + "\n".join([*tests, "def test_next_one_is_not_blamed(): pass\n"]))
    result.assert_outcomes(passed=1, failed=2 * len(WAYS))
    summary = [line for line in result.outlines if line.startswith("FAILED")]
    assert len(summary) == 2 * len(WAYS)
    assert all("the test would have reached" in line and "imagine_client" in line for line in summary)


THROUGH_PROXIES = {
    "urllib": "urllib.request.build_opener().open(URL)",
    "urllib-plain": "urllib.request.build_opener().open('http://api.vyro.ai/')",
    "httpx": "httpx.get(URL)",
    "httpx-async": "anyio.run(get)",
    "httpx2": "httpx2.get(URL)",
    "sdk-asyncio": "anyio.run(call)",
    "sdk-trio": "trio.run(call)",
    "sdk-sync": "sync_call()",
}


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_proxies(run: Run, scheme: str) -> None:
    """Through a proxy, which would resolve the name, no way is open either: the proxy is not even asked."""
    # The standard library knows no SOCKS.
    ways = [way for name, way in THROUGH_PROXIES.items() if scheme == "http" or "urllib" not in name]
    tests = (
        f"def test_swallows_{number}(proxy):\n"
        f"    try:\n        {way}\n    except Exception as error:\n        assert 'real API' in str(error)\n"
        "    assert proxy.received() == b''\n\n"
        for number, way in enumerate(ways)
    )
    result = run(
        f"""{HEAD}
from tests.testing.listener import Listener

@pytest.fixture
def proxy(monkeypatch):
    with Listener() as listener:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, "{scheme}://127.0.0.1:" + str(listener.port))
        yield listener

"""
        + "\n".join(tests)
    )
    result.assert_outcomes(failed=len(ways))
    summary = [line for line in result.outlines if line.startswith("FAILED")]
    assert len([line for line in summary if "- the test would have reached" in line]) == len(ways)


def test_expected_failures_and_fixtures(run: Run, pytester: pytest.Pytester) -> None:
    """Neither an expected failure nor a skip, another error, or a fixture before or after a test hides anything."""
    result = run(
        f"""{HEAD}
def reach():
    try:
        socket.getaddrinfo("api.vyro.ai", 443)
    except RuntimeError:
        pass

@pytest.mark.xfail
def test_expected():
    reach()
    assert False

@pytest.mark.xfail(raises=RuntimeError)
def test_expected_error():
    socket.getaddrinfo("api.vyro.ai", 443)

def test_skips():
    reach()
    pytest.skip("no reason")

def test_fails_otherwise():
    reach()
    assert False

@pytest.fixture
def before():
    reach()

@pytest.fixture
def after():
    yield
    reach()

def test_before(before): pass

def test_after(after): pass
""",
        "--junitxml=report.xml",
    )
    result.assert_outcomes(failed=4, errors=2, passed=1)
    assert 'errors="2" failures="4" skipped="0"' in (pytester.path / "report.xml").read_text()
    result.stdout.fnmatch_lines(["*- Imagine API -*", "the test would have reached api.vyro.ai*"])


LIVE = f"""{HEAD}
@pytest.fixture(autouse=True)
def nobody_there(monkeypatch):
    def resolve(*arguments, **names):
        raise OSError("resolved")
    monkeypatch.setattr(socket, "getaddrinfo", resolve)

def test_unmarked():
    with pytest.raises(OSError, match="resolved"):
        urllib.request.urlopen(URL)

@pytest.mark.imagine_live
def test_marked(monkeypatch):
    monkeypatch.undo()
    with pytest.raises(socket.gaierror):
        {LOOK_UP}
"""


@pytest.mark.imagine_live
def test_live_tests(run: Run) -> None:
    """A marked test may reach the API; and a name that is resolved by a fake reaches nothing."""
    run(LIVE, "--strict-markers").assert_outcomes(passed=2)


@pytest.mark.imagine_live
def test_live_sessions(run: Run) -> None:
    """With the option, every test may."""
    source = f"import pytest, socket\n\ndef test():\n    with pytest.raises(socket.gaierror):\n        {LOOK_UP}"
    run(source, "--imagine-live").assert_outcomes(passed=1)
    run(source).assert_outcomes(failed=1)


def test_fakes_are_let_through(run: Run) -> None:
    """A test that fakes the API above the network, as respx and httpx do, reaches nothing."""
    run(
        f"""{HEAD}
import respx

PNG = {png_bytes()!r}

@respx.mock
@pytest.mark.parametrize("way", [sync_call, lambda: anyio.run(call), lambda: trio.run(call), lambda: httpx.post(URL)])
def test_respx(way):
    route = respx.post(URL).respond(200, content=PNG)
    way()
    assert route.called

def test_transports():
    answer = httpx.MockTransport(lambda request: httpx.Response(200, content=PNG))
    anyio.run(call, {{"http_client": httpx.AsyncClient(transport=answer)}})

def test_unreached_hosts_may_be_named():
    assert "api.vyro.ai" in repr(AsyncImagine("vk-test"))
"""
    ).assert_outcomes(passed=6)


def test_everything_else_is_let_through(run: Run) -> None:
    """Other hosts, files and sockets without a name are no concern of the guard's."""
    run(
        f"""{HEAD}
def test_others(imagine_server):
    assert httpx.get(imagine_server.base_url + "/_sandbox/books").status_code == 200
    socket.getaddrinfo("localhost", 80)
    left, right = socket.socketpair()
    left.close(), right.close()
    with socket.socket(socket.AF_UNIX) as unix, pytest.raises(FileNotFoundError):
        unix.connect("/nowhere/at/all")
"""
    ).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("api.vyro.ai", True),
        (b"api.vyro.ai", True),
        ("VYRO.AI.", True),
        ("a.b.imagine.art", True),
        ("imagine.art", True),
        ("notvyro.ai", False),
        ("vyro.ai.example.org", False),
        ("localhost", False),
        ("", False),
        (None, False),
        (443, False),
        (b"\xff", False),
    ],
)
def test_hosts(host: object, expected: bool) -> None:
    """The vendor's domains and what is below them, however they are written, and nothing that only looks like them."""
    assert is_the_vendors(host) is expected


@pytest.mark.parametrize(
    ("data", "host"),
    [
        (b"CONNECT api.vyro.ai:443 HTTP/1.1\r\n", "api.vyro.ai"),
        (b"POST http://api.vyro.ai/v2 HTTP/1.1\r\n", "api.vyro.ai"),
        (b"GET http://user:word@api.vyro.ai HTTP/1.1\r\n", "api.vyro.ai"),
        (b"POST /v2?next=http://api.vyro.ai HTTP/1.1\r\nHost: localhost\r\n", None),
        (b"", None),
        (memoryview(b"CONNECT api.vyro.ai:443"), None),
    ],
)
def test_requests_to_proxies(data: object, host: str | None) -> None:
    """Of what is sent, only the first line of a request to a proxy names a host."""
    assert host_in_request(data) == host
