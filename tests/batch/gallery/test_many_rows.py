"""A gallery of 10,000 rows in a browser, opened from the disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from playwright.sync_api import Locator, Page, expect

from imagine_async.batch.gallery import write_gallery
from tests.batch.gallery.making import many
from tests.browsing import wait_until

COUNT = 10_000
PAGE = 60
DONE, FAILED = 8900, 1000

Open: TypeAlias = Callable[..., Page]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a batch of 10,000 rows."""
    folder = tmp_path_factory.mktemp("many")
    return write_gallery(many(folder, COUNT), folder, title="Ten thousand foxes", workers=1)


def cards(page: Page) -> Locator:
    return page.locator("#cards .card")


def count_is(page: Page, text: str) -> None:
    expect(page.locator("#count")).to_have_text(text)


def first_is(page: Page, position: int) -> None:
    expect(cards(page).first).to_have_attribute("data-position", str(position))


def all_loaded(page: Page) -> bool:
    """Scroll to the end, because pictures are loaded as they come near, and tell whether they have loaded."""
    for image in page.locator("#cards img").all():
        image.scroll_into_view_if_needed()
    script = "[...document.querySelectorAll('#cards img')].every((each) => each.complete && each.naturalWidth > 0)"
    wait_until(page, script)
    return bool(page.evaluate(script))


def test_first_page(index: Path, open_gallery: Open) -> None:
    """The first page has 60 cards with the thumbnails of their pictures, all of which load."""
    page = open_gallery(index)
    count_is(page, "10,000 rows")
    expect(cards(page)).to_have_count(PAGE)
    assert all_loaded(page)
    assert "gallery/thumbs/" in str(page.locator("#cards img").first.get_attribute("src"))
    expect(page.locator("h1")).to_have_text("Ten thousand foxes")
    expect(page.locator(".figures")).to_contain_text("8,900")


def test_nodes(index: Path, open_gallery: Open) -> None:
    """However many rows there are, the page has few nodes; a filter replaces cards, and adds none."""
    page = open_gallery(index)
    nodes = "document.querySelectorAll('*').length"
    assert page.evaluate(nodes) < 100 + 10 * PAGE
    page.evaluate(
        """() => { window.touched = 0; new MutationObserver((all) => { for (const each of all)
        window.touched += each.addedNodes.length + each.removedNodes.length; }).observe(
        document.body, { childList: true, subtree: true }); }"""
    )
    page.locator("#style").select_option("anime")
    first_is(page, 0)
    expect(page.locator("#count")).to_contain_text("of 10,000")
    assert 0 < page.evaluate("window.touched") <= 2 * PAGE + 50
    assert page.evaluate(nodes) < 100 + 10 * PAGE


@pytest.mark.parametrize(
    ("facet", "value", "count"),
    [
        ("state", "failed", FAILED),
        ("state", "unknown", 100),
        ("state", "done", DONE),
        ("style", "realistic", 3333),
        ("tag", "first", 100),
        ("endpoint", "upscale", 2000),
    ],
)
def test_filters(index: Path, open_gallery: Open, facet: str, value: str, count: int) -> None:
    """Each filter leaves the rows that have the value, says how many, and can be taken back."""
    page = open_gallery(index)
    page.locator(f"#{facet}").select_option(value)
    count_is(page, f"{count:,} of 10,000 rows")
    assert f"{facet}={value}" in page.url
    page.locator("#clear").click()
    count_is(page, "10,000 rows")
    expect(page.locator("#clear")).to_be_hidden()


def test_filters_together(index: Path, open_gallery: Open) -> None:
    """Filters and search narrow one another, and nothing left is said."""
    page = open_gallery(index)
    page.locator("#state").select_option("failed")
    page.locator("#tag").select_option("first")
    count_is(page, "10 of 10,000 rows")
    expect(cards(page).first).to_contain_text("BadRequestError: row 4")
    page.locator("#q").fill("no such thing")
    count_is(page, "0 of 10,000 rows")
    expect(page.locator("#empty")).to_have_text("No row has all that.")


@pytest.mark.parametrize(
    ("words", "count"),
    [("fuchslein", 200), ("FÜCHSLEIN schnee", 200), ("fu\u0308chslein", 200), ("row 00123", 1), ("winter 99", 1)],
)
def test_search(index: Path, open_gallery: Open, words: str, count: int) -> None:
    """The search finds words in prompts, ids and tags, whatever their case, order and marks."""
    page = open_gallery(index)
    page.locator("#q").press_sequentially(words)
    if words == "winter 99":
        count = sum(1 for n in range(COUNT) if n % 3 == 1 and "99" in f"{n:05}")
    count_is(page, f"{count:,} of 10,000 rows")


@pytest.mark.parametrize(("order", "first"), [("newest", COUNT - 1), ("cost", 6)])
def test_order(index: Path, open_gallery: Open, order: str, first: int) -> None:
    """Rows are shown as in the input, the newest first, or those that cost most first."""
    page = open_gallery(index)
    first_is(page, 0)
    page.locator("#sort").select_option(order)
    first_is(page, first)
    page.locator("#sort").select_option("")
    first_is(page, 0)


