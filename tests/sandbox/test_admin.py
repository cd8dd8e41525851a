"""The admin API: accounts, credits, statement, calls and the clock of the jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from imagine_async.sandbox import Plan, SandboxSettings, running_sandbox
from tests.flat_engine import FlatEngine

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench, Ticks

TOKEN = "admin-token-of-the-tests"
KEY = "vk-somebody-else"


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench(admin_token=TOKEN, plans=(Plan(name="small", credits=7, rate_limit="1/10s", concurrency=2),))


async def ask(bench: Bench, method: str, path: str, body: Any = None, *, token: str | None = TOKEN) -> httpx.Response:
    async with bench.client(token) as client:
        return await client.request(method, f"/_sandbox/{path}", json=body)


async def opened(bench: Bench, **terms: Any) -> dict[str, Any]:
    reply = await ask(bench, "POST", "accounts", {"key": KEY, **terms})
    assert reply.status_code == 201, reply.text
    account: dict[str, Any] = reply.json()
    return account


@pytest.mark.parametrize("token", [None, "", "wrong", "vk-sandbox", TOKEN + "x"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "accounts"),
        ("POST", "accounts"),
        ("PATCH", "accounts/x"),
        ("DELETE", "accounts/x"),
        ("POST", "accounts/x/credits"),
        ("POST", "clock"),
    ],
)
@pytest.mark.anyio
async def test_token_is_asked_for(bench: Bench, method: str, path: str, token: str | None) -> None:
    """Without the admin token nothing is shown of accounts and nothing changes, not even with an API key."""
    reply = await ask(bench, method, path, {}, token=token)
    assert reply.status_code == 401
    assert "admin token" in reply.json()["error"]
    assert reply.headers["www-authenticate"].startswith("Basic")


@pytest.mark.anyio
async def test_token_as_password(bench: Bench) -> None:
    """Browsers may send the token as the password of basic authentication; a garbled one is refused."""
    async with bench.client(None) as client:
        good = await client.get("/_sandbox/accounts", auth=("anybody", TOKEN))
        bad = await client.get("/_sandbox/accounts", headers={"authorization": "Basic !!"})
    assert (good.status_code, bad.status_code) == (200, 401)


@pytest.mark.anyio
async def test_reading_is_open_or_private(make_bench: Callable[..., Bench]) -> None:
    """Books, statement and calls can be read by anybody, unless the sandbox is private."""
    for private, status in ((False, 200), (True, 401)):
        bench = make_bench(private=private, admin_token=TOKEN)
        for path in ("books", "statement", "calls"):
            assert (await ask(bench, "GET", path, token=None)).status_code == status
            assert (await ask(bench, "GET", path)).status_code == 200


@pytest.mark.anyio
async def test_open_account(bench: Bench) -> None:
    """A new account's key is let in, and has the credits and the limits of its plan."""
    account = await opened(bench, plan="small")
    assert account["plan"] == {"name": "small", "credits": 7, "rate_limit": "1/10s", "concurrency": 2}
    assert (await bench.generate(key=KEY)).status_code == 200
    assert (await bench.generate(key=KEY)).status_code == 429
    assert bench.books(1)["credits_left"] == 2


@pytest.mark.anyio
async def test_key_is_made_and_shown_once(bench: Bench) -> None:
    """Without a key named, a random one is made; no other reply holds it."""
    reply = await ask(bench, "POST", "accounts", {"credits": 5})
    key = reply.json()["key"]
    assert (await bench.generate(key=key)).status_code == 200
    for path in ("accounts", "books", "statement", "calls"):
        assert key not in (await ask(bench, "GET", path)).text


@pytest.mark.anyio
async def test_change_terms(bench: Bench) -> None:
    """Other terms hold from the next call on, and leave the tokens that are left alone."""
    account = await opened(bench, plan="small")
    await bench.generate(key=KEY)
    changed = await ask(bench, "PATCH", f"accounts/{account['id']}", {"rate_limit": None})
    assert (changed.json()["plan"]["rate_limit"], changed.json()["credits_left"]) == (None, 2)
    assert (await bench.generate(key=KEY, style="imagine-turbo")).status_code == 200


@pytest.mark.anyio
async def test_expiry(bench: Bench, clock: Ticks) -> None:
    """A key that expires answers 406 with code 1002 from that moment on, and lives again once that is taken back."""
    account = await opened(bench, expires_in=60)
    assert (await bench.generate(key=KEY)).status_code == 200
    clock.now += 61
    refused = await bench.generate(key=KEY)
    assert (refused.status_code, refused.json()["code"]) == (406, 1002)
    await ask(bench, "PATCH", f"accounts/{account['id']}", {"expires_in": None})
    assert (await bench.generate(key=KEY)).status_code == 200


@pytest.mark.anyio
async def test_revoke(bench: Bench) -> None:
    """A revoked key is as good as unknown, and its books stay."""
    account = await opened(bench)
    await bench.generate(key=KEY)
    await ask(bench, "DELETE", f"accounts/{account['id']}")
    refused = await bench.generate(key=KEY)
    assert (refused.status_code, refused.json()["code"]) == (401, 1001)
    assert bench.books(1)["calls"] == 1


