"""Pictures handed in as a text: URLs, data URIs, and paths that are none."""

from __future__ import annotations

import base64
import pickle
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.errors import InvalidRequestError
from imagine_async.inputs import BytesSource, PathSource, UrlSource, as_source
from imagine_async.inputs.hints import without_secrets
from tests.pictures import variety

PNG = variety("png")
BASE64 = base64.b64encode(PNG).decode()
SECRET = "X-Amz-Signature"

GOOD_URLS = [
    "https://example.com/fox.png",
    "HTTPS://Example.com/fox.png",
    "http://example.com:8080",
    "https://[2001:db8::1]:443/fox.png?size=2#part",
    "https://example.com/@fox/den.png",
    "https://bücher.example/狐.png",
]
BAD_URLS = {
    "https://": "names no host",
    "https:///fox.png": "names no host",
    "https://:443/fox.png": "names no host",
    "https://fox:den@example.com/": "user name or password",
    "https://fox@example.com/": "user name or password",
    "https://example.com/a fox.png": "no white space",
    " https://example.com/fox.png": "no white space",
    "https://example.com/fox\n.png": "no white space",
    "https://example.com/\0fox.png": "control characters",
    "https://example.com\\@other.example/": "backslashes",
    "https://example.com:port/": "host and port",
    "https://example.com:99999/": "host and port",
    "https://[::1/": "host and port",
    "https://example.com/\ud800": "control characters",
}


@pytest.mark.parametrize("url", GOOD_URLS)
def test_url_waits_to_be_fetched(url: str) -> None:
    """A URL becomes a source that nobody has read yet."""
    assert as_source(url, "image") == UrlSource(url)


@pytest.mark.parametrize("url", BAD_URLS)
def test_malformed_url_is_refused_at_once(url: str) -> None:
    """What cannot be fetched is refused where the request is made, by the field's name."""
    with pytest.raises(InvalidRequestError, match=BAD_URLS[url]) as caught:
        as_source(url, "mask")
    assert caught.value.field == "mask"


@pytest.mark.parametrize("url", ["ftp://example.com/fox.png", "file:///fox.png", "fox.png", ""])
def test_only_the_web_is_fetched(url: str) -> None:
    """A URL source made by hand is checked like any other."""
    with pytest.raises(InvalidRequestError, match="only http:// and https://"):
        UrlSource(url)


def test_signature_in_a_url_is_not_shown() -> None:
    """A presigned URL shows neither its query nor its fragment."""
    source = UrlSource(f"https://example.com/fox.png?{SECRET}=1#{SECRET}", "mask")
    assert repr(source) == "UrlSource(url=https://example.com/fox.png, name='mask')"
    assert source.shown == "https://example.com/fox.png"
    assert SECRET in pickle.loads(pickle.dumps(source)).url


@pytest.mark.parametrize(
    "url",
    [
        "https://fox:den@example.com/",
        "https://fox:de/den@example.com/",
        "https://fox:d?den@example.com/",
        "https://fox:den\ud800@example.com/",
        "https://fox:den@[example.com/",
        "ftp://fox:den@example.com/fox.png",
        "https://den:port/?den",
        "https:/fox:den@example.com/",
    ],
)
def test_password_in_a_url_is_not_shown(url: str) -> None:
    """The error about a URL does not repeat what may be a password, nor does what Python prints beside it."""
    with pytest.raises(InvalidRequestError) as caught:
        as_source(Path(url) if url.startswith("https:/fox") else url, "image")
    shown = str(caught.value) + str(caught.value.__context__ if url.startswith("https://") else "")
    assert "den@" not in shown
    assert "fox:d" not in shown
    assert "?den" not in shown


@settings(deadline=None)
@given(
    st.from_regex(r"\A[a-z]{2,8}://?[^\s]{0,20}\Z"), st.sampled_from(["?", "#", "/x?y=", "?a@b="]), st.text(max_size=20)
)
def test_nothing_after_a_question_mark_is_shown(start: str, mark: str, rest: str) -> None:
    """Whatever a URL looks like, its query is cut."""
    assert not without_secrets(f"{start}{mark}SECRET{rest}").count("SECRET")


def test_plain_paths_are_shown_whole() -> None:
    """A path is no URL, also one with question marks, and on Windows."""
    for path in ("/pictures/what?.png", r"C:\pictures\#1@home.png", "c:/fox.png?", "a fox.png"):
        assert without_secrets(path) == path


