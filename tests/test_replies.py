"""What replies mean: the documented errors, everything else that servers and proxies send, and any bytes at all."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async import errors
from imagine_async.catalog import ERROR_CODES
from imagine_async.errors import APIError, ImagineError, Outcome
from imagine_async.replies import (
    BODY_EXCERPT_CHARACTERS,
    Content,
    Link,
    error_from_reply,
    parse_retry_after,
    picture_from_reply,
)
from imagine_async.sniff import Picture
from tests.pictures import SIZE, VARIETIES, variety

NOW = 1_445_412_480.0
"""Wednesday, 21 October 2015, 07:28:00 GMT."""

CODES: Mapping[int, type[APIError]] = {
    **dict.fromkeys((1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1208), errors.AuthenticationError),
    **dict.fromkeys((1100, 1103), errors.BadRequestError),
    1101: errors.InsufficientCreditsError,
    **dict.fromkeys((1200, 1201), errors.ServiceUnavailableError),
    1202: errors.RateLimitedError,
}
STATUSES: Mapping[int, tuple[type[APIError], Outcome]] = {
    302: (APIError, Outcome.REJECTED),
    400: (errors.BadRequestError, Outcome.REJECTED),
    401: (errors.AuthenticationError, Outcome.REJECTED),
    402: (errors.InsufficientCreditsError, Outcome.REJECTED),
    403: (errors.AuthenticationError, Outcome.REJECTED),
    404: (errors.NotFoundError, Outcome.REJECTED),
    406: (errors.BadRequestError, Outcome.REJECTED),
    413: (errors.BadRequestError, Outcome.REJECTED),
    422: (errors.BadRequestError, Outcome.REJECTED),
    424: (errors.InsufficientCreditsError, Outcome.REJECTED),
    429: (errors.RateLimitedError, Outcome.REJECTED),
    500: (errors.ServerError, Outcome.UNKNOWN),
    502: (errors.ServerError, Outcome.UNKNOWN),
    503: (errors.ServiceUnavailableError, Outcome.REJECTED),
    504: (errors.ServerError, Outcome.UNKNOWN),
    599: (errors.ServerError, Outcome.UNKNOWN),
}
ODD_BODIES = {
    "empty": b"",
    "html": b"<html><body>502 Bad Gateway</body></html>",
    "plain": b"Page not found",
    "cut-json": b'{"status": "error", "code": 12',
    "list": b'["error", 1202]',
    "number": b"1202",
    "null": b"null",
    "deep-list": b"[" * 100_000,
    "deep-object": b'{"message":' * 100_000,
    "not-utf8": b"\xff\xfe\xfd",
    "utf16": '{"code": 1202'.encode("utf-16"),
    "endless-number": b'{"code": ' + b"9" * 5000 + b"}",
    "unknown-code": b'{"code": 1999}',
}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.dictionaries(st.sampled_from(["status", "code", "error", "message", "details"]), JSON_VALUES)
BODIES = st.binary(max_size=200) | MEMBERS.map(lambda members: json.dumps(members).encode())
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "retry-after-ms", "content-type"]),
    st.text(max_size=30) | st.from_regex(r"\A[0-9a-zA-Z,: +.-]{0,40}\Z"),
)


def error(status: int = 400, body: bytes = b"", headers: Mapping[str, str] | None = None) -> APIError:
    return error_from_reply(status, headers or {}, body, now=NOW, call_id="call-1")


def coded(status: int, **members: Any) -> APIError:
    return error(status, json.dumps({"status": "error", **members}).encode())


def picture(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Picture:
    found = picture_from_reply(status, headers or {}, body, now=NOW, call_id="call-1")
    assert isinstance(found, Content)
    return found.picture


@pytest.mark.parametrize("row", ERROR_CODES.values(), ids=lambda row: str(row.code))
def test_documented_errors(row: Any) -> None:
    """Every documented code gives its class, with all that the body says; none of them was charged."""
    found = coded(row.status, code=row.code, error=row.name, message=row.meaning)
    assert type(found) is CODES[row.code]
    assert found.outcome is Outcome.REJECTED
    assert (found.status, found.code, found.name, found.call_id) == (row.status, row.code, row.name, "call-1")
    assert str(found) == f"status {row.status}, code {row.code}: {row.name}: {row.meaning}"


def test_every_documented_code_is_expected_here() -> None:
    """The table above misses no row of the catalog."""
    assert CODES.keys() == ERROR_CODES.keys()


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("status", [200, 400, 404, 406, 429, 500, 503])
def test_code_comes_before_status(code: int, status: int) -> None:
    """Whatever the status, a known code decides, but that an invalid request under 404 is something not found."""
    found = coded(status, code=code)
    vague = CODES[code] is errors.BadRequestError and status == 404
    assert type(found) is (errors.NotFoundError if vague else CODES[code])
    assert found.outcome is Outcome.REJECTED


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
def test_status_decides_without_a_known_code(status: int, body: bytes) -> None:
    """Where the body holds no code that is known, the status decides about class and outcome."""
    found = error(status, body)
    assert (type(found), found.outcome) == STATUSES[status]
    assert found.status == status


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        (1001, 1001),
        ("1001", 1001),
        (" 1001 ", 1001),
        (None, None),
        (True, None),
        (1001.0, None),
        ("", None),
        ("Unauthorized", None),
        ("1001.0", None),
        ([1001], None),
        ({"code": 1001}, None),
        (-1, -1),
        (10**100, 10**100),
        ("9" * 5000, None),
    ],
    ids=repr,
)
def test_kinds_of_codes(code: Any, kept: int | None) -> None:
    """A code may be a number or a text of digits; anything else counts as none."""
    found = coded(400, code=code)
    assert found.code == kept
    assert type(found) is (errors.AuthenticationError if kept == 1001 else errors.BadRequestError)


def test_absent_code_is_none() -> None:
    """A body without a code gives none."""
    assert coded(401, error="Unauthorized").code is None


def test_bodies_of_the_first_version() -> None:
    """The older body, with `details` as a list, is understood too."""
    found = coded(400, code=1103, error="InvalidBody", details=["no prompt", "no style"])
    assert (found.code, found.name) == (1103, "InvalidBody")
    assert str(found).endswith("InvalidBody: no prompt; no style")


SILENT = "Bad Request; the body holds no message of the API"


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({}, f"status 400: {SILENT}"),
        ({"message": "no style"}, "status 400: no style"),
        ({"message": "", "details": "no style"}, "status 400: no style"),
        ({"message": ["no style", 7]}, "status 400: no style; 7"),
        ({"message": {"en": "no style"}, "error": 7}, f"status 400: {SILENT}"),
        ({"error": "x" * 3000}, f"status 400: {'x' * BODY_EXCERPT_CHARACTERS}: {SILENT}"),
    ],
    ids=["nothing", "message", "details", "list", "odd-types", "endless"],
)
def test_text_of_the_error(members: dict[str, Any], text: str) -> None:
    """The text holds what the server said as far as it is text, and not without end; else what the status means."""
    assert str(coded(400, **members)) == text


def test_text_of_the_error_can_be_written_out() -> None:
    """A server cannot make an error whose text fails to be logged: no lone surrogates come through."""
    found = error(400, rb'{"error": "\ud800", "message": "\udfff"}')
    assert found.message.encode()
    assert str(found.name).encode()


@pytest.mark.parametrize(
    ("body", "excerpt"),
    [
        (b"Page not found", "Page not found"),
        ("🦊".encode() * 3000, "🦊" * BODY_EXCERPT_CHARACTERS),
        (b"\xff\xfe", "\N{REPLACEMENT CHARACTER}" * 2),
        (b"", ""),
    ],
    ids=["short", "long", "not-utf8", "empty"],
)
def test_body_is_kept_as_text(body: bytes, excerpt: str) -> None:
    """The beginning of the body is kept for people to read, 2,000 characters at most."""
    assert error(404, body).body == excerpt


@pytest.mark.parametrize("depth", range(900, 1000, 7))
def test_nesting_near_pythons_limit(depth: int) -> None:
    """A message that is nested about as deep as Python can go breaks nothing."""
    assert isinstance(error(400, b'{"message": ' + b"[" * depth + b"]" * depth + b"}"), errors.BadRequestError)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ",,,"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT"}, 30),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "Wed, 21 Oct 2015 07:00:00 GMT"}, 0),
        ({"retry-after": "Wed, 21 Oct 2015 09:28:30 +0200"}, 30),
        ({"retry-after": "Wednesday, 21-Oct-15 07:28:30 GMT"}, 30),
        ({"retry-after": "Wed, 99 Oct 2015 07:28:30 GMT"}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 251_956_888_319),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "30"}, 0.25),
        ({"retry-after-ms": "-1", "retry-after": "30"}, 30),
        ({"retry-after-ms": "soon", "retry-after": "30"}, 30),
        ({"retry-after-ms": "soon"}, None),
    ],
    ids=repr,
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, milliseconds and dates are read; what makes no sense counts as not said."""
    assert parse_retry_after(headers, now=NOW) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("date", ["Wed, 21 Oct 2015 07:28:30 -0000", "Wed Oct 21 07:28:30 2015"])
