"""Proxies that the environment names, as for curl and for Python's own library."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import (  # type: ignore[attr-defined]  # typeshed lacks proxy_bypass_environment
    getproxies_environment,
    proxy_bypass_environment,  # pyright: ignore[reportAttributeAccessIssue]
)

import httpcore
from attrs import field, frozen

from imagine_async.errors import ConfigurationError

__all__ = ["Proxies", "Proxy", "proxies_from_environment"]

_SERVED = ("http", "https", "all")
_DEFAULT_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


class _Masked(bytes):
    """Bytes that stay out of logs: httpcore writes what it sends to a SOCKS proxy into its own."""

    def __repr__(self) -> str:
        return "***"


@frozen
class Proxy:
    """A proxy.

    Args:
        scheme: `http`, `https`, `socks5` or `socks5h`.
        host: Where it listens.
        port: Where it listens.
        credentials: A name and a password that it asks for; `None` for none.
    """

    scheme: str
    host: str
    port: int
    credentials: tuple[bytes, bytes] | None = field(default=None, repr=False)

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS rather than HTTP."""
        return self.scheme.startswith("socks")

    @property
    def url(self) -> httpcore.URL:
        """Where it listens, without the credentials."""
        return httpcore.URL(scheme=self.scheme, host=self.host, port=self.port, target="/")


@frozen
class Proxies:
    """Which proxy serves which host.

    Args:
        by_scheme: Proxies by the scheme of the URLs that go through them, `http`, `https` or `all`.
        bypass: Hosts that are reached directly, as in `NO_PROXY`.
    """

    by_scheme: Mapping[str, Proxy]
    bypass: str = ""

    def between(self, origin: httpcore.Origin) -> Proxy | None:
        """Find the proxy between this machine and a host.

        Args:
            origin: Scheme, host and port of what is to be reached.

        Returns:
            The proxy; `None` where the way is direct.
        """
        proxy = self.by_scheme.get(origin.scheme.decode()) or self.by_scheme.get("all")
        if proxy is None or proxy_bypass_environment(f"{origin.host.decode()}:{origin.port}", {"no": self.bypass}):
            return None
        return proxy


def proxies_from_environment() -> Proxies:
    """Read `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower case.

    Lower case goes first. In a CGI program the upper-case `HTTP_PROXY` is ignored, because there it holds what a
    visitor sent. `NO_PROXY` holds names with all that ends in them, addresses, either with or without a port, or `*`;
    without it everything goes through the proxy, this machine included. Through a tunnel to https the proxy learns no
    more than the host; what goes to a base URL with http, the key included, it can read.

    Returns:
        The proxies.

    Raises:
        ConfigurationError: A proxy's URL cannot be used.
    """
    named = getproxies_environment()
    found = {scheme: _proxy(f"{scheme.upper()}_PROXY", named[scheme]) for scheme in _SERVED if scheme in named}
    return Proxies(found, bypass=named.get("no", ""))


def _proxy(variable: str, url: str) -> Proxy:
    parts = _split(url if "://" in url else f"http://{url}")
    if parts is None or parts.scheme not in _DEFAULT_PORTS:
        # Its value stays out of the message: it may hold a password.
        raise ConfigurationError(f"{variable} holds no URL of a proxy: pass http://, https:// or socks5://, and a host")
    proxy = Proxy(parts.scheme, str(parts.hostname), parts.port or _DEFAULT_PORTS[parts.scheme], _credentials(parts))
    if proxy.is_socks and find_spec("socksio") is None:
        raise ConfigurationError(f'{variable} names a SOCKS proxy, which needs: pip install "httpx[socks]"')
    return proxy


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is out of range
    except ValueError:
        return None
    return parts if parts.hostname and parts.hostname.isascii() else None


def _credentials(parts: SplitResult) -> tuple[bytes, bytes] | None:
    if not parts.username:
        return None
    return _Masked(unquote(parts.username).encode()), _Masked(unquote(parts.password or "").encode())