DATA_URIS = {
    "base64": f"data:image/png;base64,{BASE64}",
    "other-case": f"DATA:IMAGE/PNG;BASE64,{BASE64}",
    "wrong-type": f"data:text/plain;base64,{BASE64}",
    "no-type": f"data:;base64,{BASE64}",
    "parameters": f"data:image/png;name=fox.png;base64,{BASE64}",
    "spaces": f" data:image/png; base64 , {BASE64}\n",
    "lines": f"data:image/png;base64,{base64.encodebytes(PNG).decode()}",
    "no-padding": f"data:image/png;base64,{BASE64.rstrip('=')}",
    "url-alphabet": f"data:image/png;base64,{base64.urlsafe_b64encode(PNG).decode()}",
    "quoted-base64": f"data:image/png;base64,{quote(BASE64, safe='')}",
    "percent": f"data:image/png,{quote(PNG)}",
}


@pytest.mark.parametrize("text", DATA_URIS.values(), ids=DATA_URIS)
def test_data_uri_is_decoded(text: str) -> None:
    """A data URI in any spelling becomes its bytes, and what it declares itself to be does not count."""
    source = as_source(text, "image")
    assert isinstance(source, BytesSource)
    assert (source.content, source.picture.format) == (PNG, "png")


@settings(deadline=None)
@given(st.binary(max_size=40), st.booleans(), st.text(" \n\t", max_size=3))
def test_data_uris_hold_any_bytes(tail: bytes, padded: bool, space: str) -> None:
    """Both encodings give back exactly the bytes that were put in."""
    content = PNG + tail
    text = base64.b64encode(content).decode()
    halves = text[:99] + space + (text if padded else text.rstrip("="))[99:]
    for uri in (f"data:image/png;base64,{halves}", f"data:,{quote(content)}"):
        source = as_source(uri, "image")
        assert isinstance(source, BytesSource)
        assert source.content == content


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("data:image/png;base64", "a comma before its data"),
        ("data:image/png;base64,", "no JPEG"),
        ("data:image/png;base64,iVBOR", "no base64"),
        ("data:image/png;base64,iVBO*w0K", "no base64"),
        ("data:image/png;base64,iVBO狐", "no base64"),
        ("data:image/png,\ud800", "lone surrogate"),
        ("data:image/svg+xml,<svg/>", "no JPEG"),
        ("data:,", "no JPEG"),
    ],
)
def test_broken_data_uri_is_refused(text: str, advice: str) -> None:
    """A broken data URI is refused by name."""
    with pytest.raises(InvalidRequestError, match=advice) as caught:
        as_source(text, "mask")
    assert caught.value.field == "mask"


@pytest.mark.parametrize("text", [f"data:;base64,{BASE64}", f"data:,{quote(PNG)}", f"data:,{'x' * 9 * len(PNG)}"])
def test_data_uri_has_a_cap(text: str) -> None:
    """A data URI beyond the cap is refused, and its error shows the first characters only."""
    with pytest.raises(InvalidRequestError, match=f"larger than {len(PNG) - 1} bytes") as caught:
        as_source(text, "image", max_bytes=len(PNG) - 1)
    assert len(caught.value.value) < 60


def test_data_uri_may_reach_the_cap() -> None:
    """A data URI of exactly the cap is taken, in the encoding that takes most room too."""
    quoted = "".join(f"%{byte:02x}" for byte in PNG)
    for text in (f"data:;base64,{BASE64}", f"data:,{quoted}"):
        assert as_source(text, "image", max_bytes=len(PNG)) == as_source(PNG, "image")


HINTS = {
    "": "the path is empty",
    "s3://bucket/fox.png": "download it",
    "ftp://example.com/fox.png": "download it",
    "file:///tmp/fox.png": "without file://",
    "www.example.com/fox.png": "begins with https://",
    "~/fox.png": "expanduser",
    BASE64: "b64decode",
    base64.b64encode(variety("jpeg")).decode(): "b64decode",
}


@pytest.mark.parametrize("text", HINTS, ids=HINTS.values())
def test_text_that_is_no_path_gets_a_hint(text: str) -> None:
    """A text that was taken for a path by mistake is refused with what to pass instead."""
    with pytest.raises(InvalidRequestError, match=re.escape(HINTS[text])):
        as_source(text, "image")


def test_url_as_a_path_gets_a_hint() -> None:
    """`Path` takes a slash away from a URL; the error tells."""
    with pytest.raises(InvalidRequestError, match="pass a URL as a str"):
        as_source(Path("https://example.com/fox.png"), "image")


def test_missing_file_gets_no_hint() -> None:
    """An ordinary path that is not there is just that."""
    with pytest.raises(InvalidRequestError, match=r"No such file or directory$"):
        as_source("pictures/fox.png", "image")


def test_file_that_looks_like_something_else_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hints come only where there is no such file."""
    monkeypatch.chdir(tmp_path)
    Path("~fox.png").write_bytes(PNG)
    source = as_source("~fox.png", "image")
    assert isinstance(source, PathSource)
    assert source.read() == PNG
