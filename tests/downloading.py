"""Fetching from a server in this process, as the tests of downloads do it."""

from __future__ import annotations

from typing import Any

import pytest

from imagine_async.errors import DownloadError, Outcome, UnsafeUrlError
from imagine_async.timeout import Timeout
from imagine_async.transport.downloads import Downloader
from tests.scripted_server import Behaviour, reply, scripted_server

BODY = bytes(range(256)) * 1000
TIMEOUT = Timeout(20)


def redirect(target: str, status: str = "302 Found") -> bytes:
    """Build an answer that leads elsewhere."""
    return reply(b"gone", status=status, headers=f"Location: {target}\r\n")


async def fetched(*behaviours: Behaviour, path: str = "/a.png", **options: Any) -> bytes:
    """Fetch from a server on the API's own host."""
    with scripted_server(*behaviours) as server:
        downloader = Downloader(server.url, options.pop("max_bytes", 1 << 20), **options)
        try:
            return await downloader.read(server.url + path, timeout=TIMEOUT)
        finally:
            await downloader.aclose()


async def failure(*behaviours: Behaviour, path: str = "/a.png?sig=secret", **options: Any) -> DownloadError:
    """Fetch what has to fail, and return the error."""
    with pytest.raises(DownloadError) as caught:
        await fetched(*behaviours, path=path, **options)
    assert "secret" not in str(caught.value)
    assert caught.value.url.endswith(path)
    assert caught.value.outcome is Outcome.COMPLETED
    return caught.value


async def refusal(url: str, base_url: str = "https://api.example", **options: Any) -> UnsafeUrlError:
    """Ask for a URL that is refused, and return the error."""
    with pytest.raises(UnsafeUrlError) as caught:
        await Downloader(base_url, 1000, **options).read(url, timeout=TIMEOUT)
    assert caught.value.url == url
    assert caught.value.status is None
    return caught.value
