"""The demo's folder: its pictures, and the page that shows them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from imagine_async import files
from imagine_async.cli import snippets
from imagine_async.cli.contact_sheet import GENERATOR, Card, Picture, Section, Sheet, render
from imagine_async.cli.demo_plan import BY_HAND, FROM_PLAIN_CODE
from imagine_async.cli.demo_work import Made, Work
from imagine_async.cli.output import CommandError, shown
from imagine_async.requests import TextToImage
from imagine_async.version import VERSION

__all__ = ["claim", "sheet_of", "write"]

_INDEX = "index.html"
_PICTURES = "pictures"
_TEXT = (
    "Everything on this page was painted just now on this machine, by the sandbox that comes with the SDK: a local "
    "server that speaks the Imagine API. The calls went through the SDK and over real HTTP, without a key, a network "
    "or a bill. The sandbox paints with arithmetic, not with a model, so the pictures show what the calls do, not "
    "what the API's models can."
)
_FOOTER = (
    f"imagine-async {VERSION}. Sizes in pixels; seconds from call to picture, waits for the rate limit included; "
    "tokens by the sandbox's price list. The same seed makes the same picture again."
)


def claim(out: Path) -> None:
    """Make the demo's folder, unless it holds what another program or a person made under the demo's names.

    Args:
        out: The folder.

    Raises:
        CommandError: The demo would replace files that are not its own, or the folder cannot be made.
    """
    index = out / _INDEX
    try:
        ours = index.is_file() and GENERATOR.encode() in index.read_bytes()
        taken = [path for path in (index, out / _PICTURES) if path.exists() and not ours]
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"the demo cannot use the folder {shown(out)}: {error.strerror or error}") from error
    if taken:
        raise CommandError(f"{shown(taken[0])} exists and is not the demo's: choose another folder with --out")


def write(out: Path, work: Work) -> Path:
    """Write the page and the pictures.

    Args:
        out: The folder.
        work: What was made.

    Returns:
        The page.

    Raises:
        CommandError: A file cannot be written.
    """
    try:
        # The page comes first: by it the next demo knows the folder again, should this one be cut off here.
        files.write_whole(out / _INDEX, [render(sheet_of(work)).encode()], overwrite=True)
        (out / _PICTURES).mkdir(exist_ok=True)
        for made in work.made:
            made.image.save(out / _file(made), overwrite=True)
            if made.order.mask is not None:
                files.write_whole(out / _mask_file(made), [made.order.mask], overwrite=True)
    except OSError as error:
        raise CommandError(f"the pictures cannot be written to {shown(out)}: {error}") from error
    return out / _INDEX


def sheet_of(work: Work) -> Sheet:
    """Arrange what was made as a page.

    Args:
        work: What was made.

    Returns:
        The page.
    """
    by_name = {made.order.name: made for made in work.made}
    edits = [made for made in work.made if made.order.before is not None]
    alone = (BY_HAND.name, FROM_PLAIN_CODE.name)
    batch = [made for made in work.made if made.order.before is None and made.order.name not in alone]

    def section(title: str, text: str, code: str, members: Iterable[Made]) -> Section:
        return Section(title=title, text=text, code=code, cards=tuple(_card(made, by_name) for made in members))

    return Sheet(
        title=f"{len(work.made)} pictures in {work.seconds:.0f} seconds",
        text=_TEXT,
        totals=_totals(work),
        sections=(
            section("One await, one picture", _ONE, snippets.ASYNC, [by_name[BY_HAND.name]]),
            section("Many at once", _MANY, snippets.BATCH, batch),
            section("Edits", _EDITS, snippets.EDITS, edits),
            section("From plain code", _PLAIN, snippets.SYNC, [by_name[FROM_PLAIN_CODE.name]]),
        ),
        footer=_FOOTER,
    )


_ONE = "Every call of the API is one coroutine, on asyncio and on trio. What comes back knows how it was made."
_MANY = "The client keeps to the rate limit and to your budget, and hands over each picture as it is finished."
_EDITS = (
    "What one call returns, the next one takes. A mask is white where the picture may change. Click a picture for its "
    "full size."
)
_PLAIN = "The same client without await, for scripts, threads, notebooks and Django: generated, complete and typed."


def _totals(work: Work) -> tuple[tuple[str, str], ...]:
    verdict = "agree" if work.books_agree else "differ"
    return (
        (str(work.calls), "calls"),
        (f"{work.tokens:g}", "tokens"),
        (f"{work.seconds:.1f} s", "from the first call to the last picture"),
        (str(work.pacing.waits), "calls paced by the rate limit"),
        (verdict, "the client's books and the sandbox's"),
    )


def _card(made: Made, by_name: dict[str, Made]) -> Card:
    before = None if made.order.before is None else by_name[made.order.before]
    return Card(
        title=made.order.name.replace("-", " ").capitalize(),
        prompt=_prompt(made),
        picture=_picture(made),
        before=None if before is None else _picture(before),
        mask=_mask(made),
        facts=_facts(made),
    )


def _prompt(made: Made) -> str | None:
    prompt: str | None = getattr(made.image.request, "prompt", None)
    return prompt


def _picture(made: Made) -> Picture:
    image = made.image
    return Picture(
        path=_file(made),
        width=image.width,
        height=image.height,
        alt=_prompt(made) or made.order.name.replace("-", " "),
        # The endpoints that reply with a PNG do so for its transparency.
        transparent=image.format == "png",
    )


def _mask(made: Made) -> Picture | None:
    if made.order.mask is None:
        return None
    return Picture(
        path=_mask_file(made),
        width=made.image.width,
        height=made.image.height,
        alt="A white ellipse on black: where the picture may change",
    )


def _facts(made: Made) -> tuple[str, ...]:
    image, request = made.image, made.image.request
    facts = [request.endpoint.name]
    if isinstance(request, TextToImage):
        facts += [request.style, request.aspect_ratio]
    if image.seed is not None:
        facts.append(f"seed {image.seed}")
    facts += [f"{image.width} × {image.height}", f"{image.elapsed:.1f} s", _tokens(image.tokens)]
    return tuple(facts)


def _tokens(tokens: float | None) -> str:
    return "1 token" if tokens == 1 else f"{tokens:g} tokens"


def _file(made: Made) -> PurePosixPath:
    return PurePosixPath(_PICTURES, f"{made.order.name}{made.image.suffix}")


def _mask_file(made: Made) -> PurePosixPath:
    return PurePosixPath(_PICTURES, f"{made.order.name}-mask.png")
