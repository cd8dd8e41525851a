"""The studio page in a browser: the forms, with the pointer and with the keyboard alone."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from imagine_async import Imagine
from imagine_async.sandbox import RunningSandbox
from tests.flat_engine import FlatEngine

# Playwright runs an event loop in the thread of the tests, and waits for nothing meanwhile.
pytestmark = pytest.mark.filterwarnings("ignore::imagine_async.bridge.blocking.BlockingCallWarning")

Serve = Callable[..., RunningSandbox]
OpenStudio = Callable[..., Page]
Axe = Callable[[Page], list[str]]

FORM = "form.endpoint:not([hidden])"


def picture(size: tuple[int, int] = (40, 20), colour: str = "white") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, "PNG")
    return target.getvalue()


def upload(name: str = "fox.png", **changes: Any) -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": picture(**changes)}


def choose(page: Page, endpoint: str) -> None:
    page.get_by_label("Endpoint", exact=True).select_option(endpoint)


def send(page: Page) -> None:
    page.locator(f"{FORM} button[type=submit]").click()


def answer(page: Page) -> Any:
    return expect(page.locator("#result-status"))


def test_text_to_image(serve: Serve, open_studio: OpenStudio) -> None:
    """A picture is made from what was filled in, and shown with size, type, cost and time."""
    sandbox = serve()
    page = open_studio(sandbox)
    page.get_by_label("Prompt", exact=True).first.fill("a red fox")
    page.get_by_label("Style").first.select_option("flux-dev")
    page.get_by_label("Aspect ratio").first.select_option("16:9")
    page.get_by_label("Seed").first.fill("7")
    expect(page.locator(f"{FORM} button[type=submit]")).to_have_text("Send · 15 tokens")
    send(page)
    answer(page).to_contain_text("Text to image: 84 × 48, JPEG, 1 kB, 15 tokens")
    expect(page.locator("#result-media img")).to_have_attribute("alt", "a red fox")
    (call,) = sandbox.calls()
    asked = {name: call[name] for name in ("prompt", "style", "seed", "tokens", "status")}
    assert asked == {"prompt": "a red fox", "style": "flux-dev", "seed": 7, "tokens": 15, "status": 200}


def test_file(serve: Serve, open_studio: OpenStudio) -> None:
    """A picture that is chosen is sent as it is."""
    engine = FlatEngine()
    page = open_studio(serve(engine=engine))
    choose(page, "upscale")
    page.locator("#upscale-image").set_input_files(upload("<b>fox</b>.png"))
    expect(page.locator("#curl")).to_contain_text('image=@"<b>fox</b>.png"')
    send(page)
    answer(page).to_contain_text("Upscale: 80 × 40, JPEG")
    assert engine.calls[0][1]["image"].size == (40, 20)


@pytest.mark.parametrize("endpoint", ["v1-variations", "v1-guided", "ai_background", "ai_resize"])
def test_defaults_will_do(serve: Serve, open_studio: OpenStudio, endpoint: str) -> None:
    """With what is required, and all else as it stands there at first, a form is accepted."""
    page = open_studio(serve())
    choose(page, endpoint)
    page.locator(f"#{endpoint}-image").set_input_files(upload())
    page.locator(f"#{endpoint}-prompt").fill("a red fox")
    send(page)
    answer(page).to_contain_text("tokens")
    expect(page.locator("#result")).to_have_attribute("data-tone", "good")


def test_further_fields(serve: Serve, open_studio: OpenStudio) -> None:
    """What few callers need is there as well; a mistake in it opens the place where it is."""
    sandbox = serve()
    page = open_studio(sandbox)
    choose(page, "v1-generations")
    page.locator("#v1-generations-prompt").fill("a red fox")
    page.get_by_text("Further fields").locator("visible=true").click()
    page.locator("#v1-generations-cfg").fill("99")
    page.get_by_text("Further fields").locator("visible=true").click()
    send(page)
    expect(page.locator("#v1-generations-cfg")).to_be_focused()
    expect(page.locator("#v1-generations-cfg")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#v1-generations-cfg-error")).not_to_be_empty()
    page.locator("#v1-generations-cfg").fill("9.5")
    send(page)
    answer(page).to_contain_text("Generations (v1): 64 × 64, PNG")


def test_painted_mask(serve: Serve, open_studio: OpenStudio) -> None:
    """A mask can be painted with the pointer or added as a box, and has the picture's size."""
    engine = FlatEngine()
    page = open_studio(serve(engine=engine))
    choose(page, "retouch")
    page.locator("#retouch-image").set_input_files(upload(size=(80, 60)))
    canvas = page.locator(f"{FORM} canvas")
    expect(canvas).to_be_visible()
    page.locator(f"{FORM} .add").click()
    send(page)
    answer(page).to_contain_text("Retouch: 80 × 60")
    box = engine.calls[0][1]["mask"]
    assert (box.size, box.getbbox(), box.getextrema()) == ((80, 60), (20, 15, 60, 45), (0, 255))
    page.locator(f"{FORM} .clear").click()
    frame = canvas.bounding_box()
    assert frame is not None
    page.mouse.move(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    page.mouse.down()
    page.mouse.up()
    expect(page.locator(f"{FORM} .painted")).to_contain_text("will be sent")
    send(page)
    expect(page.locator(".call")).to_have_count(2)
    dot = engine.calls[1][1]["mask"]
    assert dot.getpixel((40, 30)) == 255
    assert dot.getpixel((5, 5)) == 0


@pytest.mark.parametrize("status_path", ["/v2/video/{id}/status", "/v2/assets/{id}/status"])
def test_video(serve: Serve, open_studio: OpenStudio, status_path: str) -> None:
    """A video job is followed to its end, and the film can be played; in a private sandbox as well."""
    sandbox = serve(status_paths=(status_path,), private=True, admin_token="open-sesame")
    page = open_studio(sandbox, http_credentials={"username": "me", "password": "open-sesame"})
    page.get_by_label("API key").fill(sandbox.key)
    choose(page, "image_to_video")
    page.locator("#image_to_video-prompt").fill("it turns its head")
    page.locator("#image_to_video-file").set_input_files(upload())
    send(page)
    answer(page).to_contain_text("Image to video: MP4")
    page.wait_for_selector("#result-media video")
    film = page.locator("#result-media video")
    film.evaluate("film => film.play()")
    expect(film).to_have_js_property("videoWidth", film.evaluate("film => film.videoWidth"))
    assert film.evaluate("film => film.readyState") >= 2


def test_failed_video(serve: Serve, open_studio: OpenStudio) -> None:
    """A job that fails is told so."""
    page = open_studio(serve(fail_prompts=("",)))
    choose(page, "text_to_video")
    page.locator("#text_to_video-prompt").fill("waves")
    send(page)
    answer(page).to_have_text("Text to video: the job failed")


@pytest.mark.parametrize("form", ["url", "nested_url", "url_list", "base64", "data_uri"])
def test_picture_behind_json(serve: Serve, open_studio: OpenStudio, form: str) -> None:
    """A picture is shown in whichever form the sandbox was told to answer."""
    page = open_studio(serve(reply_form=form))
    page.locator("#text_to_image-prompt").fill("a red fox")
    send(page)
    answer(page).to_contain_text("64 × 64, JPEG")


def test_refusal(serve: Serve, open_studio: OpenStudio) -> None:
    """What the API refuses is shown as it came, also what the page itself would not have sent."""
    page = open_studio(serve(credits=0))
    page.locator(f"{FORM} .unchecked").check()
    send(page)
    answer(page).to_contain_text("Refused with 400")
    expect(page.locator("#result-body")).to_contain_text('"code": 1103')
    page.locator("#text_to_image-prompt").fill("a red fox")
    send(page)
    answer(page).to_contain_text("Refused with 402")
    expect(page.locator("#result-body")).to_contain_text('"code": 1101')


def test_missing_field(serve: Serve, open_studio: OpenStudio) -> None:
    """A field that is missing is named beside it, gets the focus, and nothing is sent."""
    sandbox = serve()
    page = open_studio(sandbox)
    send(page)
    prompt = page.locator("#text_to_image-prompt")
    expect(prompt).to_be_focused()
    expect(prompt).to_have_accessible_description(page.locator("#text_to_image-prompt-error").inner_text())
    page.get_by_label("API key").fill("a b")
    send(page)
    expect(page.get_by_label("API key")).to_be_focused()
    assert sandbox.calls() == []


def test_key(serve: Serve, open_studio: OpenStudio) -> None:
    """A key that is typed is kept while the tab is open, and stands in no code."""
    sandbox = serve(keys="vk-typed-key")
    page = open_studio(sandbox)
    expect(page.get_by_label("API key")).to_have_value("")
    page.get_by_label("API key").fill("vk-typed-key")
    page.locator("#text_to_image-prompt").fill("a red fox")
    send(page)
    answer(page).to_contain_text("1 token")
    assert "vk-typed-key" not in page.locator("#curl").inner_text() + page.locator("#python").inner_text()
    page.reload()
    expect(page.get_by_label("API key")).to_have_value("vk-typed-key")
    assert page.context.cookies() == []


HARD_PROMPT = 'it\'s "quoted" \\ $HOME `id` @fox; <b> — 猫\nnext line'


def code_from(page: Page) -> tuple[str, str]:
    return page.locator("#curl").inner_text(), page.locator("#python").inner_text()


def run_code(code: tuple[str, str], sandbox: RunningSandbox, folder: Path) -> None:
    curl, python = code
    root = str(Path(__file__).parents[3])
    environment = {**os.environ, "IMAGINE_API_KEY": sandbox.key, "PYTHONPATH": root, "IMAGINE_CONFIG": ""}
    for command in (["bash", "-c", f"{curl} --fail -sS"], [sys.executable, "-c", python]):
        place = folder / command[0].rpartition("/")[2]
        place.mkdir()
        (place / "fox.png").write_bytes(picture((64, 64)))
        subprocess.run(command, cwd=place, env=environment, check=True, timeout=60)


def test_code(serve: Serve, open_studio: OpenStudio, tmp_path: Path) -> None:
    """The line of curl and the Python beside a form do what the form does, whatever was typed."""
    sandbox = serve()
    page = open_studio(sandbox)
    page.locator("#text_to_image-prompt").fill(HARD_PROMPT)
    page.locator("#text_to_image-seed").fill("7")
    send(page)
    answer(page).to_contain_text("1 token")
    run_code(code_from(page), sandbox, tmp_path)
    calls = [(call["endpoint"], call["style"], call["seed"]) for call in sandbox.calls()]
    assert calls == [("text_to_image", "imagine-turbo", 7)] * 3
    prompts = [call["prompt"].replace("\r\n", "\n") for call in sandbox.calls()]
    assert prompts == [HARD_PROMPT] * 3
    saved = {path.read_bytes() for path in tmp_path.glob("*/picture.jpg")}
    assert len(saved) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "text_to_png",
        "remove_background",
        "ai_resize",
        "text_to_video",
        "image_to_video",
        "v1-generations",
        "v1-inpaint",
    ],
)
def test_code_of_other_endpoints(serve: Serve, open_studio: OpenStudio, tmp_path: Path, endpoint: str) -> None:
    """The code of every kind of endpoint runs with every field filled in."""
    sandbox = serve()
    page = open_studio(sandbox)
    choose(page, endpoint)
    fill_all(page)
    run_code(code_from(page), sandbox, tmp_path)
    paid = [call["endpoint"] for call in sandbox.calls() if call["tokens"]]
    assert paid == [endpoint.replace("v1-", "v1.")] * 2


