"""The root of the API's host: what is one, and where a key may go."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from imagine_async.catalog import DEFAULT_BASE_URL
from imagine_async.errors import ConfigurationError

__all__ = ["checked_base_url", "is_the_vendors_or_loopback"]

# RFC 2606 and RFC 6761 (invalid, test, localhost), RFC 6762 (local), and ICANN's reservation of 2024 (internal).
_PRIVATE_SUFFIXES = (".internal", ".invalid", ".local", ".localhost", ".test")
_VENDORS_HOST = urlsplit(DEFAULT_BASE_URL).hostname


def checked_base_url(url: str) -> str:
    """Check the root of a host.

    Args:
        url: What was given.

    Returns:
        The URL without a slash at its end.

    Raises:
        ConfigurationError: It is no http or https URL, holds more than a root, or would send the key over a public
            network in clear text.
    """
    url = url.strip().rstrip("/")
    parts = _split(url)
    if parts is None or parts.query or parts.fragment or "@" in parts.netloc:
        shown = "***" if "@" in url else repr(url)
        raise ConfigurationError(f"base_url={shown}: pass the host's root, for example {DEFAULT_BASE_URL}")
    if parts.path.rsplit("/", 1)[-1] in ("v1", "v2"):
        raise ConfigurationError(f"base_url={url!r}: leave the version out; it is part of each call's path")
    if parts.scheme == "http" and not _is_private(str(parts.hostname)):
        raise ConfigurationError(
            f"base_url={url!r}: the API key would travel in clear text; use https://. http:// is for this machine, "
            f"private addresses, names without a dot, and names that end in {', '.join(_PRIVATE_SUFFIXES)}"
        )
    return parts.geturl()


def is_the_vendors_or_loopback(url: str) -> bool:
    """Tell whether calls to a URL stay with the vendor or on this machine.

    Args:
        url: A checked base URL.
    """
    host = str(urlsplit(url).hostname)
    address = _address(host)
    return host in (_VENDORS_HOST, "localhost") or (address is not None and address.is_loopback)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if valid and not any(sign.isspace() for sign in url) else None


def _is_private(host: str) -> bool:
    address = _address(host)
    if address is not None:
        return address.is_loopback or address.is_private or address.is_link_local
    # A name without a dot, for example of a container, is known to the local network alone.
    return "." not in host or host.endswith(_PRIVATE_SUFFIXES)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
