"""Errors of the server and of redis-py, in the SDK's words, with the way out of each."""

from __future__ import annotations

from imagine_async.errors import StoreError
from imagine_async.stores.jobs import StoreAwayError

__all__ = ["meaning_of"]

# By the name of redis-py's class, which takes the server's own word for it off the message.
_AWAY = {
    "BusyLoadingError": "the Redis server is still reading its data",
    "ClusterDownError": "the Redis cluster is down",
    "MasterDownError": "the Redis server has lost its primary",
    "OutOfMemoryError": "the Redis server is out of memory: raise its maxmemory, or make room in it",
    "ReadOnlyError": "the Redis server is a replica, which takes no writes: name its primary",
    "TryAgainError": "the Redis cluster is moving its keys",
}
# Denied a command inside the script, it answers with a plain error.
_DENIED = "user executing the script"
_NO_RIGHTS = (
    "the user in the URL may not run scripts on keys that begin with 'imagine:', or not the commands in them: "
    "allow ~imagine:* and +@read +@write +@scripting +@connection +time"
)
# By the server's own word, where redis-py leaves it.
_AWAY_BY_WORD = {
    "BUSY": "the Redis server is busy with somebody's script",
    "MISCONF": "the Redis server cannot write to its disk: make space on it, or look into the server's log",
}
_FINAL_BY_WORD = {
    "WRONGTYPE": "keys of the Redis server that begin with 'imagine:' hold something else: use another database number",
}


def meaning_of(error: Exception) -> StoreAwayError | StoreError:
    """Say what an error means for those who wait.

    Args:
        error: An error of redis-py; its own text may name the host, never the password.

    Returns:
        `StoreAwayError` where it is worth trying again; else `StoreError` with the way out.
    """
    from redis import exceptions

    name, said = type(error).__name__, str(error)
    word = said.partition(" ")[0]
    if isinstance(error, exceptions.AuthenticationError):
        return StoreError(f"the Redis server wants a user or password other than those in the URL ({said})")
    if name in _AWAY or word in _AWAY_BY_WORD:
        return StoreAwayError(_AWAY.get(name) or _AWAY_BY_WORD[word])
    if isinstance(error, (exceptions.ConnectionError, exceptions.TimeoutError)):
        return StoreAwayError(f"the Redis server cannot be reached ({name})")
    if isinstance(error, exceptions.NoPermissionError) or _DENIED in said:
        return StoreError(_NO_RIGHTS)
    return StoreError(_FINAL_BY_WORD.get(word) or f"the Redis server refuses: {said}")
