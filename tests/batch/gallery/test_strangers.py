"""What strangers wrote into prompts, ids and names, shown by a gallery in a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from playwright.sync_api import Browser, Page, expect

from imagine_async.batch.gallery import write_gallery
from imagine_async.batch.records import RowState
from tests.batch.gallery.making import done, record
from tests.browsing import wait_until, watched_page

HOSTILE = "</script></title><img src=x onerror=alert(1)><script>alert(2)</script>'\"`${alert(3)}<!--\u2028]]>"
NAMES = [
    "a#b?c=d%20e&f.png",
    'it\'s "so".png',
    "javascript:alert(1).png",
    "ほほえむ狐/狐 — ü\u0308.png",
    "<img src=x onerror=alert(1)>.png".replace("/", ""),
    "new\nline\\back.png",
    "not utf-8 \udcff.png",
]

Open: TypeAlias = Callable[..., Page]


@pytest.mark.parametrize("thumbnails", [True, False])
def test_file_names(tmp_path: Path, open_gallery: Open, thumbnails: bool) -> None:
    """A picture is shown and opened, whatever signs its name is made of."""
    records = [done(tmp_path, n, name) for n, name in enumerate(NAMES)]
    page = open_gallery(write_gallery(records, tmp_path, thumbnails=thumbnails, workers=1))
    wait_until(page, "[...document.images].every((each) => each.naturalWidth > 0)")
    expect(page.locator("#cards img")).to_have_count(len(NAMES))
    for number in range(len(NAMES)):
        page.evaluate(f"location.hash = 'row={number}'")
        expect(page.locator("#viewer-title")).to_have_text(f"{number + 1} of {len(NAMES)}")
        wait_until(page, "document.querySelector('#viewer img')?.naturalWidth === 64")
        expect(page.locator("#viewer-facts")).to_contain_text("SHA-256")


def test_hostile_texts(tmp_path: Path, open_gallery: Open) -> None:
    """HTML and scripts in every text of a row, and in the title, are shown as text; no script of theirs runs."""
    request = {"endpoint": HOSTILE, "prompt": HOSTILE, "style": HOSTILE, "__proto__": HOSTILE, HOSTILE: [HOSTILE]}
    others = {"request": request, "tags": (HOSTILE[:200],), "error": HOSTILE, "job": HOSTILE}
    records = [
        done(tmp_path, 0, "fox.png", id=HOSTILE, **others),
        record(1, state=RowState.FAILED, id="__proto__", **others),
        record(2, state=RowState.UNKNOWN, **{**others, "request": None}),
    ]
    page = open_gallery(write_gallery(records, tmp_path, title=HOSTILE, workers=1))
    expect(page.locator("h1")).to_have_text(HOSTILE)
    expect(page.locator("#cards .prompt").first).to_have_text(HOSTILE)
    expect(page.locator("#cards .problem span").first).to_have_text(HOSTILE)
    page.locator("#style").select_option(HOSTILE)
    expect(page.locator("#count")).to_have_text("2 of 3 rows")
    page.locator("#cards a").first.click()
    expect(page.locator("#viewer-prompt")).to_have_text(HOSTILE)
    expect(page.locator("#viewer-facts")).to_contain_text("proto")
    assert page.locator("#viewer script, #cards script, img[src=x]").count() == 0
    page.reload()
    expect(page.locator("#viewer-prompt")).to_have_text(HOSTILE)


def test_policy(tmp_path: Path, browser: Browser) -> None:
    """The page's policy lets no script run but its own: none in the page, and no file beside the pictures."""
    (tmp_path / "evil.js").write_text("window.ran = 'file'")
    index = write_gallery([done(tmp_path, 0, "fox.png")], tmp_path, workers=1)
    complaints: list[str] = []
    with browser.new_context() as context:
        page = watched_page(context, complaints)
        page.goto(index.as_uri())
        page.evaluate(
            """() => new Promise((resolve) => {
              const inline = Object.assign(document.createElement("script"), { textContent: "window.ran = 'inline'" });
              const ended = { onerror: resolve, onload: resolve };
              const file = Object.assign(document.createElement("script"), { src: "evil.js", ...ended });
              document.body.append(inline, file);
            })"""
        )
        assert page.evaluate("window.ran") is None
    assert len(complaints) == 2
    assert all("Content Security Policy" in complaint for complaint in complaints)


def test_outside(tmp_path: Path, open_gallery: Open) -> None:
    """A file's name that leads out of the folder is not followed."""
    folder = tmp_path / "batch"
    done(tmp_path, 0, "secret.png")
    names = ("../secret.png", f"{tmp_path}/secret.png", "a/../../secret.png")
    records = [record(n, file=name) for n, name in enumerate(names)]
    page = open_gallery(write_gallery(records, folder, workers=1))
    expect(page.locator("#cards")).to_contain_text("There is no file.")
    assert page.locator("img").count() == 0
    assert not list(folder.glob("gallery/thumbs/*/*"))
