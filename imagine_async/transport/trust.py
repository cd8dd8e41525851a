"""Whom connections trust: the authorities that the environment names, otherwise those that come with certifi."""

from __future__ import annotations

import functools
import os
import ssl
from pathlib import Path

import httpx

from imagine_async.errors import ConfigurationError

__all__ = ["shared_ssl_context"]

_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@functools.cache
def shared_ssl_context() -> ssl.SSLContext:
    """Return the context that every connection of the process shares; making one costs tens of milliseconds.

    `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the authorities of certifi, the first before the second, as they do for
    httpx. They are read once.

    Returns:
        The context.

    Raises:
        ConfigurationError: What they name cannot be read.
    """
    name = next((each for each in _VARIABLES if os.environ.get(each)), None)
    if name is not None and not Path(os.environ[name]).exists():
        # Some releases of httpx trust certifi then, which is not what was asked for.
        raise _unreadable(name, "it does not exist")
    try:
        context = httpx.create_ssl_context()
    except OSError as error:
        raise _unreadable(name, error) from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def _unreadable(name: str | None, why: object) -> ConfigurationError:
    where = "certifi" if name is None else f"{name}={os.environ[name]}"
    return ConfigurationError(f"the trusted certificates of {where} cannot be read: {why}")
