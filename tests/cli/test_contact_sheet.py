"""The contact sheet, from made-up data."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import unquote_to_bytes, urlsplit

import PIL.Image
import pytest
from attrs import evolve

from imagine_async.cli.contact_sheet import GENERATOR, Card, Picture, Section, Sheet, render

Browse = Callable[..., tuple[dict[str, int], list[str]]]
NASTY = "<script>alert(\"1\")</script> & 'quotes' </p>"
ODD_NAMES = [
    "plain.png",
    "two words.png",
    "a:b.png",
    "who?.png",
    "100%.png",
    "#1.png",
    "ünïcode.png",
    "q\"uote'.png",
    "&amp;.png",
    "<b>.png",
    "caf\udce9.png",
]


class Page(HTMLParser):
    """What a browser would find on a page: elements with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def picture(name: str = "plain.png", *, transparent: bool = False) -> Picture:
    path = PurePosixPath("pictures", name)
    return Picture(path=path, width=30, height=20, alt=NASTY, transparent=transparent)


def sheet(*cards: Card, text: str = NASTY) -> Sheet:
    section = Section(title=text, text=text, code="print('<b>')  # & so on\n", cards=cards)
    return Sheet(title=text, text=text, totals=((text, text),), sections=(section,), footer=text)


CARD = Card(title=NASTY, prompt=NASTY, picture=picture(), facts=(NASTY, "seed 7"))
EDIT = evolve(CARD, before=picture("before.png"), mask=picture("mask.png"))


def _captions(text: str) -> list[str]:
    return re.findall(r"<figcaption>([^<]+)", text)


def test_every_text_is_escaped() -> None:
    """No text becomes an element, and every text arrives as it was."""
    page = Page(render(sheet(CARD, EDIT)))
    assert page.all("script") == []
    assert page.all("b") == []
    # Title, heading, lead, totals, section and footer; and title, prompt and fact of two cards.
    assert page.text.count(NASTY) == 2 + 1 + 2 + 2 + 1 + 2 * 3
    assert {image["alt"] for image in page.all("img")} == {NASTY}


def test_page_needs_nothing_from_elsewhere() -> None:
    """No script, no style sheet, no font and no address outside the folder."""
    text = render(sheet(CARD, EDIT))
    page = Page(text)
    assert page.all("script") == page.all("link") == []
    assert not re.search(r"https?:|url\(|@import|//", text)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_addresses_lead_to_the_files(tmp_path: Path, name: str) -> None:
    """An address is relative and means the very file, whatever its name."""
    (image,) = Page(render(sheet(evolve(CARD, picture=picture(name))))).all("img")
    address = urlsplit(image["src"] or "")
    assert address._replace(path="").geturl() == ""
    assert os.fsdecode(unquote_to_bytes(address.path)) == f"pictures/{name}"


def test_pictures_link_to_their_full_size() -> None:
    """Each picture stands in a link to its file, with its width and height against jumping layouts."""
    page = Page(render(sheet(CARD)))
    (link,), (image,) = page.all("a"), page.all("img")
    assert link["href"] == image["src"] == "pictures/plain.png"
    assert (image["width"], image["height"]) == ("30", "20")


def test_edits_show_before_mask_and_after() -> None:
    """An edit shows its three pictures in order, each with a caption."""
    text = render(sheet(EDIT))
    assert [image["src"] for image in Page(text).all("img")] == [
        "pictures/before.png",
        "pictures/mask.png",
        "pictures/plain.png",
    ]
    assert _captions(text) == ["Before, 30 × 20", "Mask", "After, 30 × 20"]


def test_edits_without_a_mask_show_two() -> None:
    """Where there is no mask, none is shown."""
    text = render(sheet(evolve(EDIT, mask=None)))
    assert _captions(text) == ["Before, 30 × 20", "After, 30 × 20"]


def test_transparent_pictures_stand_on_a_checkerboard() -> None:
    """Only pictures with transparency get the checkerboard."""
    cards = CARD, evolve(CARD, picture=picture(transparent=True))
    assert [link.get("class") for link in Page(render(sheet(*cards))).all("a")] == [None, "checkered"]


def test_cards_without_a_prompt_have_no_empty_line() -> None:
    """Where a call has no prompt, none is shown."""
    assert "class=prompt" not in render(sheet(evolve(CARD, prompt=None)))


def test_headings_descend_without_gaps() -> None:
    """One h1, then h2 for sections and h3 for pictures."""
    names = [name for name, _ in Page(render(sheet(CARD, EDIT))).elements if re.fullmatch(r"h\d", name)]
    assert names == ["h1", "h2", "h3", "h3"]


def test_page_says_who_made_it_and_in_which_language() -> None:
    """The page names its generator, its language and both colour schemes."""
    page = Page(render(sheet(CARD)))
    meta = {attributes.get("name"): attributes.get("content") for attributes in page.all("meta")}
    assert meta["generator"] == GENERATOR
    assert meta["color-scheme"] == "light dark"
    assert page.all("html") == [{"lang": "en"}]


def test_browser_shows_every_picture(tmp_path: Path, browse: Browse) -> None:
    """Chromium loads each picture from the disk, whatever its name, and has nothing to complain of."""
    (tmp_path / "pictures").mkdir()
    names = [*ODD_NAMES, "before.png", "mask.png"]
    for name in names:
        PIL.Image.new("RGBA", (30, 20), "#a8451f80").save(tmp_path / "pictures" / name)
    cards = [evolve(EDIT, picture=picture(name, transparent=True)) for name in ODD_NAMES]
    page = tmp_path / "sheet.html"
    page.write_text(render(sheet(*cards)), "utf-8")
    figures, console = browse(page)
    assert figures == {"images": 3 * len(ODD_NAMES), "broken": 0, "overflow": 0}
    assert console == []


def test_browser_would_have_told_of_a_picture_that_is_missing(tmp_path: Path, browse: Browse) -> None:
    """The check above finds what it looks for."""
    page = tmp_path / "sheet.html"
    page.write_text(render(sheet(CARD)).replace("</main>", "<script>console.error('no')</script></main>"), "utf-8")
    figures, console = browse(page)
    assert figures["broken"] == 1
    assert len(console) == 1
