"""The HTTP libraries' debug logs, without the key.

They log the headers and the status line of every reply, in which a server may repeat what it was sent.
"""

from __future__ import annotations

import logging
from weakref import WeakValueDictionary

from imagine_async.config.secret import Secret

__all__ = ["keep_out_of_logs"]

_LIBRARIES = ("httpx", "httpx2", "httpcore", "httpcore2")
_PARTS = ("", ".connection", ".http11", ".http2", ".proxy", ".socks")


class _Scrubber(logging.Filter):
    """Lets every record through, and takes the keys out of those that hold one."""

    def __init__(self) -> None:
        super().__init__()
        # By identity: of two equal keys, one may live longer.
        self.secrets: WeakValueDictionary[int, Secret] = WeakValueDictionary()

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        clean = text
        for secret in list(self.secrets.values()):
            clean = secret.scrub(clean)
        if clean != text:
            record.msg, record.args = clean, None
        return True


_scrubber = _Scrubber()


def keep_out_of_logs(secret: Secret) -> None:
    """Take a secret out of what httpx and httpcore log, for as long as it lives.

    A call that is not logged costs nothing: filters run on records, and there are none below the logger's level.

    Args:
        secret: The key.
    """
    _scrubber.secrets[id(secret)] = secret
    for library in _LIBRARIES:
        for part in _PARTS:
            # Filters count for the very logger, not for those below it; adding one twice does nothing.
            logging.getLogger(library + part).addFilter(_scrubber)
