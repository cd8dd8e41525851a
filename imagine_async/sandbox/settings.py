"""The switches of a sandbox."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Literal, get_args

from attrs import field, frozen

from imagine_async.catalog import VIDEO_DELETE_PATHS, VIDEO_STATUS_PATHS, Endpoint, Invented
from imagine_async.sandbox.plans import Plan
from imagine_async.sandbox.settings_checks import (
    as_texts,
    at_least,
    at_least_or_none,
    check_keys,
    check_other_keys,
    check_plans,
    check_prices,
    check_rate,
    check_seconds,
    check_token,
    check_wait,
    one_of,
    some_of,
    whole_from_to,
)
from imagine_async.sandbox.sizes import picture_size

__all__ = ["ReplyForm", "SandboxSettings"]

ReplyForm = Literal["bytes", "url", "nested_url", "url_list", "base64", "data_uri"]
"""How a picture comes back; only `bytes` was ever shown, the JSON forms are invented."""

_FULL_SIDE = 1024
# A presigned URL of the kind that the live service hands out lasts a week at most.
_LONGEST_URL_SECONDS = 7 * 24 * 60 * 60


@frozen(kw_only=True)
class SandboxSettings:
    """What a sandbox accepts, charges and paints. Prices and sizes are mostly invented: see `catalog.Invented`.

    Args:
        keys: The API keys that are let in.
        expired_keys: Keys that are refused because they have expired.
        credits: Tokens of each key; `None` for no end of them.
        rate_limit: Requests of each key in any window, as `50/60s`, `5/s` or `100/min`; `None` for no limit.
        concurrency: Calls of each key that cost tokens at one time, the next is refused with 429; `None` for no limit.
            Invented: no such limit is known of the live service.
        plans: Further plans, which the admin API can give to keys. Invented: the vendor's could not be read.
        books: The SQLite file in which accounts and their statement outlast the process; in memory by default.
        admin_token: What the admin API below `/_sandbox` asks for; a random one by default.
        private: Whether books, calls and the studio page ask for the admin token as well.
        max_calls: Calls that are remembered for the studio page and `/_sandbox/calls`.
        retry_after: Whether a 429 names its wait in a `Retry-After` header, which the live service was not seen to do.
        side: Pixels of a square picture's side, at least 16; all other documented ratios are scaled with it. Videos
            have half as much (invented).
        prices: Tokens by `endpoint` or `endpoint/style`; every endpoint needs a price.
        accept_any_seed: Whether a seed of zero or less is let through; v1, which names no bounds, always does.
        image_content_type: Whether pictures come as `image/jpeg` and `image/png` rather than, as documented, as
            `application/octet-stream`; those of v1 are always `image/png`, as documented.
        max_body_bytes: Bytes of the largest request body.
        max_file_bytes: Bytes of the largest uploaded file; `None` for no limit but that of the body. Invented: no page
            names one.
        max_pixels: Pixels, width times height, of the largest uploaded picture, and of the largest result of an
            upscale or a resize. WebP pictures may have half as many, because their decoder needs twice the memory.
            About so many pixels are decoded at one time, whoever's they are.
        body_patience: Seconds to wait for the next piece of a request body; the whole may take ten times as long.
        v1_unprocessable: Whether v1 refuses values that it does not take with 422, which the vendor's clients for it
            know, rather than with 400, which its pages name. When the live service sends 422 is not known.
        reply_form: What a picture endpoint answers: the picture's bytes, or JSON with a signed URL, base64 or a data
            URI. A page of the vendor speaks of JSON, but none shows it: every form but `bytes` is invented.
        video_seconds: Seconds until a video job ends; it is `pending` for the first half and `processing` for the
            second. The vendor speaks of 10 to 15 minutes. 0 ends a job at once, infinity never.
        video_speed: Seconds that pass for a video job in one second; the admin API can move the jobs' clock on as well.
        fail_prompts: A video job whose prompt holds one of these texts, in whatever case, fails; an empty text fails
            every job. Invented, so that a failure can be asked for.
        refund_server_faults: Whether a call that fails in the sandbox itself, with 503, costs nothing; the vendor says
            nothing about it.
        refund_failed_jobs: Whether the tokens of a failed video job come back; the vendor says nothing about it.
        status_paths: Which of `catalog.VIDEO_STATUS_PATHS` are served; the others answer 404.
        delete_paths: Which of `catalog.VIDEO_DELETE_PATHS` are served; the others answer 404.
        result_url_seconds: Whole seconds for which the URL of a result is good, up to a week; how long the vendor's
            are is not known.
        max_jobs: Video jobs that are remembered for each key. The oldest finished ones make room; where all are
            running, the next one is refused with 429. Invented.
        max_result_bytes: Bytes of pictures, and as many of videos, that are kept for their URLs. The oldest make room:
            a picture's URL then answers 404, a video is made again. Invented.
    """

    keys: tuple[str, ...] = field(default=("vk-sandbox",), converter=as_texts, validator=check_keys, repr=False)
    expired_keys: tuple[str, ...] = field(default=(), converter=as_texts, validator=check_other_keys, repr=False)
    credits: int | None = field(default=1000, validator=at_least_or_none(0))
    rate_limit: str | None = field(default="50/60s", validator=check_rate)
    concurrency: int | None = field(default=None, validator=at_least_or_none(1))
    plans: tuple[Plan, ...] = field(default=(), converter=tuple, validator=check_plans)
    books: str | None = None
    admin_token: str = field(factory=lambda: secrets.token_urlsafe(24), validator=check_token, repr=False, eq=False)
    private: bool = False
    max_calls: int = field(default=1000, validator=at_least(1))
    retry_after: bool = False
    side: int = field(default=_FULL_SIDE, validator=at_least(16))
    prices: Mapping[str, int] = field(default=Invented.PRICES, validator=check_prices, repr=False)
    accept_any_seed: bool = False
    image_content_type: bool = False
    max_body_bytes: int = field(default=64 * 2**20, validator=at_least(1))
    max_file_bytes: int | None = field(default=None, validator=at_least_or_none(1))
    max_pixels: int = field(default=40_000_000, validator=at_least(1))
    body_patience: float = field(default=60.0, validator=check_seconds)
    v1_unprocessable: bool = False
    reply_form: ReplyForm = field(default="bytes", validator=one_of(get_args(ReplyForm)))
    video_seconds: float = field(default=3.0, validator=check_wait)
    video_speed: float = field(default=1.0, validator=check_seconds)
    fail_prompts: tuple[str, ...] = field(default=("fail this job",), converter=as_texts)
    refund_server_faults: bool = True
    refund_failed_jobs: bool = True
    status_paths: tuple[str, ...] = field(
        default=VIDEO_STATUS_PATHS, converter=as_texts, validator=some_of(VIDEO_STATUS_PATHS), repr=False
    )
    delete_paths: tuple[str, ...] = field(
        default=VIDEO_DELETE_PATHS, converter=as_texts, validator=some_of(VIDEO_DELETE_PATHS), repr=False
    )
    result_url_seconds: int = field(default=300, validator=whole_from_to(1, _LONGEST_URL_SECONDS))
    max_jobs: int = field(default=1000, validator=at_least(1))
    max_result_bytes: int = field(default=256 * 2**20, validator=at_least(1))

    @property
    def plan(self) -> Plan:
        """What every key of the settings may do."""
        return Plan(credits=self.credits, rate_limit=self.rate_limit, concurrency=self.concurrency)

    def size(self, aspect_ratio: str) -> tuple[int, int]:
        """Return the pixels, width and height, of a picture.

        Args:
            aspect_ratio: One of the documented ratios of v1 or v2.
        """
        width, height = picture_size(aspect_ratio)
        return round(width * self.side / _FULL_SIDE), round(height * self.side / _FULL_SIDE)

    def price(self, endpoint: Endpoint, style: str | None) -> int:
        """Return the tokens of a call.

        Args:
            endpoint: The endpoint called.
            style: The style asked for, where the endpoint has styles.
        """
        return self.prices.get(f"{endpoint.name}/{style}", self.prices[endpoint.name])