def test_pages_and_back(index: Path, open_gallery: Open) -> None:
    """Every step is in the address: Back and Forward lead through pages, filters and pictures."""
    page = open_gallery(index)
    page.locator("#pages").get_by_text("Next").click()
    first_is(page, 60)
    page.locator("#pages").get_by_text("167").click()
    expect(cards(page)).to_have_count(COUNT % PAGE)
    page.locator("#state").select_option("failed")
    first_is(page, 4)
    cards(page).first.locator("a").click()
    expect(page.locator("#viewer")).to_be_visible()
    page.go_back()
    expect(page.locator("#viewer")).to_be_hidden()
    page.go_back()
    expect(page.locator("#state")).to_have_value("")
    first_is(page, 9960)
    page.go_back()
    first_is(page, 60)
    page.go_forward()
    first_is(page, 9960)


def test_full_size(index: Path, open_gallery: Open) -> None:
    """A click opens the picture itself with all its parameters, which can be copied as JSON."""
    page = open_gallery(index, permissions=["clipboard-read", "clipboard-write"])
    cards(page).nth(2).locator("a").click()
    viewer = page.locator("#viewer")
    expect(viewer.locator("h2")).to_have_text("3 of 10,000")
    expect(viewer.locator("img")).to_have_attribute("src", "rows/00002.jpg")
    expect(viewer.locator("#viewer-facts")).to_contain_text("SHA-256")
    facts = dict(zip(viewer.locator("dt").all_inner_texts(), viewer.locator("dd").all_inner_texts(), strict=True))
    assert facts.items() >= {"Seed": "2", "Tokens": "2", "Pixels": "64 × 96", "Line": "3", "Id": "row 00002"}.items()
    viewer.get_by_text("Copy as JSON").click()
    expect(viewer.locator("#viewer-news")).to_have_text("Copied")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["request"] == {
        "endpoint": "text_to_image",
        "prompt": "a red fox, number 2",
        "style": "flux-schnell",
        "aspect_ratio": "1:1",
    }
    assert copied["tags"] == ["cover", "first"]


def test_keyboard(index: Path, open_gallery: Open) -> None:
    """Without a mouse: `/` searches, Enter opens, arrows go on beyond the page, Escape returns to the card."""
    page = open_gallery(index)
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    cards(page).nth(PAGE - 2).locator("a").focus()
    page.keyboard.press("Enter")
    title = page.locator("#viewer-title")
    expect(title).to_have_text("59 of 10,000")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(title).to_have_text("62 of 10,000")
    page.keyboard.press("ArrowLeft")
    expect(title).to_have_text("61 of 10,000")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    first_is(page, 60)
    expect(cards(page).first.locator("a")).to_be_focused()


def test_ends(index: Path, open_gallery: Open) -> None:
    """The first row has no previous one, and the last one no next."""
    page = open_gallery(index, "#row=0")
    expect(page.locator("#viewer-previous")).to_be_disabled()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#viewer-title")).to_have_text("1 of 10,000")
    page = open_gallery(index, "#row=9999")
    expect(page.locator("#viewer-next")).to_be_disabled()


def test_deep_link(index: Path, open_gallery: Open) -> None:
    """An address opens a row among what was found, by its id or its place; closing it shows its page."""
    page = open_gallery(index, "#state=failed&row=row+00914")
    expect(page.locator("#viewer-title")).to_have_text("92 of 1,000")
    expect(page.locator("#viewer-error")).to_have_text("BadRequestError: row 914")
    page.get_by_role("button", name="Close").click()
    expect(page.locator('[data-position="914"]')).to_be_visible()
    assert "page=2" in page.url
    assert "row=" not in page.url


def test_tag_link(index: Path, open_gallery: Open) -> None:
    """A tag in the viewer leads to the rows that have it."""
    page = open_gallery(index, "#row=1")
    page.locator("#viewer-tags").get_by_text("first").click()
    count_is(page, "100 of 10,000 rows")
    expect(page.locator("#viewer")).to_be_hidden()


def test_nonsense_address(index: Path, open_gallery: Open) -> None:
    """An address that says nothing sensible shows what there is."""
    page = open_gallery(index, "#page=1e9&sort=constructor&row=nobody&nothing=1")
    count_is(page, "10,000 rows")
    expect(cards(page)).to_have_count(COUNT % PAGE)
    expect(page.locator("#viewer")).to_be_hidden()


def test_skip_link(index: Path, open_gallery: Open) -> None:
    """The link past the tools leads to the cards, and leaves the filters as they are."""
    page = open_gallery(index, "#state=failed")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#cards")).to_be_focused()
    count_is(page, "1,000 of 10,000 rows")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_accessibility(
    index: Path, open_gallery: Open, axe: Callable[[Page], list[str]], scheme: str, width: int
) -> None:
    """Axe finds nothing to object to, neither among the cards nor in the viewer; nothing is wider than the window."""
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}, "reduced_motion": "reduce"}
    page = open_gallery(index, "#q=1", **options)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for row in ("0", "4"):
        page.goto(f"{index.as_uri()}#row={row}")
        expect(page.locator("#viewer-facts")).to_contain_text("State")
        assert axe(page) == []
