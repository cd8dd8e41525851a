"""Pictures of seeded calls, kept in a folder, so that asking again costs nothing.

A cache is a convenience beside a paid call: whatever goes wrong with its folder is logged, and the call goes on.
"""

from __future__ import annotations

import logging
import os
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from imagine_async.call import Call, Handler, Result
from imagine_async.errors import ConfigurationError
from imagine_async.middleware.base import Middleware
from imagine_async.middleware.cache_files import CacheFolder, KeptPicture
from imagine_async.middleware.request_key import is_repeatable, request_key
from imagine_async.results import Image

__all__ = ["Cache"]

_logger = logging.getLogger("imagine_async")
_STORE_SECONDS = 10.0
"""How long a call that has its picture waits for the folder; the writing itself goes on after that."""


class Cache(Middleware):
    """Keeps the pictures of calls whose callers named the seed, and gives them back to calls that send the same form.

    Such a call takes no token, no slot of the rate limit and no attempt; its `Image` has its own id and says `cached`.
    Several processes may share a folder. What lies there damaged is made again. Where the folder cannot be read or
    written to, one warning is logged and calls go on without it.

    Clients with different keys or servers (the sandbox is one) take a folder each, or an `account` each: the key is no
    part of a form.

    Args:
        folder: Where; it is made on first use, for its owner alone. `~` is the home folder.
        max_bytes: The most bytes to keep, at least 1; what was not used for longest goes first. A picture that is
            larger is not kept.
        account: Keeps apart, within a folder, what was made with different accounts or servers; any text.

    Raises:
        ConfigurationError: An argument is out of range.

    Example:
        client = AsyncImagine(middleware=[SingleFlight(), Cache("~/.cache/imagine")])
        image = await client.text_to_image("a red fox", seed=7)
    """

    def __init__(self, folder: str | os.PathLike[str], *, max_bytes: int = 1024**3, account: str = "") -> None:
        if isinstance(max_bytes, bool) or not isinstance(max_bytes, int) or max_bytes < 1:
            raise ConfigurationError(f"max_bytes={max_bytes!r}: pass a whole number of at least 1")
        if not isinstance(account, str):
            raise ConfigurationError(f"account={account!r}: pass a text")
        self._path = _absolute(folder)
        self._account = account
        self._folder = CacheFolder(self._path, max_bytes=max_bytes)
        self._warned: set[tuple[str, object]] = set()

    async def around_call(self, call: Call, next: Handler) -> Result:
        """Give back what is kept; else make the call, and keep its picture.

        Args:
            call: The call.
            next: What to await for the result.

        Returns:
            The picture.

        Raises:
            ImagineError: The call failed.
        """
        if not is_repeatable(call):
            return await next(call)
        key = await request_key(call.request, account=self._account)
        kept = await self._load(key, call)
        if kept is not None:
            return _kept_image(kept, call)
        result = await next(call)
        # One that comes from another call is kept by that one.
        if isinstance(result, Image) and not result.cached:
            await self._store(key, result, call)
        return result

    async def _load(self, key: str, call: Call) -> KeptPicture | None:
        load = partial(self._folder.load, key, now=call.clock.wall())
        try:
            return await anyio.to_thread.run_sync(load, abandon_on_cancel=True)
        except Exception as problem:
            self._warn("cannot be read", problem)
            return None

    async def _store(self, key: str, image: Image, call: Call) -> None:
        store = partial(self._folder.store, key, image, now=call.clock.wall())
        # The picture is there and paid for: neither a cancellation nor a full or hanging disk may lose it.
        with anyio.move_on_after(_STORE_SECONDS, shield=True) as patience:
            try:
                await anyio.to_thread.run_sync(store, abandon_on_cancel=True)
            except Exception as problem:
                self._warn("cannot be written to", problem)
        if patience.cancelled_caught:
            self._warn("cannot be written to", TimeoutError(f"not done within {_STORE_SECONDS:g} s"))

    def _warn(self, what: str, problem: Exception) -> None:
        kind = what, getattr(problem, "errno", None) or type(problem)
        if kind not in self._warned:
            self._warned.add(kind)
            _logger.warning("the cache in %s %s: %s; calls go on without it", self._path, what, problem)


def _absolute(folder: str | os.PathLike[str]) -> Path:
    if folder == "":
        raise ConfigurationError("folder='': pass the path of a folder")
    try:
        return Path(folder).expanduser().absolute()
    except (TypeError, RuntimeError, OSError) as problem:
        raise ConfigurationError(f"folder={folder!r}: pass the path of a folder: {problem}") from problem


def _kept_image(kept: KeptPicture, call: Call) -> Image:
    call.tokens = 0.0
    return Image(
        content=kept.content,
        format=kept.picture.format,
        width=kept.picture.width,
        height=kept.picture.height,
        request=call.request,
        seed=getattr(call.request, "seed", None),
        elapsed=call.elapsed,
        attempts=0,
        tokens=0.0,
        call_id=call.id,
        cached=True,
    )
