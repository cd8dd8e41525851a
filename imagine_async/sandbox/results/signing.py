"""URLs that are good for a while and for one result.

They look like the presigned URLs of an S3-compatible store, which the live service hands out, but the signature is the
sandbox's own and no store's: a client is not meant to compute it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from imagine_async.sandbox.timeline import Timeline

__all__ = ["RESULTS_PATH", "Signer"]

RESULTS_PATH = "/_results"

_DATE = "%Y%m%dT%H%M%SZ"
_DATE_MEMBER, _SECONDS_MEMBER, _SIGNATURE_MEMBER = "X-Amz-Date", "X-Amz-Expires", "X-Amz-Signature"


class Signer:
    """Makes and checks the URLs of one sandbox, which last from some whole seconds to almost one more.

    Args:
        timeline: The dates to sign with.
        seconds: How long a URL is good.
    """

    def __init__(self, timeline: Timeline, seconds: int) -> None:
        self._timeline = timeline
        self._seconds = seconds
        self._secret = secrets.token_bytes(32)

    def url(self, base_url: str, name: str) -> str:
        """Return a URL of a result, good from now on.

        Args:
            base_url: Where the sandbox was asked, with or without a slash at the end.
            name: The result's name.
        """
        date, seconds = self._now().strftime(_DATE), str(self._seconds)
        members = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"sandbox/{date[:8]}/auto/s3/aws4_request",
            _DATE_MEMBER: date,
            _SECONDS_MEMBER: seconds,
            "X-Amz-SignedHeaders": "host",
            _SIGNATURE_MEMBER: self._signature(name, date, seconds),
        }
        return f"{base_url.rstrip('/')}{RESULTS_PATH}/{name}?{urlencode(members)}"

    def objection(self, name: str, members: Mapping[str, str]) -> str | None:
        """Say what is wrong with a URL; `None` where nothing is.

        Args:
            name: The result's name.
            members: The URL's query.
        """
        date, seconds = members.get(_DATE_MEMBER, ""), members.get(_SECONDS_MEMBER, "")
        given = members.get(_SIGNATURE_MEMBER, "")
        if not hmac.compare_digest(self._signature(name, date, seconds).encode(), given.encode()):
            return "The request's signature is missing or does not match."
        signed = datetime.strptime(date, _DATE).replace(tzinfo=UTC)
        # Whole seconds on both sides: a URL lasts no shorter than it says.
        if self._now().replace(microsecond=0) - signed > timedelta(seconds=int(seconds)):
            return "Request has expired"
        return None

    def _now(self) -> datetime:
        return self._timeline.shown_date()

    def _signature(self, name: str, date: str, seconds: str) -> str:
        text = "\n".join((name, date, seconds))
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()
