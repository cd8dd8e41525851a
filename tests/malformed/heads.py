"""Requests that are wrong as HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from tests.malformed.wire import BOUNDARY, KEY, TYPE, form_request, part, request

__all__ = ["bad_heads"]

_PATH = "/v2/image/generations"
_LINE = f"POST {_PATH} HTTP/1.1\r\n"
_KEY = f"Host: sandbox\r\nAuthorization: Bearer {KEY}\r\nContent-Type: {TYPE}\r\n"
_CHUNKED = f"{_LINE}{_KEY}Transfer-Encoding: chunked\r\n\r\n".encode()
_TEXTS = part("prompt", b"a fox")
_BAD = form_request(_PATH, _TEXTS)
_END = f"--{BOUNDARY}--\r\n"


def bad_heads() -> Iterator[tuple[str, bytes]]:
    """Yield requests by what is wrong with them; none of them may be charged."""
    yield from _other_protocols()
    yield from _bad_lines()
    yield from _bad_headers()
    yield from _bad_chunks()
    yield from _smuggled()


def _other_protocols() -> Iterator[tuple[str, bytes]]:
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 2
    yield "TLS", hello
    yield "HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)
    yield "HTTP/0.9", f"GET {_PATH}\r\n".encode()
    yield "HTTP/9.9", f"GET {_PATH} HTTP/9.9\r\n\r\n".encode()
    yield "SSH", b"SSH-2.0-OpenSSH_9.6\r\n"
    yield "SMTP", b"EHLO sandbox\r\nMAIL FROM:<a@b>\r\n"
    yield "Redis", b"*1\r\n$4\r\nPING\r\n"
    yield "zeros", bytes(70_000)
    yield "line ends", b"\r\n" * 40_000
    yield "noise", bytes(n * n % 251 for n in range(70_000))


def _bad_lines() -> Iterator[tuple[str, bytes]]:
    paths = ["", "*", "x", "sandbox:80", "http://elsewhere/v2/x", "//v2//image", "/v2/" + "a" * 60_000]
    paths += ["/v2/%00", "/v2/%ff%fe", "/v2/%2e%2e/%2e%2e/etc/passwd", "/v2/../../etc/passwd", "/v2/\\..\\", "/v2/%"]
    paths += ["/v2/\0", "/v2/\xff", "/v2/a b", "/v2/%0d%0aX:%20y", "/v2/?" + "a=b&" * 10_000, "/v2/#x", "/_results/%00"]
    paths += ["/v2/video/%2f/status", "/v1/imagine/api/" + "%41" * 5000, "/_sandbox/calls/%00/picture"]
    for path in paths:
        yield "path", request(path)
    for method in ["", "post", "X" * 5000, "PO ST", "P\0ST", "TRACE", "CONNECT", "OPTIONS", "PRI", "\xff"]:
        yield "method", request(method=method)


def _bad_headers() -> Iterator[tuple[str, bytes]]:
    lines = ["X: " + "a" * 70_000, "X" * 70_000 + ": a", "X: y\r\n" * 5000, "no colon", ": no name", "A B: c", "A : b"]
    lines += [
        "X: a\r\n folded",
        "X: \0",
        "X: \x01\x02",
        "Ä: b",
        "Host: other",
        "Host:\r\nHost:",
        "Connection: " + "a," * 9000,
    ]
    lines += ["Expect: 200-ok", "Upgrade: websocket\r\nConnection: upgrade", "Upgrade: h2c\r\nConnection: Upgrade"]
    lines += ["Content-Encoding: gzip", "Content-Type: text/plain", "Cookie: " + "a=b;" * 9000, "Range: bytes=0-0"]
    for line in lines:
        yield "header", f"{_LINE}{_KEY}{line}\r\nContent-Length: {len(_TEXTS)}\r\n\r\n".encode("latin-1") + _TEXTS
    for host in ["", "[", "[::1", "a b", "a/b", "\xff", "x:99999999", "x@y", "a" * 30_000]:
        yield "host", request("/v2/x", {"Host": host})
    for key in [
        "",
        "Bearer",
        "Bearer ",
        "Basic " + "A" * 9000,
        "Bearer \xff\xfe",
        "Bearer " + "k" * 30_000,
        "bearer\t" + KEY,
    ]:
        yield "key", request("/v2/x", {"Authorization": key})
    for length in ["-1", "+5", "abc", "1e3", "0x10", "9" * 30, "1, 2", "1\r\nContent-Length: 2", "", " ", "1.0"]:
        yield "length", form_request(_PATH, _TEXTS, length=length)
    for kind in [
        "",
        "multipart/form-data",
        TYPE + "x" * 300,
        TYPE + "; charset=" + "x" * 3000,
        "multipart/form-data; boundary=",
    ]:
        yield "content type", request(_PATH, {"Content-Type": kind}, _TEXTS + _END.encode())
    for charset in ["undefined", "idna", "utf-16", "zlib", "rot13", "punycode", "\xff"]:
        yield "charset", request(_PATH, {"Content-Type": f"{TYPE}; charset={charset}"}, _TEXTS + _END.encode())


def _bad_chunks() -> Iterator[tuple[str, bytes]]:
    for size in ["-1", "g", "0x5", "", " ", "F" * 30, "5 ; a", "5" + ";a=b" * 20_000, "\0", "1" * 17]:
        yield "chunk", _CHUNKED + f"{size}\r\nhello\r\n0\r\n\r\n".encode()
    yield "chunk", _CHUNKED + b"5\nhello\n0\n\n"
    yield "chunk", _CHUNKED + b"3\r\nhello\r\n0\r\n\r\n"
    yield "chunk", _CHUNKED + b"1\r\n-\r\n" * 20_000 + b"0\r\n\r\n"
    yield "chunk", _CHUNKED + b"0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n"
    yield "chunk", _CHUNKED.replace(b": chunked", b": chunked, chunked") + b"0\r\n\r\n"
    yield "chunk", _CHUNKED.replace(b": chunked", b": gzip") + b"0\r\n\r\n"


def _smuggled() -> Iterator[tuple[str, bytes]]:
    hidden = request("/v2/image/enhance")
    yield "smuggled", _CHUNKED.replace(b"Transfer", b"Content-Length: 5\r\nTransfer") + b"0\r\n\r\n" + hidden
    yield "smuggled", _CHUNKED.replace(b"Transfer-Encoding", b"Content-Length: 5\r\nTransfer-Encoding ") + b"0\r\n\r\n"
    yield "smuggled", _CHUNKED.replace(b": chunked", b":\x0bchunked") + b"0\r\n\r\n" + hidden
    yield "smuggled", _CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n" + hidden
    yield "pipelined", _BAD * 50
    yield "pipelined", _BAD + b"garbage" * 5000
    yield "pipelined", request("/v2/x", method="GET") * 200
