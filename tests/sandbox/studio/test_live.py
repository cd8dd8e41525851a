"""The studio page in a browser: calls and figures as they come."""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from imagine_async import Imagine
from imagine_async.sandbox import RunningSandbox
from tests.flat_engine import FlatEngine

# Playwright runs an event loop in the thread of the tests, and waits for nothing meanwhile.
pytestmark = pytest.mark.filterwarnings("ignore::imagine_async.bridge.blocking.BlockingCallWarning")

Serve = Callable[..., RunningSandbox]
OpenStudio = Callable[..., Page]

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'`${alert(3)}"


def client(sandbox: RunningSandbox) -> Imagine:
    return Imagine(sandbox.key, base_url=sandbox.base_url)


def test_call_of_the_sdk(serve: Serve, open_studio: OpenStudio) -> None:
    """A call of the SDK appears without a reload, with its cost and its picture, and the balance follows."""
    sandbox = serve()
    page = open_studio(sandbox)
    expect(page.locator(".call")).to_have_count(0)
    expect(page.locator(".empty")).to_be_visible()
    with client(sandbox) as imagine:
        imagine.text_to_image("a red fox", style="anime", seed=7)
    card = page.locator(".call")
    expect(card.locator(".cost")).to_have_text("5 tokens")
    expect(card.locator(".status")).to_have_text("✓ Done 200")
    expect(card.get_by_role("img", name="a red fox")).to_have_js_property("naturalWidth", 64)
    expect(page.locator(".balance dd")).to_contain_text("995")
    expect(page.locator("#news")).to_have_text("Text to image anime, ✓ Done 200, 5 tokens")
    expect(page.locator(".empty")).to_be_hidden()


def test_running_call(serve: Serve, open_studio: OpenStudio) -> None:
    """A call is seen while it runs, and its card then becomes the card of the picture."""
    engine = FlatEngine()
    engine.gate = threading.Event()
    sandbox = serve(engine=engine)
    page = open_studio(sandbox)
    with client(sandbox) as imagine:
        caller = threading.Thread(target=imagine.text_to_image, args=("a red fox",))
        caller.start()
        expect(page.locator(".call.running .status")).to_contain_text("Running")
        engine.gate.set()
        caller.join()
    expect(page.locator(".call.good .status")).to_contain_text("Done 200")
    expect(page.locator(".call")).to_have_count(1)


def test_order(serve: Serve, open_studio: OpenStudio) -> None:
    """The latest call stands first, whether it came before the page was opened or after."""
    sandbox = serve()
    with client(sandbox) as imagine:
        imagine.text_to_image("the first")
        imagine.text_to_image("the second")
        page = open_studio(sandbox)
        imagine.text_to_image("the third")
    expect(page.locator(".prompt")).to_have_text(["the third", "the second", "the first"])


def test_pause(serve: Serve, open_studio: OpenStudio) -> None:
    """Updates can be paused, and go on where they were."""
    sandbox = serve()
    page = open_studio(sandbox)
    expect(page.locator("#live-state")).to_have_text("Live")
    page.get_by_role("button", name="Pause updates").click()
    expect(page.locator("#live-state")).to_have_text("Paused")
    with client(sandbox) as imagine:
        imagine.text_to_image("a red fox")
    # Long enough for a question that should not come.
    page.wait_for_timeout(1500)
    expect(page.locator(".call")).to_have_count(0)
    page.get_by_role("button", name="Pause updates").click()
    expect(page.locator(".call")).to_have_count(1)


def test_questions_about_videos(serve: Serve, open_studio: OpenStudio) -> None:
    """Calls that ask for a video are there, but out of the way until they are wanted."""
    sandbox = serve()
    with client(sandbox) as imagine:
        imagine.generate_video("waves", style="kling-1.5")
    page = open_studio(sandbox)
    expect(page.locator(".call.asks").first).to_be_hidden()
    expect(page.locator(".call:not(.asks)")).to_have_count(1)
    page.get_by_label("Show questions about videos").check()
    expect(page.locator(".call.asks").first).to_be_visible()


