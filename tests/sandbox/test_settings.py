"""Settings refuse what a sandbox could not work with."""

from __future__ import annotations

import re
from typing import Any

import pytest

from imagine_async.catalog import (
    AI_BACKGROUND,
    TEXT_TO_IMAGE,
    VIDEO_STATUS_PATHS,
    AspectRatio,
    Invented,
    V1AspectRatio,
)
from imagine_async.sandbox import SandboxSettings
from imagine_async.sandbox.limits import RateLimit


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"keys": ()}, "at least one key"),
        ({"keys": ("a", "a")}, "twice"),
        ({"keys": ("",)}, "visible ASCII"),
        ({"keys": ("vk key",)}, "visible ASCII"),
        ({"credits": -1}, "credits: a whole number from 0"),
        ({"credits": True}, "credits: a whole number from 0"),
        ({"rate_limit": "fast"}, "reads like"),
        ({"side": 15}, "side: a whole number from 16"),
        ({"side": 64.0}, "side: a whole number from 16"),
        ({"prices": {"upscale": 1}}, "no price for ai_background"),
        ({"prices": {**Invented.PRICES, "paint": 1}}, "no such endpoint: paint"),
        ({"prices": {**Invented.PRICES, "upscale": -1}}, "whole number of tokens from 0: upscale"),
        ({"max_body_bytes": 0}, "max_body_bytes: a whole number from 1"),
        ({"max_pixels": 0}, "max_pixels: a whole number from 1"),
        ({"body_patience": 0}, "body_patience: a number of seconds above 0"),
        ({"prices": {**Invented.PRICES, "video_status": 1}}, "no such endpoint: video_status"),
        ({"reply_form": "xml"}, "reply_form: one of bytes, url, nested_url, url_list, base64, data_uri, not 'xml'"),
        ({"video_seconds": -1}, "video_seconds: a number of seconds from 0"),
        ({"video_seconds": float("nan")}, "video_seconds: a number of seconds from 0"),
        ({"status_paths": ("/v2/video/{id}",)}, "status_paths: one of /v2/video/{id}/status, "),
        ({"delete_paths": "/v2/video"}, "delete_paths: one of /v2/video/delete/{id}, "),
        ({"result_url_seconds": 0}, "result_url_seconds: a whole number from 1 to 604800"),
        ({"result_url_seconds": 604801}, "result_url_seconds: a whole number from 1 to 604800"),
        ({"result_url_seconds": 1.5}, "result_url_seconds: a whole number from 1 to 604800"),
        ({"max_jobs": 0}, "max_jobs: a whole number from 1"),
        ({"max_result_bytes": 0}, "max_result_bytes: a whole number from 1"),
    ],
)
def test_bad_settings(changes: dict[str, Any], complaint: str) -> None:
    """Every impossible setting is refused with its name and what it should be."""
    with pytest.raises(ValueError, match=re.escape(complaint)):
        SandboxSettings(**changes)


def test_one_key_as_text() -> None:
    """A single key may be given as a string, and is not taken for a row of letters."""
    assert SandboxSettings(keys="vk-one").keys == ("vk-one",)


def test_one_text_alone() -> None:
    """A single prompt or path may be given as a string as well."""
    settings = SandboxSettings(fail_prompts="no", status_paths=VIDEO_STATUS_PATHS[1])
    assert (settings.fail_prompts, settings.status_paths) == (("no",), ("/v2/assets/{id}/status",))


def test_no_key_in_repr() -> None:
    """The settings do not show their keys when printed."""
    assert "vk-secret" not in repr(SandboxSettings(keys=("vk-secret",)))


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("50/60s", RateLimit(50, 60)),
        ("5/s", RateLimit(5, 1)),
        ("100/min", RateLimit(100, 60)),
        ("3/0.5s", RateLimit(3, 0.5)),
        ("9/2min", RateLimit(9, 120)),
    ],
)
def test_rate_forms(text: str, limit: RateLimit) -> None:
    """A rate limit is a count and a stretch of seconds or minutes."""
    assert SandboxSettings(rate_limit=text).plan.rate == limit


@pytest.mark.parametrize("text", ["", "50", "0/s", "5/0s", "-5/s", "5/h", "5/s ", "five/s"])
def test_bad_rates(text: str) -> None:
    """Zeros and other forms of a rate limit are refused."""
    with pytest.raises(ValueError, match="rate limit"):
        RateLimit.parse(text)


def test_no_rate() -> None:
    """Without a rate limit there is none to read."""
    assert SandboxSettings(rate_limit=None).plan.rate is None


@pytest.mark.parametrize("ratio", AspectRatio)
def test_sizes_scale(ratio: str) -> None:
    """Every documented ratio has a size that follows the side, down to the smallest."""
    full, half = SandboxSettings().size(ratio), SandboxSettings(side=512).size(ratio)
    assert full == Invented.SIZES[ratio]
    assert half == (full[0] // 2, full[1] // 2)
    assert min(SandboxSettings(side=16).size(ratio)) > 0


@pytest.mark.parametrize("ratio", V1AspectRatio)
def test_sizes_of_v1(ratio: str) -> None:
    """The ratios of v1 have sizes of that shape and of about the same area."""
    width, height = SandboxSettings().size(ratio)
    across, _, down = ratio.partition(":")
    assert width / height == pytest.approx(int(across) / int(down), rel=0.05)
    assert width * height == pytest.approx(1024 * 1024, rel=0.05)


def test_prices() -> None:
    """A style's own price counts before the endpoint's."""
    settings = SandboxSettings()
    assert settings.price(TEXT_TO_IMAGE, "flux-dev") == 15
    assert settings.price(TEXT_TO_IMAGE, "sdxl-1.0") == 5
    assert settings.price(AI_BACKGROUND, "product-shoot") == 5
