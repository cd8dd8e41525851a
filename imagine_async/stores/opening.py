"""From the text of a setting to a store."""

from __future__ import annotations

from hashlib import sha256

from imagine_async.clock import Clock
from imagine_async.config.secret import Secret
from imagine_async.errors import ConfigurationError
from imagine_async.stores.base import Store
from imagine_async.stores.memory import MemoryStore

__all__ = ["account_of", "open_store"]

_REDIS = ("redis://", "rediss://", "unix://")
_ADVICE = "write 'memory', 'sqlite:PATH' or 'redis://HOST:PORT/NUMBER'"
_SQLITE = "sqlite:"


def open_store(text: str, *, clock: Clock) -> Store:
    """Make a store.

    Args:
        text: `memory`; `sqlite:PATH` for a file, such as `sqlite:~/imagine.db`; or the URL of a Redis or Valkey server,
            such as `redis://localhost:6379/0`.
        clock: The time.

    Returns:
        The store, which connects on first use.

    Raises:
        ConfigurationError: The text names no store.
        MissingExtraError: The extra `redis` is not installed.
    """
    # What was given is not repeated: a URL may hold a password.
    if not isinstance(text, str):
        raise ConfigurationError(f"store= is of type {type(text).__name__}: {_ADVICE}, or pass a Store")
    if text == "memory":
        return MemoryStore(clock=clock)
    if text.startswith(_SQLITE):
        path = _path(text)
        from imagine_async.stores.sqlite import SqliteStore

        return SqliteStore(path, clock=clock)
    if text.startswith(_REDIS):
        from imagine_async.stores.redis import RedisStore

        return RedisStore(text)
    raise ConfigurationError(f"store=: {_ADVICE}")


def account_of(key: Secret, base_url: str) -> str:
    """Name an account in a way that stores may know: the key cannot be found from it.

    Args:
        key: The API key.
        base_url: The root of the API's host.

    Returns:
        Sixteen hexadecimal digits.
    """
    return sha256(f"imagine_async\0{base_url}\0{key.reveal()}".encode(errors="replace")).hexdigest()[:16]


def _path(text: str) -> str:
    path = text.removeprefix(_SQLITE)
    # As in URLs: three slashes before a path that begins here, four before one that begins at the root.
    path = path.removeprefix("///") if path.startswith("///") else path
    if not path:
        raise ConfigurationError("store='sqlite:': write a file's path after the colon, as in sqlite:imagine.db")
    return path
