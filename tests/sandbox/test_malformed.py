"""Bodies made by hand and broken on purpose: each gets a 4xx, and the server goes on answering."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from imagine_async.sandbox.server import RunningSandbox

BOUNDARY = "B0und"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def _part(name: str, value: bytes, *, extra: str = "") -> bytes:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'.encode() + value + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()
WHOLE = _part("prompt", b"a red fox") + _part("style", b"anime") + END
FILE = '; filename="x.png"'


@pytest.fixture(autouse=True)
def _still_answering(running: RunningSandbox) -> Iterator[None]:
    """Ask for a picture after each test."""
    yield
    reply = httpx.post(
        f"{running.base_url}/v2/image/generations",
        content=WHOLE,
        headers={"authorization": f"Bearer {running.key}", "content-type": TYPE},
    )
    assert reply.status_code == 200


def _send(
    running: RunningSandbox,
    body: bytes,
    *,
    content_type: str | None = TYPE,
    length: str | None = None,
    hang_up: bool = False,
) -> bytes:
    """Send a request byte for byte and return all that comes back before the server closes or the reply is whole."""
    url = httpx.URL(running.base_url)
    lines = [
        "POST /v2/image/generations HTTP/1.1",
        f"Host: {url.host}",
        f"Authorization: Bearer {running.key}",
        f"Content-Length: {len(body) if length is None else length}",
        "Connection: close",
    ]
    lines += [] if content_type is None else [f"Content-Type: {content_type}"]
    with socket.create_connection((url.host, url.port or 80), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        if hang_up:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _status(reply: bytes) -> int:
    return int(reply.split(b" ", 2)[1])


@pytest.mark.parametrize("epilogue", [b"", b"\r\n", _part("seed", b"0")], ids=["none", "line end", "part"])
def test_whole(running: RunningSandbox, epilogue: bytes) -> None:
    """A whole body, sent the same way as the broken ones, gets a picture; what follows its end is passed over."""
    reply = _send(running, WHOLE + epilogue)
    assert _status(reply) == 200


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(WHOLE[: -len(END)], id="no closing boundary"),
        pytest.param(WHOLE[: -len(END) - 4], id="cut in a value"),
        pytest.param(_part("prompt", b"x")[:20], id="cut in a header"),
        pytest.param(b"", id="empty"),
        pytest.param(END, id="no parts"),
        pytest.param(b"prompt=x&style=anime", id="not multipart"),
        pytest.param(b"\0" * 1000, id="zeros"),
        pytest.param(b"\r\n" * 1000, id="line ends"),
        pytest.param(WHOLE.replace(b"\r\n", b"\n"), id="bare line feeds"),
        pytest.param(WHOLE.replace(b'name="prompt"', b'nome="prompt"'), id="nameless part"),
        pytest.param(WHOLE.replace(b"Content-Disposition", b"Content Disposition"), id="bad header"),
        pytest.param(_part("prompt", b"x", extra="; a=" + "x" * 10_000) + END, id="huge header"),
        pytest.param(b"".join(_part(f"p{n}", b"x") for n in range(1000)) + WHOLE, id="1000 texts"),
        pytest.param(b"".join(_part(f"p{n}", b"x", extra=FILE) for n in range(1000)) + WHOLE, id="1000 files"),
        pytest.param(_part("prompt", b"x" * 300_000) + _part("style", b"anime") + END, id="huge text"),
        pytest.param(WHOLE.replace(b"red", b"\r\n--" + BOUNDARY.encode() + b"\r\nred"), id="boundary in a value"),
    ],
)
def test_broken_body(running: RunningSandbox, body: bytes) -> None:
    """A body that is cut, garbled or oversized in any of its parts answers 400."""
    reply = _send(running, body)
    assert _status(reply) == 400
    assert b'"status":"error"' in reply


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=B0und",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=Other",
        "multipart/form-data; boundary=" + "x" * 300,
        'multipart/form-data; boundary="B0und',
    ],
)
def test_bad_content_type(running: RunningSandbox, content_type: str | None) -> None:
    """A content type that is no multipart form, or whose boundary is not the body's, answers 400 with code 1100."""
    reply = _send(running, WHOLE, content_type=content_type)
    assert _status(reply) == 400
    assert b'"code":1100' in reply


@pytest.mark.parametrize("charset", ["undefined", "idna", "punycode", "utf-16", "zlib", "nonsense", "rot13"])
def test_odd_charset(running: RunningSandbox, charset: str) -> None:
    """A charset that cannot decode the parts' names answers 4xx or is passed over, and never 500."""
    reply = _send(running, WHOLE.replace(b"red", b"\xff\xfe"), content_type=f"{TYPE}; charset={charset}")
    assert _status(reply) in (200, 400)


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "9" * 30, "0x10"])
def test_impossible_length(running: RunningSandbox, length: str) -> None:
    """A length that is no number, or an absurd one, answers 4xx."""
    assert 400 <= _status(_send(running, WHOLE, length=length)) < 500


def test_length_too_small(running: RunningSandbox) -> None:
    """A length below the body's makes a cut body, which answers 400."""
    assert _status(_send(running, WHOLE, length=str(len(WHOLE) - 20))) == 400


def test_length_too_large(running: RunningSandbox) -> None:
    """A body that never arrives in full answers 408 once the server has waited long enough."""
    reply = _send(running, WHOLE[:50], length="5000")
    assert _status(reply) == 408
    assert b"connection: close" in reply.lower()


def test_hang_up(running: RunningSandbox) -> None:
    """A caller that hangs up in the middle of its body gets nothing, and harms nobody."""
    assert _send(running, WHOLE[:50], length="5000", hang_up=True)[:12] in (b"", b"HTTP/1.1 400")


def test_body_over_the_cap(running: RunningSandbox) -> None:
    """A body longer than allowed answers 413 with the usual error body, from its announced length."""
    reply = _send(running, WHOLE, length=str(2**20 + 1))
    assert _status(reply) == 413
    assert b'"status":"error"' in reply


def test_chunked_body_over_the_cap(running: RunningSandbox) -> None:
    """A body that does not announce its length is cut off at the cap with 413."""
    reply = httpx.post(
        f"{running.base_url}/v2/image/generations",
        content=iter([_part("image", b"", extra=FILE), *[b"x" * 100_000] * 12]),
        headers={"authorization": f"Bearer {running.key}", "content-type": TYPE},
    )
    assert (reply.status_code, reply.json()["code"]) == (413, 1100)


def test_body_at_the_cap(running: RunningSandbox) -> None:
    """A body of exactly the allowed length is read."""
    padding = 2**20 - len(WHOLE) - len(_part("x", b"", extra=FILE))
    assert _status(_send(running, _part("x", b"x" * padding, extra=FILE) + WHOLE)) == 200


def test_chunked_body(running: RunningSandbox) -> None:
    """A body that comes byte by byte is read like any other."""
    reply = httpx.post(
        f"{running.base_url}/v2/image/generations",
        content=(bytes([byte]) for byte in WHOLE),
        headers={"authorization": f"Bearer {running.key}", "content-type": TYPE},
    )
    assert reply.status_code == 200


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 12), st.binary(max_size=12)), max_size=4),
)
def test_any_damage(running: RunningSandbox, cuts: list[tuple[int, int, bytes]]) -> None:
    """Whatever bytes of a body are cut out or put in, the answer is a picture or a 4xx, never a 5xx."""
    body = WHOLE
    for place, length, inserted in cuts:
        body = body[:place] + inserted + body[place + length :]
    assert _status(_send(running, body)) in (200, 400)
