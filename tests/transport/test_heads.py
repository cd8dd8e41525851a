"""Heads of requests and replies: what is read at a glance is what h11 reads, and no header leaves that would lie."""

from __future__ import annotations

import h11
import httpcore
import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from imagine_async.transport.heads import ordinary_head, request_head

STATUS_LINES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 ",
        b"HTTP/1.1 404 Not Found",
        b"HTTP/1.1 599 \xff",
        b"HTTP/1.1 204 No Content",
        b"HTTP/1.1 304 Not Modified",
        b"HTTP/1.1 100 Continue",
        b"HTTP/1.0 200 OK",
        b"HTTP/2 200 OK",
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1  200 OK",
        b"http/1.1 200 OK",
    ]
)
NAMES = st.sampled_from(
    [
        b"Content-Type",
        b"content-length",
        b"Content-Length",
        b"X-A",
        b"Connection",
        b"Transfer-Encoding",
        b"x y",
        b"",
        b"\xe9",
    ]
)
VALUES = st.one_of(
    st.sampled_from(
        [b"5", b"0", b"05", b"+5", b"-1", b"5, 5", b"5 5", b"chunked", b"close", b"keep-alive", b"a\x00b", b"a\tb"]
    ),
    st.binary(max_size=6),
)
LINES = st.tuples(NAMES, st.sampled_from([b":", b": ", b" : ", b":\t", b""]), VALUES).map(b"".join)
ENDS = st.sampled_from([b"\r\n"] * 8 + [b"\n", b"\r", b"\r\n "])


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """Draw the head of a reply, well formed or nearly so."""
    lines = [draw(STATUS_LINES), *draw(st.lists(LINES, max_size=4))]
    if draw(st.booleans()):
        lines.append(b"Content-Length: 5")
    return b"".join(line + draw(ENDS) for line in lines) + draw(ENDS)


@settings(max_examples=2000)
@given(heads())
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
def test_what_is_taken_for_ordinary_is_what_h11_reads(head: bytes) -> None:
    """A head that is read at a glance has the status, headers and length that h11 finds in it."""
    found = ordinary_head(head + b"12345")
    if found is None:
        return
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="POST", target="/", headers=[("host", "a"), ("content-length", "0")]))
    parser.send(h11.EndOfMessage())
    parser.receive_data(head + b"1" * found.length)
    event = parser.next_event()
    assert isinstance(event, h11.Response)
    assert (event.status_code, list(event.headers)) == (found.status, found.headers)
    body = b""
    while isinstance(event := parser.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert len(body) == found.length
    assert (parser.their_state is h11.DONE) == found.keeps_alive


@pytest.mark.parametrize("size", range(1, 38))
def test_a_head_that_is_not_whole_is_not_read(size: int) -> None:
    """Nothing is made of the beginning of a head."""
    assert ordinary_head(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"[:size]) is None


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=8)), max_size=3))
@example([("a", "b\r\nx-injected: 1")])
@example([("a\r\nx-injected", "1")])
def test_a_head_says_what_its_request_says(pairs: list[tuple[str, str]]) -> None:
    """Whatever the headers hold, the head is refused or read by a server with just these headers."""
    headers = httpx.Headers([("host", "a"), *pairs], encoding="utf-8")
    request = httpx.Request("POST", "http://a/p?q=%20", headers=headers, stream=httpx.ByteStream(b""))
    try:
        head = request_head(request)
    except httpcore.LocalProtocolError:
        return
    server = h11.Connection(h11.SERVER)
    server.receive_data(head)
    try:
        event = server.next_event()
    except h11.RemoteProtocolError:
        # A content-length that is none, for example: nothing is smuggled past.
        return
    assert isinstance(event, h11.Request)
    assert event.target == b"/p?q=%20"
    assert [name for name, _ in event.headers] == [name.lower() for name, _ in request.headers.raw]
