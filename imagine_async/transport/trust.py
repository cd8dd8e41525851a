"""Whom connections trust: the authorities that the environment names, otherwise those that come with certifi."""

from __future__ import annotations

import functools
import os
import ssl

import httpx

from imagine_async.errors import ConfigurationError

__all__ = ["shared_ssl_context"]


@functools.cache
def shared_ssl_context() -> ssl.SSLContext:
    """Return the context that every connection of the process shares; making one costs tens of milliseconds.

    `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the authorities of certifi, the first before the second, as they do for
    httpx and OpenSSL. They are read once.

    Raises:
        ConfigurationError: What they name cannot be read.
    """
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        named = {name: os.environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)}
        raise ConfigurationError(f"the certificates that {named} names cannot be read: {error}") from None