def test_hostile_text(serve: Serve, open_studio: OpenStudio) -> None:
    """A prompt that is a script is shown as it was written, on load, live and in the dialog; it never runs."""
    sandbox = serve()
    with client(sandbox) as imagine:
        imagine.text_to_image(HOSTILE)
        page = open_studio(sandbox)
        imagine.text_to_image(HOSTILE)
        httpx.post(
            f"{sandbox.base_url}/v2/image/generations",
            headers={"authorization": f"Bearer {sandbox.key}"},
            files={"prompt": (None, "x"), "style": (None, HOSTILE)},
        )
    expect(page.locator(".call .prompt")).to_have_text([HOSTILE, HOSTILE])
    page.locator("a.thumb").first.click()
    expect(page.locator("#viewer-prompt")).to_have_text(HOSTILE)
    assert page.locator(".call script, .call [onerror], dialog script, dialog [onerror]").count() == 0


def test_new_run(serve: Serve, open_studio: OpenStudio) -> None:
    """A sandbox that was started anew at the same place is noticed: its calls are shown, the old ones are not."""
    first = serve()
    with client(first) as imagine:
        for _ in range(3):
            imagine.text_to_image("of the first run")
    page = open_studio(first)
    expect(page.locator(".prompt")).to_have_count(3)
    # Beside it, so that the address need not be freed: the page cannot tell.
    second = serve()
    with client(second) as imagine:
        imagine.text_to_image("of the second run")
    page.route("**/_sandbox/studio/news*", lambda route: route.continue_(url=_at(second, route.request.url)))
    expect(page.locator(".prompt")).to_have_text(["of the second run"])


def _at(sandbox: RunningSandbox, url: str) -> str:
    return sandbox.base_url + url[url.index("/_sandbox") :]


def test_no_connection(serve: Serve, open_studio: OpenStudio) -> None:
    """A connection that is lost is told in words, and comes back by itself."""
    page = open_studio(serve())
    page.route("**/_sandbox/studio/news*", lambda route: route.abort())
    expect(page.locator("#live-state")).to_have_text("No connection")
    page.unroute("**/_sandbox/studio/news*")
    expect(page.locator("#live-state")).to_have_text("Live")


def test_private(serve: Serve, open_studio: OpenStudio) -> None:
    """In a private sandbox whoever knows the token sees calls as they come, and their pictures."""
    sandbox = serve(private=True, admin_token="open-sesame")
    page = open_studio(sandbox, http_credentials={"username": "me", "password": "open-sesame"})
    expect(page.locator("#key")).to_have_value("")
    with client(sandbox) as imagine:
        imagine.text_to_image("a red fox")
    expect(page.get_by_role("img", name="a red fox")).to_have_js_property("naturalWidth", 64)


def test_without_script(serve: Serve, open_studio: OpenStudio) -> None:
    """Without a script usage and calls can be read, pictures opened, and the page says what is missing."""
    sandbox = serve()
    with client(sandbox) as imagine:
        imagine.text_to_image("a red fox")
    page = open_studio(sandbox, java_script_enabled=False)
    expect(page.locator("noscript, .notice").first).to_be_visible()
    expect(page.locator(".balance dd")).to_contain_text("999")
    expect(page.locator("form.endpoint").first).to_be_hidden()
    page.locator("a.thumb").click()
    page.wait_for_url("**/picture")


@pytest.mark.parametrize("width", [360, 1440])
def test_width(serve: Serve, open_studio: OpenStudio, width: int) -> None:
    """Nothing sticks out of a narrow window, whatever the words, nor out of a wide one."""
    sandbox = serve()
    with client(sandbox) as imagine:
        imagine.text_to_image("w" * 400, seed=2**31 - 1)
        imagine.v1.generations("a red fox")
    page = open_studio(sandbox, viewport={"width": width, "height": 800})
    page.get_by_label("Endpoint", exact=True).select_option("v1-guided")
    assert page.evaluate("document.documentElement.scrollWidth") == width
