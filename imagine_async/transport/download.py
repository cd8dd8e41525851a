"""The body behind a URL, on its way in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import anyio
import httpx
from attrs import frozen

from imagine_async.errors import DownloadError, ReplyTooLargeError
from imagine_async.transport.failures import bare, innermost, reason
from imagine_async.transport.http_library import HttpLibrary
from imagine_async.transport.reply_body import close_in_order
from imagine_async.transport.safe_urls import shown

__all__ = ["Download", "Errand", "announced_length"]


@frozen
class Errand:
    """What a download is about, and what bounds it.

    Args:
        asked: The URL that was asked for.
        total: Seconds for all of it.
        ends: When these are over, by the event loop's clock.
        max_bytes: The largest body to take.
        library: The HTTP library in use.
    """

    asked: str
    total: float
    ends: float
    max_bytes: int
    library: HttpLibrary

    def failure(self, message: str, status: int | None = None) -> DownloadError:
        """Make an error."""
        return DownloadError(message, url=self.asked, status=status)

    def too_late(self, place: httpx.URL | None, status: int | None = None) -> DownloadError:
        """Make the error for a download whose time is over."""
        where = "" if place is None else f" from {shown(place)}"
        return self.failure(f"the download{where} did not end within {self.total:g} s", status)


class Download:
    """The body behind a URL: an iterator over its pieces, as they come from the network.

    Attributes:
        status: The HTTP status, 200 or 203.
        headers: The headers, with names in lower case.
        content_type: What the server says that it is; `None` where it does not.
        length: Bytes that the server announced; `None` where it did not.
    """

    def __init__(self, response: httpx.Response, place: httpx.URL, errand: Errand) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = dict(response.headers.items())
        self.content_type = self.headers.get("content-type")
        self.length = announced_length(self.headers)
        self._response = response
        self._place = place
        self._errand = errand
        self._pieces = response.aiter_raw()
        self._taken = 0
        self._check_head()

    def __aiter__(self) -> Self:
        """Return the iterator itself."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece.

        Raises:
            DownloadError: The body is too large, came cut, or did not come in time.
        """
        try:
            with anyio.CancelScope(deadline=self._errand.ends):
                return self._counted(await anext(self._pieces))
            raise self._errand.too_late(self._place, self.status)
        except StopAsyncIteration:
            self._check_end()
            raise
        except self._errand.library.errors as error:
            failure = self._failure(f"broke after {self._taken} bytes: {reason(error)}")
            cause = bare(innermost(error))
        raise failure from cause

    async def aclose(self) -> None:
        """Close it, wherever it stands; the connection is kept only where the body was read to its end."""
        await close_in_order(self._response, self._pieces, self._errand.library.errors)

    def _check_head(self) -> None:
        if self.status not in (200, 203):
            hint = "; its signature has probably expired" if self.status == 403 else ""
            raise self._failure(f"was answered with status {self.status}{hint}")
        if self.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            raise self._failure(f"comes as {self.headers['content-encoding'][:40]}, which was not asked for")
        if self.length is not None and self.length > self._errand.max_bytes:
            raise self._too_large()

    def _counted(self, piece: bytes) -> bytes:
        self._taken += len(piece)
        if self._taken > self._errand.max_bytes:
            raise self._too_large()
        return piece

    def _check_end(self) -> None:
        if self.length is not None and self._taken != self.length:
            raise self._failure(f"came cut: {self._taken} of {self.length} bytes")

    def _too_large(self) -> DownloadError:
        failure = self._failure(f"is larger than {self._errand.max_bytes} bytes; raise max_reply_bytes=")
        failure.__cause__ = ReplyTooLargeError(failure.message, status=self.status)
        return failure

    def _failure(self, what: str) -> DownloadError:
        return self._errand.failure(f"the download from {shown(self._place)} {what}", self.status)


def announced_length(headers: Mapping[str, str]) -> int | None:
    """Read how long a body is said to be.

    Args:
        headers: The headers, with names in lower case.

    Returns:
        Bytes; `None` where nothing is said, or nothing that counts.
    """
    text = headers.get("content-length", "")
    # With a transfer encoding the length says nothing, RFC 9112, section 6.3.
    return int(text) if text.isascii() and text.isdecimal() and "transfer-encoding" not in headers else None
