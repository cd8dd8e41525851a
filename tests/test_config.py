"""Settings: where the key and the base URL come from, what is refused, and that the key is never shown."""

from __future__ import annotations

import copy
import pickle
import traceback
from collections.abc import Callable

import pytest

from imagine_async.catalog import DEFAULT_BASE_URL
from imagine_async.config import BASE_URL_VARIABLE, KEY_VARIABLE, Secret, find_base_url, find_key
from imagine_async.errors import ConfigurationError

KEY = "vk-0123456789abcdef"

REVEALING: dict[str, Callable[[Secret], str]] = {
    "repr": repr,
    "str": str,
    "format": format,
    "f-string": lambda secret: f"{secret} {secret!r} {secret!s} {secret!a}",
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - this is what is tested
    "in-a-list": lambda secret: repr([{"key": secret}]),
    "dir": lambda secret: repr([getattr(secret, name) for name in dir(secret)]),
}


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


@pytest.mark.parametrize("show", REVEALING.values(), ids=REVEALING)
def test_secret_is_not_shown(show: Callable[[Secret], str]) -> None:
    """No ordinary way to make text of a secret shows it."""
    assert KEY not in show(Secret(KEY))


def test_secret_is_not_in_the_tracebacks_locals() -> None:
    """A traceback that prints local variables shows no secret."""

    def fail(secret: Secret) -> None:
        raise ValueError(f"failed with {secret}")

    with pytest.raises(ValueError) as caught:
        fail(find_key(Secret(KEY)))
    shown = locals_shown(caught.value)
    assert "secret = Secret('***')" in shown
    assert KEY not in shown


def test_secret_has_no_attributes_to_walk_over() -> None:
    """Tools that print an object's attributes find none."""
    with pytest.raises(TypeError):
        vars(Secret(KEY))


@pytest.mark.parametrize("move", [pickle.dumps, copy.copy, copy.deepcopy], ids=lambda move: move.__name__)
def test_secret_cannot_be_pickled(move: Callable[[Secret], object]) -> None:
    """A secret does not travel by accident; the error says how to pass it on."""
    with pytest.raises(TypeError, match="environment"):
        move(Secret(KEY))


def test_secrets_compare_by_their_text() -> None:
    """Equal secrets are equal and hash alike; a plain text is not a secret."""
    assert Secret(KEY) == Secret(KEY)
    assert Secret(KEY) != Secret("other")
    assert Secret(KEY) != KEY
    assert len({Secret(KEY), Secret(KEY)}) == 1
    assert hash(Secret(KEY)) != hash(KEY)


def test_scrub() -> None:
    """A server's text that repeats the key is cleaned wherever it does."""
    assert Secret(KEY).scrub(f"no such key: {KEY} ({KEY})") == "no such key: *** (***)"


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
