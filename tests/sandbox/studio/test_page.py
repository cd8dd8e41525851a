"""The studio page as the server writes it."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from imagine_async.catalog import ENDPOINTS, V1_ENDPOINTS, VIDEO_ENDPOINTS
from imagine_async.sandbox.resizing import RESIZE_WITH_SIZE
from imagine_async.sandbox.studio.routes import BUILT_IN_KEY

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.anyio

NEWS = "/_sandbox/studio/news"
PATHS = ("/", NEWS, "/_sandbox/studio/studio.css", "/_sandbox/studio/studio.js")


async def page(bench: Bench, path: str = "/", **headers: str) -> str:
    return (await bench.fetch(path, **headers)).text


@pytest.mark.parametrize("path", PATHS)
async def test_headers(bench: Bench, path: str) -> None:
    """The page and what it loads may run and load nothing but their own, are framed by nobody, and set no cookie."""
    reply = await bench.fetch(path)
    policy = dict(part.split(" ", 1) for part in reply.headers["content-security-policy"].split("; "))
    assert (
        policy.items()
        >= {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "connect-src": "'self'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
            "base-uri": "'none'",
        }.items()
    )
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in reply.headers


async def test_types(bench: Bench) -> None:
    """Page, style sheet and scripts come with their types."""
    types = [(await bench.fetch(path)).headers["content-type"] for path in PATHS]
    html, script = "text/html; charset=utf-8", "text/javascript; charset=utf-8"
    assert types == [html, html, "text/css; charset=utf-8", script]


async def test_everything_is_its_own(bench: Bench) -> None:
    """The page names no other host, and holds neither script nor style of its own."""
    text = await page(bench)
    assert set(re.findall(r"https?://[^/\"<\s]+", text)) == {"http://sandbox"}
    assert not re.search(r"<script>|<style|\son\w+=|\sstyle=", text)


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fpage.py", "%2e%2e/page.py", "..%2Ftemplates%2Fpage.html"])
async def test_other_files(bench: Bench, name: str) -> None:
    """No other file can be had by the path of the scripts."""
    assert (await bench.fetch(f"/_sandbox/studio/{name}")).status_code == 404


async def test_call(bench: Bench) -> None:
    """A call is shown with prompt, style, seed, price, status and picture, without any script."""
    await bench.generate()
    text = await page(bench)
    (call,) = (await bench.ask("/_sandbox/calls")).json()["calls"]
    assert f'<img src="/_sandbox/calls/{call["id"]}/picture" alt="a red fox"' in text
    shown = " ".join(re.sub(r"<[^>]+>", " ", text[text.index('<ul id="calls"') :]).split())
    assert "Text to image anime a red fox ✓ Done 200 5 tokens" in shown
    assert "Seed 7" in shown


async def test_usage(bench: Bench) -> None:
    """Balance, spent tokens and calls of an account are shown, by endpoint and style as well."""
    await bench.generate()
    await bench.generate()
    usage = " ".join(re.sub(r"<[^>]+>", " ", await page(bench)).split())
    assert "Account …dbox Balance 990 tokens Spent 10 Set aside 0 Paid calls 2 Refunded calls 0" in usage
    assert "Text to image anime 2 calls 10 tokens" in usage


async def test_no_end_of_tokens(make_bench: Callable[..., Bench]) -> None:
    """An account without an end of tokens says so, and one without a rate limit too."""
    text = " ".join(re.sub(r"<[^>]+>", " ", await page(make_bench(credits=None, rate_limit=None))).split())
    assert "Balance No end of tokens" in text
    assert "no rate limit" in text


async def test_refusals(make_bench: Callable[..., Bench]) -> None:
    """Calls that were refused are shown with word, status, reason and code."""
    bench = make_bench(credits=0)
    await bench.generate(style="cubism")
    await bench.generate()
    text = await page(bench)
    assert "Refused 400" in text
    assert "Refused 402" in text
    assert "(code 1101)" in text


HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'


@pytest.mark.parametrize("change", [{"prompt": HOSTILE}, {"style": HOSTILE}, {"seed": HOSTILE}], ids=str)
async def test_hostile_text(bench: Bench, change: dict[str, Any]) -> None:
    """What a stranger wrote is shown as text, wherever it stands."""
    await bench.generate(**change)
    await bench.ask(f"/v2/{HOSTILE}")
    for path in ("/", NEWS):
        text = await page(bench, path)
        assert "onerror" in text
        assert not re.search(r"<script>|<img src=x", text)


async def test_private(make_bench: Callable[..., Bench]) -> None:
    """A private sandbox asks for the admin token, as the password of any user, before it shows anything."""
    bench = make_bench(private=True, admin_token="open-sesame")
    known = "Basic " + base64.b64encode(b"anybody:open-sesame").decode()
    for path in PATHS:
        reply = await bench.fetch(path)
        assert (reply.status_code, reply.headers["www-authenticate"]) == (401, 'Basic realm="sandbox"')
        assert (await bench.fetch(path, authorization=known)).status_code == 200


async def test_key(make_bench: Callable[..., Bench]) -> None:
    """The key that every reader of the manual knows is filled in; one that somebody chose never stands on the page."""
    assert f'value="{BUILT_IN_KEY}"' in await page(make_bench())
    assert "vk-secret" not in await page(make_bench(keys="vk-secret"))
    private = make_bench(private=True, admin_token="open-sesame")
    token = "Basic " + base64.b64encode(b":open-sesame").decode()
    assert BUILT_IN_KEY not in await page(private, authorization=token)


async def test_every_endpoint_has_a_form(bench: Bench) -> None:
    """Every endpoint that costs tokens has a form, with an input for each of its fields."""
    text = await page(bench)
    forms = dict(re.findall(r'<form .*?data-name="([\w.]+)"(.*?)</form>', text, re.DOTALL))
    served = [RESIZE_WITH_SIZE if each.name == "ai_resize" else each for each in (*ENDPOINTS, *V1_ENDPOINTS)]
    paid = [*served, *(each for each in VIDEO_ENDPOINTS if each.paid)]
    fields = {each.name: {field.name for field in each.fields} for each in paid}
    assert {name: set(re.findall(r'data-name="(\w+)"', form)) for name, form in forms.items()} == fields


async def test_prices(make_bench: Callable[..., Bench]) -> None:
    """The forms know what this sandbox charges."""
    prices = {each.name: 3 for each in (*ENDPOINTS, *V1_ENDPOINTS, *VIDEO_ENDPOINTS) if each.paid}
    text = await page(make_bench(prices=prices | {"text_to_image/anime": 8}))
    assert 'data-prices="{&#34;&#34;: 3, &#34;anime&#34;: 8}"' in text


async def test_news(bench: Bench) -> None:
    """What has changed since can be had alone, from the same run of the sandbox."""
    await bench.generate(prompt="the first")
    text = await page(bench)
    last = re.search(r'data-last="(\d+)" data-run="(\w+)"', text)
    assert last is not None
    await bench.generate(prompt="the second")
    news = await page(bench, f"{NEWS}?after={last[1]}")
    assert "the second" in news
    assert "the first" not in news
    assert f'data-run="{last[2]}"' in news
    assert "990" in news
    newest = re.search(r'data-last="(\d+)"', news)
    assert newest is not None
    assert "the second" not in await page(bench, f"{NEWS}?after={newest[1]}")
    assert (await bench.fetch(f"{NEWS}?after=never")).status_code == 400


async def test_running_call(bench: Bench) -> None:
    """A call that runs is shown as running, and its tokens as set aside."""
    bench.engine.gate = threading.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.generate)
        await anyio.to_thread.run_sync(bench.engine.entered.wait)
        text = " ".join(re.sub(r"<[^>]+>", " ", await page(bench)).split())
        bench.engine.gate.set()
    assert "… Running" in text
    assert "Set aside 5" in text