def test_dates_without_a_zone_are_utc(date: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A date that names no zone is in UTC, wherever the client runs."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert parse_retry_after({"retry-after": date}, now=NOW) == pytest.approx(30)
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


def test_retry_after_stands_on_the_error() -> None:
    """What the server asks for is an attribute of any error."""
    assert error(429, headers={"retry-after": "7"}).retry_after == 7
    assert error(500, headers={"retry-after-ms": "7"}).retry_after == 0.007


@pytest.mark.parametrize("name", VARIETIES)
def test_picture(name: str) -> None:
    """A whole picture is found by its bytes."""
    assert picture(variety(name)) == Picture(name.partition("-")[0], *SIZE)


@pytest.mark.parametrize("kind", ["text/html", "application/json", "image/png", "application/octet-stream"])
def test_content_type_does_not_matter(kind: str) -> None:
    """A picture is one whatever the header says."""
    assert picture(variety("jpeg"), headers={"content-type": kind}).format == "jpeg"


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "gif", "avif"])
def test_cut_picture(name: str) -> None:
    """A picture that is cut was made and probably charged."""
    with pytest.raises(errors.TruncatedReplyError, match="60x44") as caught:
        picture(variety(name)[:-20])
    assert (caught.value.outcome, caught.value.status, caught.value.call_id) == (Outcome.COMPLETED, 200, "call-1")


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "gif", "avif"])
def test_picture_cut_within_its_header(name: str) -> None:
    """A picture of which only the first bytes came is a cut picture too."""
    with pytest.raises(errors.TruncatedReplyError) as caught:
        picture(variety(name)[:14])
    assert caught.value.outcome is Outcome.COMPLETED


