"""A web page of pictures and how they were made: one file of HTML that opens from the disk, without any script."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import PurePath
from urllib.parse import quote

from attrs import frozen

from imagine_async.cli.contact_sheet_style import STYLE
from imagine_async.cli.snippets import highlighted

__all__ = ["GENERATOR", "Card", "Picture", "Section", "Sheet", "render"]

GENERATOR = "imagine-async contact sheet"
"""What the page names as its generator, by which it is known again."""


@frozen(kw_only=True)
class Picture:
    """A picture file.

    Args:
        path: The file, relative to the page.
        width: Pixels across.
        height: Pixels down.
        alt: What it shows, for those who do not see it.
        transparent: Whether it stands before a checkerboard.
    """

    path: PurePath
    width: int
    height: int
    alt: str
    transparent: bool = False


@frozen(kw_only=True)
class Card:
    """A picture and the call that made it.

    Args:
        title: The heading.
        picture: What came back.
        prompt: What was asked for; `None` for calls without a prompt.
        facts: Short facts on the call.
        before: The picture that was edited; `None` where none was.
        mask: What marked the edited area; `None` where nothing did.
    """

    title: str
    picture: Picture
    prompt: str | None = None
    facts: tuple[str, ...] = ()
    before: Picture | None = None
    mask: Picture | None = None


@frozen(kw_only=True)
class Section:
    """Pictures that belong together, and the code that makes them.

    Args:
        title: The heading.
        text: A sentence or two.
        code: Python code.
        cards: The pictures.
    """

    title: str
    text: str
    code: str
    cards: tuple[Card, ...]


@frozen(kw_only=True)
class Sheet:
    """The whole page.

    Args:
        title: The heading.
        text: The first paragraph.
        totals: Pairs of a figure and what it counts.
        sections: The pictures.
        footer: The last line.
    """

    title: str
    text: str
    totals: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    footer: str


def render(sheet: Sheet) -> str:
    """Write the page.

    Args:
        sheet: What stands on it; every text is escaped.

    Returns:
        HTML.
    """
    return "\n".join(_page(sheet)) + "\n"


def _page(sheet: Sheet) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield '<head><meta charset="utf-8">'
    yield f"<title>{escape(sheet.title)}</title>"
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f'<meta name="generator" content="{GENERATOR}">'
    yield f"<style>{STYLE}</style></head>"
    yield f"<body><header><p class=eyebrow>imagine-async</p><h1>{escape(sheet.title)}</h1>"
    yield f"<p class=lead>{escape(sheet.text)}</p>"
    yield "<dl class=totals>"
    yield from (f"<div><dt>{escape(what)}</dt><dd>{escape(figure)}</dd></div>" for figure, what in sheet.totals)
    yield "</dl></header><main>"
    for section in sheet.sections:
        yield from _section(section)
    yield f"</main><footer><p>{escape(sheet.footer)}</p></footer></body></html>"


def _section(section: Section) -> Iterator[str]:
    yield "<section class=single>" if len(section.cards) == 1 else "<section>"
    yield f"<div class=intro><div><h2>{escape(section.title)}</h2><p>{escape(section.text)}</p></div>"
    # Code is wider than a telephone: it scrolls, and who has no mouse scrolls it with the keyboard.
    label = escape(f"Code: {section.title}")
    yield f'<pre tabindex=0 role=region aria-label="{label}"><code>{highlighted(section.code)}</code></pre></div>'
    yield "<div class=gallery>"
    for card in section.cards:
        yield from _painting(card) if card.before is None else _edit(card, card.before)
    yield "</div></section>"


def _painting(card: Card) -> Iterator[str]:
    yield f"<article class=painting style={_share(card.picture)}>{_linked(card.picture)}"
    yield from _caption(card)
    yield "</article>"


def _edit(card: Card, before: Picture) -> Iterator[str]:
    mask = [] if card.mask is None else [("Mask", card.mask)]
    steps = [(_sized("Before", before), before), *mask, (_sized("After", card.picture), card.picture)]
    ratio = sum(picture.width / picture.height for _, picture in steps)
    yield f'<article class=edit style="--ratio:{ratio:.4f}"><div class=steps>'
    for label, picture in steps:
        yield f"<figure style={_share(picture)}>{_linked(picture)}<figcaption>{label}</figcaption></figure>"
    yield "</div>"
    yield from _caption(card)
    yield "</article>"


def _sized(label: str, picture: Picture) -> str:
    return f"{label}, {picture.width} × {picture.height}"


def _share(picture: Picture) -> str:
    """Return the style by which pictures of one row get one height, whatever their ratios."""
    return f'"--ratio:{picture.width / picture.height:.4f}"'


def _linked(picture: Picture) -> str:
    url = escape(_url(picture.path))
    checkered = " class=checkered" if picture.transparent else ""
    return (
        f'<a href="{url}"{checkered}><img src="{url}" width={picture.width} height={picture.height} '
        f'alt="{escape(picture.alt)}"></a>'
    )


def _caption(card: Card) -> Iterator[str]:
    yield f"<h3>{escape(card.title)}</h3>"
    if card.prompt is not None:
        yield f"<p class=prompt>{escape(card.prompt)}</p>"
    yield f"<ul class=facts>{_items(card.facts)}</ul>"


def _items(texts: Iterable[str]) -> str:
    return "".join(f"<li>{escape(text)}</li>" for text in texts)


def _url(path: PurePath) -> str:
    """Return a relative URL; a name such as `a:b` must not be taken for a scheme, nor `?` for a query."""
    return "/".join(quote(os.fsencode(part), safe="") for part in path.parts)
