"""A small shop's photo service: pictures of products on plain backgrounds, with async and sync code."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from imagine_async import AsyncImagine, Image, Imagine, ImagineError, InsufficientCreditsError, TextToImage

logger = logging.getLogger(__name__)


class OutOfCreditsError(Exception):
    """The shop has to buy tokens."""


async def photograph(client: AsyncImagine, product: str) -> bytes:
    """Make the picture of a product, cut out.

    Args:
        client: The client.
        product: What to show.

    Returns:
        A PNG with a clear background.

    Raises:
        OutOfCreditsError: No tokens are left.
    """
    try:
        image = await client.text_to_image(f"{product} on a table, studio light", style="realistic")
        return (await client.remove_background(image)).content
    except InsufficientCreditsError as error:
        raise OutOfCreditsError("buy tokens for the photo service") from error


async def photograph_all(client: AsyncImagine, products: Iterable[str]) -> dict[str, bytes]:
    """Make pictures of many products; those that fail are left out, and logged.

    Args:
        client: The client.
        products: What to show.

    Returns:
        Pictures by product.
    """
    pictures: dict[str, bytes] = {}
    async for request, result in client.generate_many(TextToImage(prompt=product) for product in products):
        if isinstance(result, Image):
            pictures[request.prompt] = result.content
        else:
            logger.warning("no picture of %s: %s", request.prompt, result)
    return pictures


def nightly(folder: Path, products: Iterable[str]) -> list[Path]:
    """Write pictures of products, with a client that is configured by the environment.

    Args:
        folder: Where to.
        products: What to show.

    Returns:
        The files.
    """
    with Imagine() as client:
        return [client.text_to_image(product).save(folder / product) for product in products]


def has_picture(client: Imagine, product: str) -> bool:
    """Tell whether a picture could be made, in code that would rather go on than fail.

    Args:
        client: The client.
        product: What to show.
    """
    try:
        client.text_to_image(product)
    except ImagineError:
        return False
    return True
