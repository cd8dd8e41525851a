"""Errors of the server and of redis-py, in the SDK's words."""

from __future__ import annotations

from imagine_async.errors import StoreError
from imagine_async.stores.jobs import StoreAwayError

__all__ = ["meaning_of"]

_PASSING = ("LOADING", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "BUSY")
_ADVICE = {
    "NOAUTH": "the server wants a password: put it into the URL",
    "WRONGPASS": "the password in the URL is wrong",
    "NOPERM": "the user in the URL may not run scripts on these keys",
    "READONLY": "the server is a replica: name its primary",
    "OOM": "the server is out of memory: raise maxmemory, or clean up",
    "MISCONF": "the server cannot write to its disk",
    "WRONGTYPE": "its keys that begin with 'imagine:' hold something else: use another database number",
}


def meaning_of(error: Exception) -> StoreAwayError | StoreError:
    """Tell whether an error passes.

    Args:
        error: An error of redis-py; its own text may name the host, never the password.

    Returns:
        What to raise instead.
    """
    from redis import exceptions

    said = str(error)
    word = said.split(" ", 1)[0].strip("-:").upper()
    if isinstance(error, exceptions.AuthenticationError):
        return StoreError(f"the Redis server refuses: {_ADVICE.get(word, 'user or password in the URL is wrong')}")
    passes = isinstance(error, (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.BusyLoadingError))
    if passes or word in _PASSING:
        return StoreAwayError(f"the Redis server cannot be reached or is not ready ({type(error).__name__})")
    advice = next((text for name, text in _ADVICE.items() if name in said.upper()), said)
    return StoreError(f"the Redis server refuses: {advice}; nothing was sent")
