"""Price lists: the exact key first, sources told, yours over the documented ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from imagine_async.catalog import PRICES, SOURCES, Invented
from imagine_async.errors import ConfigurationError
from imagine_async.prices import Price, PriceList
from imagine_async.requests import TextToImage, TextToPng, Upscale, VideoStatus
from tests.pictures import variety

ANIME = TextToImage(prompt="a red fox", style="anime")
PNG = TextToPng(prompt="a red fox")


@pytest.mark.parametrize(
    ("request_", "prices", "price"),
    [
        (ANIME, PRICES, 5),
        (TextToImage(prompt="a red fox"), PRICES, 1),
        (ANIME, {"text_to_image": 3}, 3),
        (ANIME, {"text_to_image": 3, "text_to_image/anime": 7}, 7),
        (ANIME, {"text_to_image/anime": 0, "text_to_image": 3}, 0),
        (PNG, PRICES, None),
        (PNG, Invented.PRICES, 5),
        (ANIME, {}, None),
        (Upscale(image=variety("png")), {"upscale": 2.5}, 2.5),
        (VideoStatus(video_id="job-1"), {}, 0),
    ],
    ids=["style", "default", "endpoint", "style-first", "free", "none", "invented", "empty", "fraction", "unpaid"],
)
def test_price_of_a_request(request_: Any, prices: Mapping[str, float], price: float | None) -> None:
    """The price of endpoint and style comes before that of the endpoint; a price of 0 is a price."""
    assert PriceList().over(prices).of(request_) == price


def test_documented_prices_tell_their_source() -> None:
    """Every documented price names the page that it stands on."""
    prices = PriceList.documented()
    assert {key: price.tokens for key, price in prices.items()} == dict(PRICES)
    assert {price.source for price in prices.values()} == {SOURCES["billing"]}


def test_yours_come_over_the_documented_ones() -> None:
    """What you pay counts more, is marked as yours, and leaves the list alone that it came over."""
    documented = PriceList.documented()
    mine = documented.over({"text_to_image/anime": 4, "upscale": 2}).over(None)
    assert mine["text_to_image/anime"] == Price(4, "yours")
    assert (mine.of(ANIME), documented.of(ANIME), len(mine)) == (4, 5, len(PRICES) + 1)
    again = documented.over(mine, source="ignored: each price has its own")
    assert dict(again) == dict(mine)


@pytest.mark.parametrize("tokens", [-1, float("nan"), float("inf"), True, "5", None], ids=repr)
def test_bad_prices(tokens: Any) -> None:
    """What is negative or no number is refused, with its key."""
    with pytest.raises(ConfigurationError, match=r"prices\['upscale'\]="):
        PriceList().over({"upscale": tokens})
