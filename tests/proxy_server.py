"""Proxies in this process: they lead everything to one server and note what they saw."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator

import pytest
from attrs import define, field

from tests.scripted_server import read_head, reply, scripted_server

__all__ = ["ProxyServer", "forget_proxies", "proxy_server"]


def forget_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the proxies that are in use on this machine out of the environment."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@define
class ProxyServer:
    """An HTTP or SOCKS proxy.

    Args:
        target: The URL of the server that everything is led to, whatever name it was asked for.
        credentials: What it asks for, as `name:password`.
        tls: Certificates, for a proxy that is itself reached over TLS.
        socks: Whether it speaks SOCKS 5 instead of HTTP.
    """

    target: str
    credentials: str | None = None
    tls: ssl.SSLContext | None = None
    socks: bool = False
    url: str = ""
    asked: list[bytes] = field(factory=list)
    """The heads of requests to an HTTP proxy, or the names that a SOCKS proxy was asked for."""
    passed: bytearray = field(factory=bytearray)
    """What clients sent beyond that."""

    def serve(self, connection: socket.socket) -> None:
        """Serve one connection."""
        if self.tls is not None:
            with self.tls.wrap_socket(connection, server_side=True) as encrypted:
                self._serve(encrypted)
        else:
            self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        port = int(self.target.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as onward:
            if self._lets_in_socks(connection) if self.socks else self._lets_in_http(connection, onward):
                self._relay(connection, onward)

    def _lets_in_http(self, connection: socket.socket, onward: socket.socket) -> bool:
        head = read_head(connection)
        self.asked.append(head)
        if self.credentials is not None:
            expected = b"proxy-authorization: basic " + b64encode(self.credentials.encode()).lower()
            if expected not in head.lower():
                connection.sendall(reply(b"", status="407 Proxy Authentication Required"))
                return False
        if head.startswith(b"CONNECT "):
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            onward.sendall(head)
        return True

    def _lets_in_socks(self, connection: socket.socket) -> bool:
        method = 0 if self.credentials is None else 2
        _, count = _read(connection, 2)
        if method not in _read(connection, count):
            connection.sendall(b"\x05\xff")
            return False
        connection.sendall(bytes([5, method]))
        if self.credentials is not None and not self._knows(connection):
            return False
        _read(connection, 4)
        self.asked.append(_read_text(connection))
        _read(connection, 2)
        connection.sendall(b"\x05\x00\x00\x01" + bytes(6))
        return True

    def _knows(self, connection: socket.socket) -> bool:
        _read(connection, 1)
        known = _read_text(connection) + b":" + _read_text(connection) == str(self.credentials).encode()
        connection.sendall(b"\x01\x00" if known else b"\x01\x01")
        return known

    def _relay(self, connection: socket.socket, onward: socket.socket) -> None:
        # One thread for both directions: two may not use one encrypted socket at once.
        ways = {connection: onward, onward: connection}
        while ready := [each for each in ways if _pending(each)] or select.select(list(ways), [], [], 20)[0]:
            for each in ready:
                data = each.recv(1 << 16)
                if not data:
                    return
                if each is connection:
                    self.passed += data
                ways[each].sendall(data)


def _read(connection: socket.socket, count: int) -> bytes:
    data = connection.recv(count, socket.MSG_WAITALL)
    if len(data) < count:
        raise OSError("closed")
    return data


def _read_text(connection: socket.socket) -> bytes:
    return _read(connection, _read(connection, 1)[0])


def _pending(connection: socket.socket) -> bool:
    return isinstance(connection, ssl.SSLSocket) and connection.pending() > 0


@contextlib.contextmanager
def proxy_server(
    target: str, *, credentials: str | None = None, tls: ssl.SSLContext | None = None, socks: bool = False
) -> Iterator[ProxyServer]:
    """Run a proxy for the length of a block."""
    proxy = ProxyServer(target, credentials, tls, socks)
    with scripted_server(proxy.serve) as server:
        scheme = "socks5" if socks else "http" if tls is None else "https"
        proxy.url = f"{scheme}://{server.url.removeprefix('http://')}"
        yield proxy
