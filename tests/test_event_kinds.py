"""Observers that want to be told of some events alone."""

from __future__ import annotations

import pytest

from imagine_async import AsyncImagine, Event


class _Hearing:
    """Remembers the kinds of event that it hears of."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __call__(self, event: Event) -> None:
        self.heard.append(event.kind)


class _Choosy(_Hearing):
    kinds = frozenset({"sending", "finished"})


@pytest.mark.anyio
async def test_kinds() -> None:
    """Who names kinds hears of those alone, whatever others hear of; without a wish one hears of everything."""
    choosy, other = _Choosy(), _Hearing()
    async with AsyncImagine.sandbox(side=64, rate_limit=None, observers=[choosy]) as client:
        await client.text_to_image("a red fox")
        await client.with_options(observers=[other, choosy]).text_to_image("a red fox")
    assert choosy.heard == 2 * ["sending", "finished"]
    assert other.heard == ["reserved", "sending", "first_byte", "downloaded", "settled", "finished"]
