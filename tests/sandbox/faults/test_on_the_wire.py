"""Faults over a real port, seen as bytes: under each of uvicorn's parsers and loops that are installed."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import anyio
import pytest
from attrs import evolve

from imagine_async.sandbox import SandboxSettings, running_sandbox
from imagine_async.sandbox.faults import Faults
from tests.flat_engine import FlatEngine
from tests.sandbox.faults.raw_client import KEY, MAKES, Received, exchange, form, get, post, uvicorn_port

Ask = Callable[..., Received]

every_make = pytest.mark.parametrize(("http", "loop"), MAKES)


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged as a warning or worse."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@contextlib.contextmanager
def port(faults: Any, **settings: Any) -> Iterator[tuple[Ask, Callable[[], int]]]:
    """Run a sandbox with faults; yield what asks it, and what counts the calls that it has charged."""
    made = SandboxSettings(**{"side": 16, "rate_limit": None, "credits": None, **settings})
    with running_sandbox(made, engine=FlatEngine(), faults=faults) as sandbox:

        def ask(request: bytes | None = None) -> Received:
            return exchange(sandbox.base_url, post() if request is None else request)

        yield ask, lambda: sandbox.books()["accounts"][0]["calls"]


@pytest.mark.parametrize("resets", [False, True], ids=["end", "reset"])
@pytest.mark.parametrize(
    ("point", "charged", "head", "share"),
    [
        ("before_headers", 0, False, 0.0),
        ("during_upload", 0, False, 0.0),
        ("after_upload", 1, False, 0.0),
        ("after_headers", 1, True, 0.0),
        ("in_body", 1, True, 0.5),
    ],
)
@every_make
def test_connections_break_at_the_named_point(
    http: str,
    loop: str,
    point: str,
    charged: int,
    head: bool,
    share: float,
    resets: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Up to its point the call gets through, then the connection ends as it should, and the books are right."""
    word = f"drop:{point}:reset" if resets else f"drop:{point}"
    with uvicorn_port(http, loop, faults=["ok", word]) as (base_url, app):
        sound, broken = exchange(base_url, post()), exchange(base_url, post())
        calls = app.state.accounts.books()["accounts"][0]["calls"]
    assert sound.body
    assert broken.is_reset is resets
    assert broken.body == sound.body[: int(len(sound.body) * share)]
    assert broken.headers("content-length") == (sound.headers("content-length") if head else [])
    assert bool(broken.data) is head
    assert calls == 1 + charged
    # uvicorn complains of replies that are not whole, unless it knows that their connection is gone.
    assert complaints(caplog) == []


@every_make
def test_large_replies_break_in_their_middle(http: str, loop: str) -> None:
    """Half of a body that is larger than every buffer gets through before the connection ends."""
    picture = b"\x89PNG\r\n\x1a\n" + bytes(3_000_000)
    app = _answering(picture)
    with _port_of(http, loop, app, ["drop:in_body"]) as base_url:
        came = exchange(base_url, post()).body
    assert len(came) == len(picture) // 2
    is_beginning = picture.startswith(came)
    assert is_beginning


