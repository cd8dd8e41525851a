"""Pictures within JSON replies: as URL or base64, nested and listed, in whatever words."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async import errors
from imagine_async.errors import ImagineError, Outcome
from imagine_async.replies import Content, Link, picture_from_reply
from imagine_async.replies.json_pictures import find_picture
from tests.pictures import variety

URL = "https://cdn.example.com/fox.png?signature=abc"
PNG = variety("png")
TEXT = base64.b64encode(PNG).decode()


def reply(value: Any) -> Content | Link:
    return picture_from_reply(200, {}, json.dumps(value).encode(), now=0.0, call_id="call-1")


WITH_URL = {
    "flat": {"url": URL},
    "status": {"status": "success", "image": URL},
    "nested": {"status": "success", "data": {"image": {"url": URL}}},
    "listed": {"data": [{"url": URL}, {"url": "https://cdn.example.com/second.png"}]},
    "bare list": [URL],
    "bare text": URL,
    "beside others": {"id": 7, "prompt": "a fox", "image_url": f" {URL}\n", "seed": None, "nsfw": False},
    "thumbnail first": {"thumbnail": "https://cdn.example.com/small.png", "output": [URL]},
    "input first": {
        "input": {"image": "https://me.example.com/in.png"},
        "settings": ["https://x.example.com"],
        "u": URL,
    },
    "deep": {"a": {"b": {"c": {"d": [[{"e": URL}]]}}}},
}
WITH_BYTES = {
    "base64": {"image": TEXT},
    "nested": {"data": [{"b64_json": TEXT}]},
    "wrapped lines": {"image": "\n".join(TEXT[start : start + 76] for start in range(0, len(TEXT), 76))},
    "url-safe": {"image": base64.urlsafe_b64encode(PNG).decode()},
    "no padding": {"image": TEXT.rstrip("=")},
    "data URI": {"image": f"data:image/png;base64,{TEXT}"},
    "data URI in other case": {"image": f"DATA:IMAGE/PNG;BASE64,{TEXT}"},
    "data URI, percent-encoded": {"image": f"data:image/png,{quote(PNG)}"},
    "beside a URL": {"url": URL, "image": TEXT},
}
WITHOUT = {
    "nothing": {},
    "numbers": {"a": 1, "b": [2.5, None, True]},
    "other base64": {"image": base64.b64encode(b"no picture at all, but long enough to be one").decode()},
    "odd length": {"image": "abcde" * 5},
    "not base64": {"image": TEXT[:40] + "!" + TEXT[40:]},
    "other data URI": {"text": "data:text/plain,hello"},
    "ftp": {"url": "ftp://cdn.example.com/fox.png"},
    "no host": {"url": "https:///fox.png"},
    "broken host": {"url": "https://[fox"},
    "words": {"message": "see https://example.com for more"},
    "spaces": {"url": "https://example.com/a fox.png"},
    "long": {"url": "https://example.com/" + "x" * 10_000},
    "only a thumbnail": {"thumbnail_url": URL, "preview": URL},
}


@pytest.mark.parametrize("value", WITH_URL.values(), ids=WITH_URL)
def test_url_is_found(value: Any) -> None:
    """The URL is found at any depth; what stands beside it under other names is not taken for it."""
    assert reply(value) == Link(URL)


@pytest.mark.parametrize("value", WITH_BYTES.values(), ids=WITH_BYTES)
def test_bytes_are_found(value: Any) -> None:
    """Base64 and data URIs give the very bytes, in every spelling, and come before a URL."""
    found = reply(value)
    assert isinstance(found, Content)
    assert found.body == PNG


@pytest.mark.parametrize("value", WITHOUT.values(), ids=WITHOUT)
def test_nothing_is_found(value: Any) -> None:
    """JSON without a picture is an unexpected reply that can be read, and may have been charged."""
    with pytest.raises(errors.UnexpectedReplyError) as caught:
        reply(value)
    assert caught.value.outcome is Outcome.UNKNOWN
    assert caught.value.body.startswith("{")


def test_cut_picture_in_base64() -> None:
    """A picture that is cut within its base64 is reported as cut."""
    with pytest.raises(errors.TruncatedReplyError):
        reply({"image": base64.b64encode(PNG[:-20]).decode()})


def test_cut_header_in_base64() -> None:
    """One that is cut within its header is reported as cut as well."""
    with pytest.raises(errors.TruncatedReplyError, match="within its header"):
        reply({"image": base64.b64encode(PNG[:20]).decode()})


def test_error_comes_before_a_url() -> None:
    """An error of the API stays one, whatever URLs it names."""
    with pytest.raises(errors.InsufficientCreditsError):
        reply({"status": "error", "code": 1101, "message": "buy more", "url": URL})


def test_link_does_not_show_its_signature() -> None:
    """Whoever knows the signed URL can fetch, so no log holds it."""
    assert "abc" not in repr(Link(URL))


def test_large_replies_are_searched_in_bounds() -> None:
    """A reply of very many values ends the search instead of going on for ever."""
    assert find_picture([[[]] * 1000] * 1000) is None
    assert find_picture([0] * 20_000 + [URL]) is None


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(URL) | st.just(TEXT),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=12,
    )
)
def test_any_json_is_a_picture_a_link_or_an_error(value: Any) -> None:
    """Whatever JSON comes, the search ends with a picture, a link, or an error of the SDK."""
    try:
        found = reply(value)
    except ImagineError:
        return
    assert found == Link(URL) or (isinstance(found, Content) and found.body == PNG) or isinstance(found, Link)
