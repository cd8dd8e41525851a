"""The code that the contact sheet shows: it makes the very pictures beside it, which a test checks."""

from __future__ import annotations

import html
import io
import keyword
import tokenize
from collections.abc import Iterator
from itertools import accumulate

__all__ = ["ASYNC", "BATCH", "EDITS", "SYNC", "highlighted"]

ASYNC = """\
from imagine_async import AsyncImagine

async with AsyncImagine() as client:
    image = await client.text_to_image(
        "a lighthouse by the sea at sunset",
        style="realistic",
        aspect_ratio="16:9",
        seed=7,
    )
    image.save("lighthouse.jpg")
"""

BATCH = """\
from imagine_async import AsyncImagine, TextToImage

requests = [
    TextToImage(prompt="a red fox in a snowy forest at dawn",
                style="realistic", aspect_ratio="3:2", seed=11),
    ...,  # as many as you like
]
async with AsyncImagine(rate_limit="200/60s", budget=500) as client:
    results = client.generate_many(requests, concurrency=4)
    async for request, result in results:
        print(request.prompt, result)  # a picture, or its error
"""

SYNC = """\
from imagine_async import Imagine

with Imagine() as client:
    image = client.text_to_image(
        "pink blossom trees by a river in spring",
        style="anime",
        aspect_ratio="16:9",
        seed=27,
    )
    image.save("blossoms.jpg")
"""

EDITS = """\
cut_out = await client.remove_background(mug)
scene = await client.ai_background(sneaker, "a beach at sunset", seed=33)
wide = await client.ai_resize(sailboat, extra={"aspect_ratio": "16:9"})
large = await client.upscale(owl)
filled = await client.generative_fill(lake, mask, "a red hot air balloon")
emptied = await client.retouch(filled, mask)
"""

_CLASSES = {tokenize.STRING: "string", tokenize.COMMENT: "comment", tokenize.NUMBER: "number"}


def highlighted(code: str) -> str:
    """Turn Python code into HTML in which keywords, strings, numbers and comments carry a class.

    Args:
        code: The code.

    Returns:
        Escaped HTML for a `pre` element.
    """
    return "".join(_pieces(code))


def _pieces(code: str) -> Iterator[str]:
    starts = list(accumulate((len(line) for line in code.splitlines(keepends=True)), initial=0))
    done = 0
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        css_class = "keyword" if keyword.iskeyword(token.string) else _CLASSES.get(token.type)
        if css_class is not None:
            start, end = (starts[row - 1] + column for row, column in (token.start, token.end))
            yield html.escape(code[done:start])
            yield f'<span class="{css_class}">{html.escape(token.string)}</span>'
            done = end
    yield html.escape(code[done:])