@every_make
def test_large_uploads_break(http: str, loop: str) -> None:
    """A body that is larger than every buffer is cut short: the application gets half of it and a disconnect."""
    seen: list[int] = []
    app = _answering(b"{}", seen)
    body = form(prompt="x" * 3_000_000)
    with _port_of(http, loop, app, ["drop:during_upload"]) as base_url:
        assert exchange(base_url, post(body=body)) == Received(b"", is_reset=False)
    assert seen == [len(body) // 2]


@every_make
def test_large_replies_are_reset(http: str, loop: str) -> None:
    """A reset waits until all that shall get through has left the server."""
    picture = b"\x89PNG\r\n\x1a\n" + bytes(3_000_000)
    with _port_of(http, loop, _answering(picture), ["drop:in_body:reset"]) as base_url:
        found = exchange(base_url, post())
    assert (found.status, found.is_reset) == (200, True)
    assert 0 < len(found.body) <= len(picture) // 2


@every_make
def test_upload_in_chunks_breaks(http: str, loop: str) -> None:
    """Of a body whose length nobody knows before, the application gets half of what comes first."""
    seen: list[int] = []
    head = post(headers="Transfer-Encoding: chunked\r\n").partition(b"\r\n\r\n")[0]
    head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")) + b"\r\n\r\n"
    with _port_of(http, loop, _answering(b"{}", seen), ["drop:during_upload"]) as base_url:
        assert exchange(base_url, head + b"a\r\n0123456789\r\n0\r\n\r\n") == Received(b"", is_reset=False)
    assert seen == [5]


@every_make
@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize("word", ["drop:after_upload", "drop:in_body:reset", "drop:during_upload", "latency:3000"])
def test_clients_may_leave_first(
    http: str, loop: str, word: str, answers: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the client leaves before the fault, nothing is left to break, and nobody complains."""
    left = threading.Event()

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        if answers:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})
        left.set()

    with _port_of(http, loop, app, [word]) as base_url:
        with socket.create_connection(("127.0.0.1", int(base_url.rpartition(":")[2]))) as client:
            client.sendall(post()[:-10])
        assert left.wait(20)
    assert complaints(caplog) == []


def _answering(content: bytes, seen: list[int] | None = None) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        size = 0
        message: Any = {"more_body": True}
        while message.get("more_body"):
            message = await receive()
            size += len(message.get("body", b""))
        if seen is not None:
            seen.append(size)
            assert message["type"] == "http.disconnect"
        headers = [(b"Content-Type", b"image/png"), (b"Content-Length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content[:10], "more_body": True})
        await send({"type": "http.response.body", "body": content[10:]})

    return app


@contextlib.contextmanager
def _port_of(http: Any, loop: Any, app: Any, faults: Any) -> Iterator[str]:
    """Run another application behind the layer that commits the faults."""
    with uvicorn_port(http, loop, faults=faults) as (base_url, sandbox):
        sandbox.middleware_stack = evolve(sandbox.build_middleware_stack(), app=app)
        yield base_url


def test_truncated_reply_announces_its_whole_length() -> None:
    """A fraction of the body comes, and the connection ends in order."""
    with port(["ok", "truncate:0.25", "truncate:0"]) as (ask, charged):
        sound, cut, empty = ask(), ask(), ask()
        assert charged() == 3
    assert cut.headers("content-length") == sound.headers("content-length") == [str(len(sound.body))]
    assert (cut.body, cut.is_reset) == (sound.body[: len(sound.body) // 4], False)
    assert (empty.body, empty.status) == (b"", 200)


def test_trickling_reply_comes_in_pieces() -> None:
    """The body leaves piece by piece, with waits between that make up the rate."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    slow = Faults.of({"rules": [{"fault": "trickle", "bytes_per_second": 50, "piece": 100}]})
    with port(evolve(slow, sleep=sleep)) as (ask, charged):
        reply = ask()
        assert charged() == 1
    assert len(reply.body) == int(reply.headers("content-length")[0])
    assert waits == [2.0] * (-(-len(reply.body) // 100) - 1)


def test_latency_comes_after_the_charge() -> None:
    """When the reply is put off, the work has been done and charged already."""
    when: list[tuple[float, int]] = []
    late = Faults.of({"rules": [{"fault": "latency", "seconds": 7}]})

    async def sleep(seconds: float) -> None:
        when.append((seconds, charged()))

    with port(evolve(late, sleep=sleep)) as (ask, charged):
        assert ask().status == 200
    assert when == [(7, 1)]


@pytest.mark.parametrize("rule", ["latency:3000", "trickle:0.001"])
def test_waits_end_when_the_client_leaves(rule: str) -> None:
    """Nobody waits for a client that is gone."""
    begun, ended = threading.Event(), threading.Event()

    async def sleep(seconds: float) -> None:
        begun.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    with running_sandbox(engine=FlatEngine(), faults=evolve(Faults.of([rule]), sleep=sleep)) as sandbox:
        with socket.create_connection(("127.0.0.1", int(sandbox.base_url.rpartition(":")[2]))) as client:
            client.sendall(post())
            assert begun.wait(20)
        assert ended.wait(20)


def test_storm_answers_in_place_of_the_api() -> None:
    """For so many requests the API's own refusal comes, and nothing is charged."""
    storm = {"fault": "storm", "requests": 3, "script": [2]}
    with port({"rules": [storm]}) as (ask, charged):
        replies = [ask() for _ in range(6)]
        assert charged() == 3
    assert [reply.status for reply in replies] == [200, 429, 429, 429, 200, 200]
    assert json.loads(replies[1].body)["code"] == 1202
    assert replies[1].headers("retry-after") == ["1"]


def test_storm_speaks_the_dialect_of_its_path() -> None:
    """In the first version of the API a refusal has another body."""
    with port(["storm"]) as (ask, _):
        body = json.loads(ask(post("/v1/imagine/api/generations")).body)
    assert body["code"] == 429


def test_storm_rages_for_a_stretch_of_time() -> None:
    """A storm that is measured in seconds ends with them."""
    now = [1000.0]
    storm = {"fault": "storm", "seconds": 5, "times": 1}
    settings = SandboxSettings(side=16, rate_limit=None)
    with running_sandbox(settings, engine=FlatEngine(), clock=lambda: now[0], faults={"rules": [storm]}) as sandbox:
        found = []
        for now[0] in (1000.0, 1004.9, 1005.0, 1006.0):
            found.append(exchange(sandbox.base_url, post()).status)
    assert found == [429, 429, 200, 200]


@pytest.mark.parametrize(
    ("word", "value"), [("negative", ["-5"]), ("text", ["in a moment"]), ("absurd", ["1000000000"]), ("missing", [])]
)
def test_storms_name_every_sort_of_wait(word: str, value: list[str]) -> None:
    """What `Retry-After` says may be good, bad, absurd or nothing."""
    with port([f"storm:{word}"]) as (ask, _):
        assert ask().headers("retry-after") == value


def test_storms_name_dates() -> None:
    """A date lies as far ahead as the wait, or a day back."""
    rules = [
        {"fault": "storm", "retry_after": word, "wait": 90, "script": [1 + place]}
        for place, word in enumerate(("date", "past"))
    ]
    with port({"rules": rules}) as (ask, _):
        ahead, behind = ask(), ask()
    assert 89 <= _ahead(ahead, "retry-after") <= 91
    assert -86_401 <= _ahead(behind, "retry-after") <= -86_399


def _ahead(reply: Received, name: str) -> float:
    """Return how far a header's date is ahead of the reply's own."""
    (value,), (date,) = reply.headers(name), reply.headers("date")
    return (parsedate_to_datetime(value) - parsedate_to_datetime(date)).total_seconds()


@pytest.mark.parametrize(
    ("status", "phrase"), [(502, "Bad Gateway"), (503, "Service Unavailable"), (504, "Gateway Timeout")]
)
@pytest.mark.parametrize("charged", [False, True])
def test_pages_of_a_proxy(status: int, phrase: str, charged: bool) -> None:
    """An HTML page comes in place of the API's answer, before the charge or after it."""
    with port({"rules": [{"fault": "html", "status": status, "charged": charged}]}) as (ask, calls):
        reply = ask()
        assert calls() == charged
    assert (reply.status, reply.headers("content-type")) == (status, ["text/html; charset=utf-8"])
    assert f"{status} {phrase}".encode() in reply.body
    assert reply.headers("content-length") == [str(len(reply.body))]


def test_malformed_json_breaks_off() -> None:
    """JSON of the API's own is halved; where a picture would come, there comes the beginning of an object."""
    with port(["ok", "malformed_json"], reply_form="base64") as (ask, charged):
        sound, broken = ask(), ask()
        assert charged() == 2
    assert broken.body == sound.body[: len(sound.body) // 2]
    with port(["malformed_json"]) as (ask, _):
        invented = ask()
    assert invented.headers("content-type") == ["application/json"]
    assert invented.headers("content-length") == [str(len(invented.body))]
    for body in (broken.body, invented.body):
        with pytest.raises(ValueError):
            json.loads(body)


def test_wrong_types() -> None:
    """A picture is called HTML, JSON is called a picture, and either whatever a rule says."""
    script = ["ok", "wrong_type", "wrong_type:text/csv"]
    with port(script) as (ask, charged):
        sound, html, csv = ask(), ask(), ask()
        assert charged() == 3
    assert html.body == sound.body
    assert [each.headers("content-type") for each in (html, csv)] == [["text/html; charset=utf-8"], ["text/csv"]]
    with port(script, reply_form="base64") as (ask, _):
        ask()
        assert ask().headers("content-type") == ["image/png"]


def test_duplicated_headers() -> None:
    """Headers come twice, with the same or with another value."""
    rules = [
        {"fault": "duplicate_headers", "script": [1]},
        {"fault": "duplicate_headers", "headers": ["Content-Type", "x-missing"], "same": False, "script": [2]},
    ]
    with port({"rules": rules}, rate_limit="50/60s") as (ask, _):
        same, other = ask(), ask()
    assert same.headers("content-type") == ["application/octet-stream"] * 2
    assert same.headers("x-ratelimit-limit") == ["50", "50"]
    assert other.headers("content-type") == ["application/octet-stream", "duplicate"]
    assert other.headers("x-missing") == []


@every_make
def test_clock_that_is_wrong(http: str, loop: str) -> None:
    """The only date of the reply is off; the next reply over the same port has the server's own again."""
    with uvicorn_port(http, loop, faults=["ok", "clock_skew:-3600", "ok"]) as (base_url, _):
        replies = [exchange(base_url, post()) for _ in range(3)]
    dates = [parsedate_to_datetime(date).timestamp() for reply in replies for date in reply.headers("date")]
    assert len(dates) == 3
    assert [round((date - dates[0]) / 60) for date in dates] == [0, -60, 0]


def test_clock_that_is_wrong_resets_the_limit_at_another_time() -> None:
    """The seconds until the rate limit resets are off as well."""
    with port(["clock_skew:500"], rate_limit="50/60s") as (ask, _):
        (reset,) = ask().headers("x-ratelimit-reset")
    assert int(reset) == 560


@pytest.mark.parametrize(("endpoints", "status"), [(["text_to_image"], 403), ([], 200)])
def test_urls_that_are_signed_at_a_wrong_time(endpoints: list[str], status: int) -> None:
    """A URL that is signed an hour back has ended, unless the clock that judges it is wrong as well."""
    rules = [{"fault": "clock_skew", "seconds": -3600, "endpoints": endpoints}]
    with port({"rules": rules}, reply_form="url") as (ask, _):
        url = json.loads(ask().body)["url"]
        assert ask(get(url.removeprefix("http://sandbox"))).status == status


def test_faults_join() -> None:
    """Of rules that strike one request all count, down to the first that ends the call."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    rules = [
        {"fault": "latency", "seconds": 3},
        {"fault": "wrong_type", "content_type": "text/x-odd"},
        {"fault": "truncate", "fraction": 0.5},
        {"fault": "latency", "seconds": 100},
        {"fault": "html"},
    ]
    with port(evolve(Faults.of({"rules": rules}), sleep=sleep)) as (ask, charged):
        reply = ask()
        assert charged() == 1
    assert (reply.status, reply.headers("content-type"), waits) == (200, ["text/x-odd"], [3])
    assert 0 < len(reply.body) < int(reply.headers("content-length")[0])


@every_make
def test_waiting_for_leave_to_send(http: str, loop: str, caplog: pytest.LogCaptureFixture) -> None:
    """A client that waits for leave to send its body is broken off without it."""
    with uvicorn_port(http, loop, faults=["drop:before_headers"]) as (base_url, _):
        head = post(headers="Expect: 100-continue\r\n").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        assert exchange(base_url, head) == Received(b"", is_reset=False)
    assert complaints(caplog) == []


def test_questions_of_browsers_are_not_counted() -> None:
    """A preflight is neither struck nor counted: the script goes on with the request that follows it."""
    with port(["drop:in_body", "ok"]) as (ask, _):
        preflight = post(body=b"", headers="Origin: http://page\r\nAccess-Control-Request-Method: POST\r\n")
        assert ask(preflight.replace(b"POST", b"OPTIONS", 1)).status < 500
        assert len(ask().body) < int(ask().headers("content-length")[0])


def test_only_the_api_is_struck() -> None:
    """Books, pages and unknown paths answer as without faults, unless a rule names their paths."""
    paths = ("/_sandbox/books", "/", "/openapi.json", "/nowhere")
    with port(None) as (ask, _):
        sound = [ask(get(path)).status for path in paths]
    with port(["drop:before_headers"] * 9) as (ask, _):
        assert [ask(get(path)).status for path in paths] == sound
        assert ask(get("/_results/some.png")).data == b""
        assert ask(get("/v2/video/some/status")).data == b""
    with port({"rules": [{"fault": "html", "paths": ["/_sandbox/*"]}]}) as (ask, _):
        assert (ask(get("/_sandbox/books")).status, ask().status) == (502, 200)


def test_key_is_in_no_record(caplog: pytest.LogCaptureFixture) -> None:
    """Each strike is told to the log, with rule, request and fault, and without the key."""
    caplog.set_level("INFO")
    with port(["drop:in_body"]) as (ask, _):
        ask()
    (record,) = [each.getMessage() for each in caplog.records if each.name.startswith("imagine_async.sandbox.faults")]
    assert record == "Rule 1 strikes its request 1: Drop(point='in_body', resets=False)"
    assert KEY not in caplog.text


def test_books_keep_the_right_time() -> None:
    """A call on a clock that is wrong stands in the statement under the date on which it was made."""
    with port(["ok", "clock_skew:-86400"]) as (ask, _):
        ask()
        ask()
        entries = json.loads(ask(get("/_sandbox/statement")).body)["entries"]
    dates = [datetime.fromisoformat(entry["at"]) for entry in entries if entry["kind"] == "charge"]
    assert len(dates) == 2
    assert abs((dates[1] - dates[0]).total_seconds()) < 3600