@pytest.mark.parametrize("status", ["error", "ERROR"])
def test_success_with_an_error_inside(status: str) -> None:
    """An error of the API is one, though the HTTP status says success."""
    with pytest.raises(errors.AuthenticationError) as caught:
        picture(json.dumps({"status": status, "code": 1208, "message": "invalid"}).encode())
    assert (caught.value.status, caught.value.outcome) == (200, Outcome.REJECTED)


def test_success_with_an_error_of_no_known_kind() -> None:
    """An error without a code, under a status of success, is an `APIError`."""
    with pytest.raises(APIError, match="status 200: it failed") as caught:
        picture(b'{"status": "error", "message": "it failed"}')
    assert type(caught.value) is APIError


@pytest.mark.parametrize(
    "body",
    [*ODD_BODIES.values(), b'{"status": "success", "text": "a fox"}', b'{"status": ["error"]}'],
    ids=[*ODD_BODIES, "json", "odd-status"],
)
def test_success_without_a_picture(body: bytes) -> None:
    """Anything else under a status of success is unexpected, may have been charged, and can be read."""
    with pytest.raises(errors.UnexpectedReplyError, match="text/odd") as caught:
        picture(body, headers={"content-type": "text/odd"})
    assert caught.value.outcome is Outcome.UNKNOWN
    assert caught.value.body == body.decode("utf-8", "replace")[:BODY_EXCERPT_CHARACTERS]


def test_unexpected_reply_without_a_content_type() -> None:
    """A reply that names no content type is described all the same."""
    with pytest.raises(errors.UnexpectedReplyError, match="0 bytes of no content type"):
        picture(b"", status=204)


@settings(deadline=None)
@given(st.integers(100, 999), HEADERS, BODIES)
def test_any_reply_of_failure_is_an_api_error(status: int, headers: dict[str, str], body: bytes) -> None:
    """Any status, headers and body give an `APIError` whose wait, if there is one, is a number to wait."""
    found = error(status, body, headers)
    assert isinstance(found, APIError)
    assert found.retry_after is None or 0 <= found.retry_after < float("inf")


@settings(deadline=None)
@given(st.integers(200, 299), HEADERS, BODIES | st.binary(max_size=60).map(lambda rest: variety("png")[:30] + rest))
def test_any_reply_of_success_is_a_picture_or_an_error(status: int, headers: dict[str, str], body: bytes) -> None:
    """Any body is either a picture or an error of the SDK."""
    try:
        found = picture_from_reply(status, headers, body, now=NOW)
    except ImagineError:
        return
    assert isinstance(found, Link) or min(found.picture.size) > 0


def test_status_that_http_does_not_define_is_explained() -> None:
    """A number of a proxy's own invention gets words too."""
    assert str(error(599, b"")).startswith("status 599: a status that HTTP does not define")