@pytest.mark.anyio
async def test_credits(bench: Bench) -> None:
    """Tokens can be given and taken back, but no more than there are; the statement says so."""
    account = await opened(bench, credits=1)
    path = f"accounts/{account['id']}/credits"
    assert (await ask(bench, "POST", path, {"tokens": 10})).json()["credits_left"] == 11
    assert (await ask(bench, "POST", path, {"tokens": -4})).json()["credits_left"] == 7
    refused = await ask(bench, "POST", path, {"tokens": -8})
    assert refused.status_code == 409
    assert "only 7" in refused.json()["error"]
    entries = (await ask(bench, "GET", f"statement?account={account['id']}")).json()["entries"]
    assert [(entry["kind"], entry["tokens"]) for entry in entries] == [("grant", 1), ("grant", 10), ("grant", -4)]


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "accounts", {"key": "with blank"}, "key: one or more visible"),
        ("POST", "accounts", {"key": 7}, "key: text, not 7"),
        ("POST", "accounts", {"plan": "huge"}, "plan: one of sandbox, small, not 'huge'"),
        ("POST", "accounts", {"credits": -1}, "credits: a whole number from 0, not -1"),
        ("POST", "accounts", {"credits": "1"}, "credits: a whole number from 0, not '1'"),
        ("POST", "accounts", {"rate_limit": "fast"}, "'fast'"),
        ("POST", "accounts", {"rate_limit": 5}, "5"),
        ("POST", "accounts", {"concurrency": 0}, "concurrency: a whole number from 1, not 0"),
        ("POST", "accounts", {"expires_in": -1}, "expires_in: a number of seconds from 0, not -1"),
        ("POST", "accounts", {"expires_in": True}, "expires_in: a number of seconds from 0, not True"),
        ("POST", "accounts", {"kredits": 1}, "kredits: not known"),
        ("POST", "accounts", [1], "JSON object"),
        ("PATCH", "accounts/{id}", {"credits": 1}, "credits: not known"),
        ("POST", "accounts/{id}/credits", {"tokens": 0}, "tokens: a whole number"),
        ("POST", "accounts/{id}/credits", {"tokens": 1.5}, "tokens: a whole number"),
        ("POST", "accounts/{id}/credits", {}, "tokens: a whole number"),
        ("POST", "clock", {"advance": "1h"}, "advance: a number of seconds from 0, not '1h'"),
        ("GET", "calls?after=-1", None, "after: a whole number from 0, not '-1'"),
        ("GET", "statement?limit=x", None, "limit: a whole number from 0, not 'x'"),
    ],
)
@pytest.mark.anyio
async def test_bad_request(bench: Bench, method: str, path: str, body: Any, said: str) -> None:
    """What cannot be done answers 400 with the member, its value and what would do, and changes nothing."""
    accounts = (await ask(bench, "GET", "accounts")).json()
    path = path.replace("{id}", accounts["accounts"][0]["id"])
    reply = await ask(bench, method, path, body)
    assert reply.status_code == 400
    assert said in reply.json()["error"]
    assert (await ask(bench, "GET", "accounts")).json() == accounts


@pytest.mark.anyio
async def test_bad_bodies(bench: Bench) -> None:
    """A body that is no JSON or is not called JSON is refused."""
    for content, kind, status in ((b"{", "application/json", 400), (b"{}", "text/plain", 415)):
        async with bench.client(TOKEN) as client:
            reply = await client.post("/_sandbox/clock", content=content, headers={"content-type": kind})
        assert reply.status_code == status


def test_huge_body() -> None:
    """A body beyond 64 KB is refused."""
    with running_sandbox(SandboxSettings(admin_token=TOKEN), engine=FlatEngine()) as sandbox:
        headers = {"authorization": f"Bearer {TOKEN}"}
        reply = httpx.post(f"{sandbox.base_url}/_sandbox/clock", json={"x": "y" * 70_000}, headers=headers)
    assert reply.status_code == 413


@pytest.mark.anyio
async def test_unknown_account_and_key_twice(bench: Bench) -> None:
    """An account that is not there answers 404, a key that is taken 409."""
    assert (await ask(bench, "DELETE", "accounts/nobody")).status_code == 404
    await opened(bench)
    assert (await ask(bench, "POST", "accounts", {"key": KEY})).status_code == 409


@pytest.mark.anyio
async def test_clock(make_bench: Callable[..., Bench], clock: Ticks) -> None:
    """The jobs' clock can run faster than the world, and can be moved on; the rate limit knows nothing of it."""
    bench = make_bench(admin_token=TOKEN, video_seconds=600, video_speed=10, rate_limit="50/60s")
    job = (await bench.post("/v2/video/text-to-video", form={"prompt": "waves", "style": "kling-1.5"})).json()
    path = f"/v2/assets/{job['id']}/status"
    states = []
    for seconds, advance in ((0, 0), (31, 0), (0, 289), (0, 1)):
        clock.now += seconds
        await ask(bench, "POST", "clock", {"advance": advance})
        states.append((await bench.ask(path)).json()["video"]["status"])
    assert states == ["pending", "processing", "processing", "finished"]
    assert (await bench.ask(path)).headers["x-ratelimit-remaining"] == "44"


@pytest.mark.anyio
async def test_statement(bench: Bench, clock: Ticks) -> None:
    """The statement holds each grant, charge and refund with its call, and the books are their sums."""
    await bench.generate(style="anime")
    failing = {"prompt": "please fail this job", "style": "kling-1.5"}
    await bench.post("/v2/video/text-to-video", form=failing)
    clock.now += 10
    bench.books()
    entries = (await ask(bench, "GET", "statement")).json()["entries"]
    assert [(entry["kind"], entry["line"], entry["tokens"]) for entry in entries] == [
        ("grant", "credits", 1000),
        ("charge", "text_to_image/anime", 5),
        ("charge", "text_to_video/kling-1.5", 50),
        ("refund", "text_to_video/kling-1.5", 50),
    ]
    calls = (await ask(bench, "GET", "calls")).json()["calls"]
    assert [entry["call"] for entry in entries[1:3]] == [call["id"] for call in calls]
    after = (await ask(bench, "GET", f"statement?after={entries[1]['number']}&limit=1")).json()["entries"]
    assert after == entries[2:3]
