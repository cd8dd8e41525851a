"""Replies about video jobs: both documented shapes, every word, and everything in between."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async import errors
from imagine_async.catalog import VIDEO_STATES, VideoState
from imagine_async.errors import ImagineError
from imagine_async.replies import JobFacts, job_from_reply

URL = "https://account.r2.cloudflarestorage.com/video/1?X-Amz-Signature=abc"
SHAPE_A = {
    "status": "success",
    "video": {
        "uuid": "0f8b",
        "created_at": "2025-03-04T07:09:25.048523Z",
        "status": "finished",
        "url": {"generation": URL, "thumbnail": "https://t.example.com/1.jpg"},
    },
}
SHAPE_B = {
    "status": "success",
    "video": {
        "code": 2,
        "created_at": "2025-04-10T14:27:02.166676Z",
        "id": 1265,
        "settings": {"prompt": "waves", "style_id": "11002", "variation": "text_to_video"},
        "url": {"generation": [URL]},
    },
}


def job(value: Any) -> JobFacts:
    return job_from_reply(200, {}, json.dumps(value).encode(), now=0.0, call_id="call-1")


def about(**video: Any) -> JobFacts:
    return job({"status": "success", "video": {"id": 1, **video}})


def test_shape_a() -> None:
    """The shape of the deprecated page and of the platform: words, a UUID, URLs as texts."""
    found = job(SHAPE_A)
    assert (found.id, found.state, found.word) == ("0f8b", VideoState.DONE, "finished")
    assert (found.urls, found.thumbnails) == ((URL,), ("https://t.example.com/1.jpg",))
    assert found.created_at == "2025-03-04T07:09:25.048523Z"
    assert found.reply == SHAPE_A


def test_shape_b() -> None:
    """The shape of the current page: a number for the state, an integer for the id, URLs in a list."""
    found = job(SHAPE_B)
    assert (found.id, found.state, found.word) == ("1265", VideoState.DONE, "2")
    assert (found.urls, found.thumbnails) == ((URL,), ())


def test_creation() -> None:
    """The reply of a creating call names the job at its top."""
    found = job({"id": "7c9e", "status": "processing"})
    assert (found.id, found.state, found.word, found.urls) == ("7c9e", VideoState.RUNNING, "processing", ())


@pytest.mark.parametrize(("word", "state"), VIDEO_STATES.items())
def test_words(word: str, state: VideoState) -> None:
    """Every word that was seen anywhere has its state, in either case."""
    assert about(status=word).state is about(status=f" {word.upper()} ").state is state


@pytest.mark.parametrize(
    ("video", "state"),
    [
        ({"code": 0}, VideoState.RUNNING),
        ({"code": 1}, VideoState.RUNNING),
        ({"code": 2}, VideoState.DONE),
        ({"code": "2"}, VideoState.DONE),
        ({"code": 3}, VideoState.FAILED),
        ({"code": 99}, VideoState.RUNNING),
        ({"code": True}, VideoState.RUNNING),
        ({"code": "two"}, VideoState.RUNNING),
        ({"status": "failed", "code": 2}, VideoState.FAILED),
        ({"status": "dreaming"}, VideoState.RUNNING),
        ({"status": "dreaming", "code": 3}, VideoState.FAILED),
        ({"status": "dreaming", "url": {"generation": [URL]}}, VideoState.DONE),
        ({"status": "processing", "url": {"generation": URL}}, VideoState.DONE),
        ({"status": "failed", "url": {"generation": URL}}, VideoState.FAILED),
        ({"status": None, "code": None, "url": None}, VideoState.RUNNING),
        ({"status": "in-progress"}, VideoState.RUNNING),
        ({}, VideoState.RUNNING),
    ],
)
def test_states(video: dict[str, Any], state: VideoState) -> None:
    """The word decides, then the number; a finished URL means done, unless the job failed; the unknown goes on."""
    assert about(**video).state is state


@pytest.mark.parametrize(
    ("url", "urls"),
    [
        ({"generation": [URL, URL + "2"]}, (URL, URL + "2")),
        ({"generation": []}, ()),
        ({"generation": ["", " ", None, 7.5, {}]}, ()),
        ({"generation": None}, ()),
        (URL, (URL,)),
        ([URL], (URL,)),
        ({}, ()),
    ],
)
def test_urls(url: Any, urls: tuple[str, ...]) -> None:
    """URLs come as a text, a list, or not at all."""
    assert about(url=url).urls == urls


def test_success_of_the_request_is_not_the_end_of_the_job() -> None:
    """`success` at the top speaks of the request alone."""
    assert job({"status": "success", "video": {"id": 1, "status": "processing"}}).state is VideoState.RUNNING


def test_error_of_the_request() -> None:
    """`error` at the top, without a job, is an error of the API."""
    with pytest.raises(errors.BadRequestError, match="no such id"):
        job({"status": "error", "code": 1100, "error": "BadRequest", "message": "no such id"})


def test_failure_says_why() -> None:
    """What the API says about a failure is kept, in whichever member."""
    assert about(status="failed", reason="too dark").reason == "too dark"
    assert about(status="failed", message="too dark").reason == "too dark"
    assert about(status="failed", error="too dark").reason == "too dark"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"7", b"{}"])
def test_no_job(body: bytes) -> None:
    """A reply that is no JSON object is unexpected."""
    with pytest.raises(errors.UnexpectedReplyError, match="video job"):
        job_from_reply(200, {}, body, now=0.0)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["id", "uuid", "status", "code", "url", "video", "error", "message", "created_at"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["generation", "thumbnail", "status", "code", "id"]), inner, max_size=3
                )
            ),
            max_leaves=8,
        ),
    )
)
def test_any_json_is_a_job_or_an_error(value: Any) -> None:
    """Whatever JSON comes, there is a job whose texts can be written to a log, or an error of the SDK."""
    try:
        found = job(value)
    except ImagineError:
        return
    assert isinstance(found.state, VideoState)
    repr((found.id, found.word, found.urls, found.reason)).encode()
