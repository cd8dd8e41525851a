"""The key and the base URL: what is taken, what is refused, and that a refused key is not shown."""

from __future__ import annotations

import traceback

import pytest

from imagine_async.catalog import DEFAULT_BASE_URL
from imagine_async.config import BASE_URL_VARIABLE, KEY_VARIABLE, Secret, find_settings
from imagine_async.errors import ConfigurationError

KEY = "vk-0123456789abcdef"


def find_key(argument: str | Secret | None) -> Secret:
    """Look for the key alone."""
    return find_settings(api_key=argument).api_key


def find_base_url(argument: str | None) -> str:
    """Look for the host alone."""
    return find_settings(api_key=KEY, base_url=argument).base_url


def refused_key(argument: str | Secret | None) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        find_key(argument)
    return caught.value


def locals_shown(error: BaseException) -> str:
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.mark.parametrize("argument", [KEY, f"  {KEY}\n", Secret(KEY), Secret(f"{KEY}\r\n")], ids=type)
def test_key_from_argument(argument: str | Secret, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is passed is taken, stripped, before the environment's."""
    monkeypatch.setenv(KEY_VARIABLE, "other")
    assert find_key(argument).reveal() == KEY


@pytest.mark.parametrize("value", [KEY, f" {KEY}\n"])
def test_key_from_environment(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument, the environment's key is taken, stripped."""
    monkeypatch.setenv(KEY_VARIABLE, value)
    assert find_key(None).reveal() == KEY


@pytest.mark.parametrize("argument", [None, "", "  \n", Secret("")], ids=repr)
def test_no_key_tells_what_to_do(argument: str | Secret | None) -> None:
    """Without a key, the error names the variable, the place to get one, and the way to do without."""
    text = str(refused_key(argument))
    assert all(word in text for word in (KEY_VARIABLE, "https://platform.imagine.art", "sandbox()"))


def test_empty_argument_is_no_question_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty key that is passed is a mistake, and is not made good by another account's key."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    refused_key("")


def test_key_of_a_wrong_type() -> None:
    """A key in bytes is refused, and neither the refusal nor its traceback's locals repeat it."""
    with pytest.raises(ConfigurationError, match="of type bytes") as caught:
        find_key(Secret.of(KEY.encode()))  # type: ignore[arg-type]  # bytes, on purpose
    assert KEY not in locals_shown(caught.value)


@pytest.mark.parametrize("insertion", ["é", "“", "\n", "\r\nX-Injected: 1", "\0", " ", "\t", "\x7f", "狐"], ids=ascii)
def test_key_that_cannot_stand_in_a_header(insertion: str) -> None:
    """A key with other signs inside is refused, and the refusal does not repeat it."""
    error = refused_key(f"vk-0123{insertion}89abcdef")
    assert "copy it again" in str(error)
    assert "89abcdef" not in str(error)


def test_refused_key_is_not_in_the_tracebacks_locals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A nearly right key from the environment is not shown by tools that print local variables."""
    monkeypatch.setenv(KEY_VARIABLE, f"{KEY}é")
    assert KEY not in locals_shown(refused_key(None))


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("https://api.vyro.ai", "https://api.vyro.ai"),
        ("https://api.vyro.ai/", "https://api.vyro.ai"),
        (" https://api.vyro.ai//\n", "https://api.vyro.ai"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://proxy.example/imagine", "https://proxy.example/imagine"),
        ("https://proxy.example/v2/imagine/", "https://proxy.example/v2/imagine"),
        ("HTTPS://api.vyro.ai", "https://api.vyro.ai"),
    ],
)
def test_base_url(given: str, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL is taken from the argument or the environment, without the slash at its end."""
    assert find_base_url(given) == found
    monkeypatch.setenv(BASE_URL_VARIABLE, given)
    assert find_base_url(None) == found


def test_base_url_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument comes before the environment, and that before the vendor's host."""
    assert find_base_url(None) == DEFAULT_BASE_URL
    monkeypatch.setenv(BASE_URL_VARIABLE, "https://from.environment")
    assert find_base_url(None) == "https://from.environment"
    assert find_base_url("https://from.argument") == "https://from.argument"


@pytest.mark.parametrize(
    "url",
    [
        "api.vyro.ai",
        "//api.vyro.ai",
        "ftp://api.vyro.ai",
        "https://",
        "https:///v",
        "https://api.vyro.ai:0",
        "https://api.vyro.ai:99999",
        "https://api.vyro.ai:port",
        "https://[::1",
        "https://api.vyro.ai?key=1",
        "https://api.vyro.ai#top",
        "https://user@api.vyro.ai",
        "https://api vyro.ai",
        "https://api.vyro.ai\\@evil.example",
        "   ",
    ],
)
def test_bad_base_url(url: str) -> None:
    """What is no root of a host is refused, with an example of one."""
    with pytest.raises(ConfigurationError, match=r"base_url=.*https://api\.vyro\.ai"):
        find_base_url(url)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "127.8.9.10",
        "[::1]",
        "10.0.0.7:8000",
        "172.16.0.1",
        "192.168.1.5",
        "169.254.1.1",
        "[fd00::1]",
        "[fe80::1]",
        "sandbox.invalid",
        "api.test",
        "api.corp.internal",
        "printer.local",
        "app.localhost",
        "LOCALHOST",
        "sandbox:8787",
    ],
)
def test_http_to_a_private_host(host: str) -> None:
    """A key may travel in clear text within this machine and its local network."""
    assert find_base_url(f"http://{host}") == f"http://{host}"


@pytest.mark.parametrize(
    "host",
    [
        "api.vyro.ai",
        "8.8.8.8",
        "[2606:4700::1111]",
        "11.0.0.1:8000",
        "172.32.0.1",
        "local.example",
        "internal.example.com",
        "notlocalhost.com",
        "api.testing",
        "127.0.0.1.example.com",
        "localhost.example.com",
    ],
)
def test_http_to_a_public_host(host: str) -> None:
    """A key that would travel over a public network in clear text is refused, with the way out."""
    with pytest.raises(ConfigurationError, match=r"clear text; use https://"):
        find_base_url(f"http://{host}")
    assert find_base_url(f"https://{host}") == f"https://{host}"


@pytest.mark.parametrize("url", ["https://api.vyro.ai/v2", "https://api.vyro.ai/v1/", "https://proxy.example/api/v2"])
def test_version_in_base_url(url: str) -> None:
    """A version in the base URL is refused, because the paths have it already."""
    with pytest.raises(ConfigurationError, match="leave the version out"):
        find_base_url(url)


def test_password_in_a_url_is_not_repeated() -> None:
    """The refusal of a URL with a password does not show it."""
    with pytest.raises(ConfigurationError) as caught:
        find_base_url("https://user:hush@api.vyro.ai")
    assert "hush" not in str(caught.value)
