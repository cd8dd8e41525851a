"""Videos, and files that are missing, in a gallery in a browser."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import pytest
from playwright.sync_api import Page, expect

from imagine_async import Imagine
from imagine_async.batch.gallery import write_gallery
from imagine_async.sandbox import SandboxSettings, running_sandbox
from tests.batch.gallery.making import done, record
from tests.browsing import wait_until

Open: TypeAlias = Callable[..., Page]


@pytest.fixture(scope="module")
def film() -> bytes:
    """A short film of the sandbox."""
    # In a thread of its own: where the browser's driver has run, this one has a running event loop.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_paint_film).result()


def _paint_film() -> bytes:
    settings = SandboxSettings(side=64, video_seconds=0)
    with running_sandbox(settings) as sandbox, Imagine(sandbox.key, base_url=sandbox.base_url) as imagine:
        return imagine.generate_video("waves", style="fast-svd").content


def test_video(tmp_path: Path, open_gallery: Open, film: bytes) -> None:
    """A video is not loaded among the cards, has a mark and a name, and plays in full size; arrows there wind it."""
    (tmp_path / "waves.mp4").write_bytes(film)
    video = record(0, file="waves.mp4", endpoint="text_to_video", prompt="waves", size=len(film))
    page = open_gallery(write_gallery([video, done(tmp_path, 1, "fox.png")], tmp_path, workers=1))
    small = page.locator("#cards video")
    expect(small).to_have_attribute("preload", "none")
    assert small.evaluate("film => film.readyState") == 0
    page.get_by_role("link", name="Video: waves").click()
    large = page.locator("#viewer video")
    wait_until(page, "document.querySelector('#viewer video').readyState > 0")
    large.evaluate("film => film.play()")
    wait_until(page, "document.querySelector('#viewer video').currentTime > 0")
    large.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewer-title")).to_have_text("1 of 2")
    page.locator("#viewer-next").click()
    expect(page.locator("#viewer img")).to_be_visible()
    expect(large).to_have_count(0)


def test_missing(tmp_path: Path, open_gallery: Open) -> None:
    """A thumbnail that is missing gives way to the picture, and a picture that is missing to words."""
    records = [done(tmp_path, n, f"{n}.png") for n in range(2)]
    index = write_gallery(records, tmp_path, workers=1)
    for thumb in tmp_path.glob("gallery/thumbs/*/*"):
        thumb.unlink()
    (tmp_path / "1.png").unlink()
    page = open_gallery(index, is_whole=False)
    expect(page.locator('[data-position="0"] img')).to_have_attribute("src", "0.png")
    expect(page.locator('[data-position="1"]')).to_contain_text("The file is missing")
    page.locator('[data-position="1"] a').click()
    expect(page.locator("#viewer-stage")).to_contain_text("The file is missing")


def test_missing_parts(tmp_path: Path, open_gallery: Open) -> None:
    """Where a part of the page is missing, it says so, and shows the others."""
    rows = [record(n, state="failed", error="no") for n in range(1500)]
    index = write_gallery(rows, tmp_path)
    (tmp_path / "gallery/rows-0002.js").unlink()
    (tmp_path / "gallery/facts-0001.js").unlink()
    page = open_gallery(index, is_whole=False)
    expect(page.locator("#count")).to_contain_text("1 of the page’s files could not be read")
    expect(page.locator("#cards .card")).to_have_count(60)
    page.locator("#cards a").first.click()
    expect(page.locator("#viewer-news")).to_contain_text("reload it for the facts")


def test_written_again(tmp_path: Path, open_gallery: Open) -> None:
    """A page that is open while the batch goes on never shows the facts of another row; a reload shows the new ones."""
    index = write_gallery([done(tmp_path, 1, "1.png")], tmp_path, workers=1)
    page = open_gallery(index)
    write_gallery([done(tmp_path, 0, "0.png"), done(tmp_path, 1, "1.png", key="f" * 32)], tmp_path, workers=1)
    page.locator("#cards a").click()
    expect(page.locator("#viewer-news")).to_contain_text("reload it for the facts")
    expect(page.locator("#viewer-copy")).to_be_disabled()
    page.reload()
    expect(page.locator("#viewer-facts")).to_contain_text("SHA-256")
    expect(page.locator("#viewer-title")).to_have_text("2 of 2")


def test_leftovers(tmp_path: Path, open_gallery: Open) -> None:
    """Rows that are no longer in the input are shown, and say so."""
    page = open_gallery(write_gallery([done(tmp_path, -3, "old.png")], tmp_path, workers=1), "#row=-3")
    expect(page.locator("#viewer-facts")).to_contain_text("no longer in the input")
    page.keyboard.press("Escape")
    expect(page.locator("#cards")).to_contain_text("no longer in the input")
