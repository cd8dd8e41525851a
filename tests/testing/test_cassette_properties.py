"""What holds of cassettes for any fields, files and texts."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.config import Secret
from imagine_async.testing import Cassette
from imagine_async.testing.cassettes.redacting import Aliases
from imagine_async.testing.cassettes.requests import CanonicalRequest, request_of
from imagine_async.transport import Asked

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'), min_size=1, max_size=10)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
FIELD = st.tuples(NAMES, TEXTS)
FILE = st.tuples(NAMES, st.binary(max_size=60))
FIELDS = st.lists(st.one_of(FIELD, FILE), max_size=6, unique_by=lambda field: field[0])
BOUNDARIES = st.text("0123456789abcdef", min_size=16, max_size=32)

Fields = list[tuple[str, str | bytes]]


def form(fields: Fields, boundary: str) -> Asked:
    """Write a form as clients do."""
    lines = []
    for name, value in fields:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, bytes):
            head += '; filename="x.png"\r\nContent-Type: image/png'
        content = value if isinstance(value, bytes) else value.encode()
        lines.append(head.encode() + b"\r\n\r\n" + content + b"\r\n")
    body = b"".join([*lines, f"--{boundary}--\r\n".encode()])
    headers = (("Content-Type", f"multipart/form-data; boundary={boundary}"),)
    return Asked("POST", "https://api.vyro.ai/v2/image/generations", headers, body)


def canonical(asked: Asked) -> CanonicalRequest:
    return request_of(asked, Aliases(), ())


@given(FIELDS, BOUNDARIES, BOUNDARIES, st.randoms(use_true_random=False))
def test_boundary_and_order_do_not_count(fields: Fields, first: str, second: str, chance: Any) -> None:
    """Two forms with the same fields are one request, whatever stands between the fields and in whatever order."""
    shuffled = list(fields)
    chance.shuffle(shuffled)
    mine, theirs = canonical(form(fields, first)), canonical(form(shuffled, second))
    assert mine == theirs
    assert mine.digest == theirs.digest
    assert {(part.name, part.text) for part in mine.parts if not part.is_file} == {
        field for field in fields if isinstance(field[1], str)
    }


@given(FIELDS, FIELDS, BOUNDARIES)
def test_other_fields_are_another_request(fields: Fields, others: Fields, boundary: str) -> None:
    """Requests are equal only where their fields are, and otherwise differences are named."""
    mine, theirs = canonical(form(fields, boundary)), canonical(form(others, boundary))
    assert (mine.digest == theirs.digest) is (sorted(fields, key=str) == sorted(others, key=str))
    assert bool(list(mine.differences(theirs))) is (mine.digest != theirs.digest)


@given(FIELDS, BOUNDARIES, st.lists(NAMES))
def test_requests_survive_the_file(fields: Fields, boundary: str, redact: list[str]) -> None:
    """What is read is found by the digest of what was written, redacted or not."""
    request = canonical(form(fields, boundary))
    data = json.loads(json.dumps(request.as_data([*redact, *(name for name, _ in fields[:2])])))
    again = CanonicalRequest.from_data(data)
    assert again.digest == request.digest
    assert again.as_data() == data


@given(
    st.binary(max_size=200), st.sampled_from(["", "multipart/form-data", "multipart/form-data; boundary=x", "text/a"])
)
def test_any_body_has_a_form(body: bytes, content_type: str) -> None:
    """Whatever a client sends can be told apart, and nothing breaks."""
    asked = Asked("POST", "https://api.vyro.ai/", (("content-type", content_type),), body)
    assert canonical(asked).digest == canonical(asked).digest


@given(TEXTS, TEXTS, st.sampled_from(["vk-0123456789abcdef", "vk-a/b+c==0123"]))
def test_keys_do_not_stay(before: str, after: str, key: str) -> None:
    """Wherever a key stands in a reply, as text, JSON or in a picture, it is not there any more afterwards."""
    aliases = Aliases()
    aliases.know([Secret(key)])
    text = before + key + after
    pictures = [b"\x89PNG\r\n\x1a\n" + text.encode(), b"\xff\xfe" + text.encode()]
    for body in [text.encode(), json.dumps({"said": text, "list": [text]}).encode(), *pictures]:
        assert key.encode() not in aliases.body(body, "seed")
    assert [len(aliases.body(picture, "seed")) for picture in pictures] == [len(picture) for picture in pictures]


class Echo(httpx.AsyncBaseTransport):
    """A server that answers what it was asked, with a number that grows."""

    def __init__(self) -> None:
        self.calls = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        body = await request.aread()
        return httpx.Response(
            200 + self.calls % 5, content=bytes([self.calls % 256]) + body[:50], headers={"date": "x"}
        )


CALLS = st.lists(
    st.tuples(st.sampled_from(["/v2/a", "/v2/b"]), st.sampled_from(["fox", "owl", ""]), BOUNDARIES), max_size=8
)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@settings(max_examples=25, deadline=None)
@given(calls=CALLS)
def test_replays_equal_recordings(backend: str, calls: list[tuple[str, str, str]]) -> None:
    """For any sequence of calls the replay gives what the server gave, in the same order, and asks nobody."""

    async def play(cassette: Cassette) -> list[tuple[int, bytes]]:
        async with cassette.http_client() as client:
            replies = []
            for path, prompt, boundary in calls:
                asked = form([("prompt", prompt)], boundary)
                reply = await client.post(f"https://x.test{path}", content=asked.body, headers=dict(asked.headers))
                replies.append((reply.status_code, reply.content))
            return replies

    echo = Echo()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "echo.json")
        with Cassette(path, mode="all", forward_to=httpx.AsyncClient(transport=echo)) as cassette:
            recorded = anyio.run(play, cassette, backend=backend)
        with Cassette(path, mode="new", forward_to=httpx.AsyncClient(transport=echo)) as cassette:
            assert anyio.run(play, cassette, backend=backend) == recorded
    assert echo.calls == len(calls)