def fill_all(page: Page) -> None:
    known = {"style_id": "1", "aspect_ratio": "", "width": "80", "height": "70", "cfg": "9", "steps": "40"}
    page.locator(f"{FORM} details").evaluate_all("all => all.forEach((each) => { each.open = true; })")
    for field in page.locator(f"{FORM} .field").all():
        name, kind = field.get_attribute("data-name"), field.get_attribute("data-kind")
        if kind in ("file", "mask"):
            field.locator("> input").set_input_files(upload(size=(64, 64)))
        elif kind in ("choice", "switch"):
            field.locator("select").select_option(index=0 if name == "aspect_ratio" else 1 if kind == "switch" else 0)
        elif kind == "long_text":
            field.locator("textarea").fill("a red fox")
        elif kind in ("integer", "number"):
            field.locator("input").fill(known.get(name or "", "1"))


def test_keyboard(serve: Serve, open_studio: OpenStudio) -> None:
    """With the keyboard alone one reaches the form, fills it in, sends it, and opens and closes the picture."""
    sandbox = serve()
    page = open_studio(sandbox)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the form")).to_be_focused()
    page.keyboard.press("Enter")
    _tab_to(page, "text_to_image-prompt")
    page.keyboard.type("a red fox")
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(page.locator(f"{FORM} button[type=submit]")).to_be_focused()
    page.keyboard.press("Enter")
    answer(page).to_contain_text("1 token")
    link = page.locator("a.thumb")
    expect(link).to_be_visible()
    for _ in range(20):
        page.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog", name="Text to image · imagine-turbo")
    expect(viewer.get_by_role("img", name="a red fox")).to_be_visible()
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(link).to_be_focused()


