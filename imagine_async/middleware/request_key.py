"""What makes two calls the same: a digest of all that a request sends.

It is kept on disk, so it must be the same in every process, on every machine and with every release of Python. Texts go
in with their lengths, so that no two forms run together to the same bytes; pictures go in by the digest of their bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from hashlib import sha256
from operator import itemgetter
from typing import Any

import anyio.to_thread

from imagine_async.call import Call
from imagine_async.errors import InvalidRequestError
from imagine_async.inputs import UNRESOLVED, AnySource, Source, SpoolSource
from imagine_async.requests import ImageRequest, Request
from imagine_async.sniff import MEDIA_TYPES

__all__ = ["is_repeatable", "request_key"]

_VERSION = "imagine_async request 1"
"""Raise the number when what is kept under the old keys must not be found any more."""


async def request_key(request: Request[Any], *, account: str = "") -> str:
    """Name a request by what it sends.

    Two requests that send the same form to the same path have the same key, wherever their pictures come from. Headers
    do not count. Pictures are read, in worker threads.

    Args:
        request: For example a `TextToImage`.
        account: Keeps requests apart that send the same form to different accounts or servers; any text.

    Returns:
        64 hexadecimal digits.

    Raises:
        InvalidRequestError: A picture is not read yet, its file is gone, or it was changed.
    """
    items = [_VERSION, account, request.endpoint.name, request.endpoint.method, request.path]
    for name, value in sorted(request.form(), key=itemgetter(0)):
        items += (name, *await _described(name, value))
    return sha256(_joined(items)).hexdigest()


def is_repeatable(call: Call) -> bool:
    """Tell whether the same call gives the same picture again, because its caller named the seed.

    Args:
        call: The call.

    Returns:
        False where the SDK chose the seed, where there is none, and where the result is no picture.
    """
    has_seed = isinstance(call.request, ImageRequest) and getattr(call.request, "seed", None) is not None
    return has_seed and not call.seed_chosen


async def _described(name: str, value: str | AnySource) -> tuple[str, str]:
    if isinstance(value, str):
        return "text", value
    if isinstance(value, UNRESOLVED):
        raise InvalidRequestError(name, value, "the picture is not read yet: send the request with client.send")
    return MEDIA_TYPES[value.picture.format], await _digest(value)


async def _digest(source: Source) -> str:
    if isinstance(source, SpoolSource):
        return source.spool.digest
    digest = sha256()
    async with aclosing(source.pieces()) as pieces:
        async for piece in pieces:
            await anyio.to_thread.run_sync(digest.update, piece)
    return digest.hexdigest()


def _joined(items: Iterable[str]) -> bytes:
    encoded = [item.encode(errors="surrogatepass") for item in items]
    return b"".join(len(item).to_bytes(8, "big") + item for item in encoded)
