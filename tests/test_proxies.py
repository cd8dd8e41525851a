"""Proxies that the environment names: which one serves whom."""

from __future__ import annotations

from importlib.util import find_spec

import httpcore
import pytest

from imagine_async.errors import ConfigurationError
from imagine_async.transport import proxies
from imagine_async.transport.proxies import proxies_from_environment
from tests.proxy_server import forget_proxies


@pytest.fixture(autouse=True)
def _no_proxies_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own proxies out of the tests."""
    forget_proxies(monkeypatch)


def origin(url: str) -> httpcore.Origin:
    """Take a URL's origin."""
    return httpcore.URL(url).origin


def between(url: str) -> str | None:
    """Tell where the proxy for a URL listens, by the environment."""
    proxy = proxies_from_environment().between(origin(url))
    return None if proxy is None else f"{proxy.scheme}://{proxy.host}:{proxy.port}"


# What the environment says


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({}, "https://api.example", None),
        ({"HTTPS_PROXY": "http://p:1"}, "https://api.example", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "http://api.example", None),
        ({"https_proxy": "http://p:1"}, "https://api.example", "http://p:1"),
        ({"https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:1"}, "https://api.example", "http://low:1"),
        ({"HTTP_PROXY": "http://p:1"}, "http://api.example", "http://p:1"),
        ({"HTTP_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, "http://api.example", None),
        ({"http_proxy": "http://p:1", "REQUEST_METHOD": "GET"}, "http://api.example", "http://p:1"),
        ({"ALL_PROXY": "http://p:1"}, "https://api.example", "http://p:1"),
        ({"ALL_PROXY": "http://all:1", "HTTPS_PROXY": "http://p:1"}, "https://api.example", "http://p:1"),
        ({"HTTPS_PROXY": "proxy.example:3128"}, "https://api.example", "http://proxy.example:3128"),
        ({"HTTPS_PROXY": "http://p"}, "https://api.example", "http://p:80"),
        ({"HTTPS_PROXY": "https://p"}, "https://api.example", "https://p:443"),
        ({"HTTPS_PROXY": "socks5h://p"}, "https://api.example", "socks5h://p:1080"),
        ({"HTTPS_PROXY": "http://[::1]:3128"}, "https://api.example", "http://::1:3128"),
        ({"HTTPS_PROXY": ""}, "https://api.example", None),
        ({"HTTPS_PROXY": "http://p:1"}, "https://127.0.0.1:8000", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "https://localhost", "http://p:1"),
    ],
)
def test_which_proxy_serves_a_url(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, proxy: str | None
) -> None:
    """The variables mean what they mean for curl and for Python, loopback included."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert between(url) == proxy


@pytest.mark.parametrize(
    ("bypass", "url", "direct"),
    [
        ("*", "https://api.example", True),
        ("api.example", "https://api.example", True),
        ("API.example", "https://api.example", True),
        ("example", "https://api.example", True),
        (".example", "https://api.example", True),
        ("other.example, api.example", "https://api.example", True),
        ("api.example:443", "https://api.example", True),
        ("api.example:8443", "https://api.example", False),
        ("pi.example", "https://api.example", False),
        ("localhost,127.0.0.1", "https://127.0.0.1:8000", True),
        ("localhost", "https://127.0.0.1:8000", False),
        ("::1", "https://[::1]:8000", True),
    ],
)
def test_no_proxy_names_what_is_reached_directly(
    monkeypatch: pytest.MonkeyPatch, bypass: str, url: str, direct: bool
) -> None:
    """NO_PROXY holds names, endings and addresses, with or without a port."""
    monkeypatch.setenv("HTTPS_PROXY", "http://p:1")
    monkeypatch.setenv("NO_PROXY", bypass)
    assert (between(url) is None) is direct


@pytest.mark.parametrize(
    "url",
    ["ftp://p:1", "http://", "http://p:99999", "http://[::1", "http://me:secret@", "http://exämple:1", "socks4://p"],
)
def test_a_proxy_that_cannot_be_used_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """The error names the variable and says what to pass; its value may hold a password and stays out."""
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY") as caught:
        proxies_from_environment()
    assert "secret" not in str(caught.value)


def test_socks_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without socksio a SOCKS proxy is an error that says what to install."""
    monkeypatch.setenv("ALL_PROXY", "socks5://p:1")
    monkeypatch.setattr(proxies, "find_spec", lambda name: None if name == "socksio" else find_spec(name))
    with pytest.raises(ConfigurationError, match=r"ALL_PROXY.*httpx\[socks\]"):
        proxies_from_environment()


def test_credentials_are_read_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name and password may be quoted in the URL, and stand in no representation."""
    monkeypatch.setenv("HTTPS_PROXY", "http://m%40e:s%3Aecret@p:1")
    found = proxies_from_environment()
    proxy = found.between(origin("https://api.example"))
    assert proxy is not None
    assert proxy.credentials == (b"m@e", b"s:ecret")
    for text in (repr(found), repr(proxy), repr(proxy.credentials), str(proxy.url)):
        assert "ecret" not in text
        assert "m@e" not in text


def test_a_name_without_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name alone goes with an empty password."""
    monkeypatch.setenv("HTTPS_PROXY", "http://me@p:1")
    proxy = proxies_from_environment().between(origin("https://api.example"))
    assert proxy is not None
    assert proxy.credentials == (b"me", b"")
