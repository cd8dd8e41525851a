"""Keeps the key out of the HTTP libraries' own logs.

At DEBUG they write down the headers of a reply and what they could not read of it. A server that repeats the key there
would put it into the caller's log.
"""

from __future__ import annotations

import logging
from weakref import WeakValueDictionary

from imagine_async.config import Secret

__all__ = ["keep_out_of_logs"]

_LOGGERS = (
    "httpx",
    "httpx2",
    *(f"{core}.{part}" for core in ("httpcore", "httpcore2") for part in ("connection", "http11", "proxy", "socks")),
)

# By identity: of two equal secrets each lives as long as its own client.
_secrets: WeakValueDictionary[int, Secret] = WeakValueDictionary()


class _Scrubber(logging.Filter):
    """Lets every record through, without the keys of the living clients."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = clean = record.getMessage()
        for secret in tuple(_secrets.values()):
            clean = secret.scrub(clean)
        if clean != said:
            record.msg, record.args = clean, ()
        return True


_SCRUBBER = _Scrubber()


def keep_out_of_logs(secret: Secret) -> None:
    """Have a secret masked in what the HTTP libraries log, for as long as it is in use.

    Args:
        secret: The key of a client.
    """
    _secrets[id(secret)] = secret
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_SCRUBBER)