def _tab_to(page: Page, element: str) -> None:
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == element:
            return
    pytest.fail(f"#{element} is not reached by Tab")


def test_use_as_input(serve: Serve, open_studio: OpenStudio) -> None:
    """A picture that a call got can be used for the next one."""
    sandbox = serve()
    with Imagine(sandbox.key, base_url=sandbox.base_url) as imagine:
        imagine.text_to_png("a blue mug")
    page = open_studio(sandbox)
    page.locator("a.thumb").click()
    page.get_by_role("button", name="Use as input").click()
    expect(page.get_by_label("Endpoint", exact=True)).to_have_value("upscale")
    expect(page.locator("#upscale-image")).to_be_focused()
    send(page)
    answer(page).to_contain_text("Upscale: 128 × 128")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_accessibility(serve: Serve, open_studio: OpenStudio, axe: Axe, scheme: str, width: int) -> None:
    """Axe finds nothing to object to: not at first, with mistakes, a painter, an error, nor in the dialog."""
    sandbox = serve(keys=("vk-sandbox", "vk-other-key"), expired_keys="vk-old-key", fail_prompts=("waves",))
    with Imagine(sandbox.key, base_url=sandbox.base_url) as imagine:
        imagine.text_to_image("a red fox", style="anime")
        imagine.text_to_video("waves", style="veo-2")
    page = open_studio(sandbox, color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    assert axe(page) == []
    choose(page, "v1-inpaint")
    page.locator("#v1-inpaint-image").set_input_files(upload(size=(200, 150)))
    page.get_by_text("Further fields").locator("visible=true").click()
    expect(page.locator(f"{FORM} canvas")).to_be_visible()
    send(page)
    assert axe(page) == []
    page.locator(f"{FORM} .unchecked").check()
    send(page)
    answer(page).to_contain_text("Refused with 400")
    expect(page.locator(".call.bad")).to_be_visible()
    assert axe(page) == []
    page.locator("a.thumb").first.click()
    assert axe(page) == []
