"""Requests that are right as HTTP, and wrong as forms."""

from __future__ import annotations

from collections.abc import Iterator

from imagine_async.sandbox.served import PICTURE_ENDPOINTS
from tests.malformed.pictures import bad_pictures
from tests.malformed.wire import BOUNDARY, TYPE, Attempt, form_request, part, request

__all__ = ["bad_forms", "bad_uploads", "endless", "slow"]

_PATH = "/v2/image/generations"
_END = f"--{BOUNDARY}--\r\n".encode()
_TEXTS = part("prompt", b"a fox") + part("style", b"anime")
_HEAD = {"Content-Type": TYPE}
_MEGABYTE = bytes(1 << 20)


def bad_forms() -> Iterator[tuple[str, bytes]]:
    """Yield requests by what is wrong with them, for every endpoint; none of them may be charged."""
    for endpoint in PICTURE_ENDPOINTS:
        for kind, body in _bodies():
            yield kind, request(endpoint.path, _HEAD, body)


def _bodies() -> Iterator[tuple[str, bytes]]:
    many = b"".join(part(f"p{n}", b"x") for n in range(1000))
    files = b"".join(part(f"p{n}", b"x", file="x.png") for n in range(1000))
    yield "1000 parts", many + _TEXTS + _END
    yield "1000 files", files + _TEXTS + _END
    yield "giant text", part("prompt", b"x" * 300_000) + _TEXTS + _END
    yield "giant texts", b"".join(part(f"p{n}", b"x" * 250_000) for n in range(60)) + _END
    yield "giant part header", part("prompt", b"x", extra="; a=" + "x" * 100_000) + _END
    yield "no closing boundary", _TEXTS
    yield "cut in a header", part("prompt", b"x")[:30]
    yield "no parts", _END
    yield "nested", part("prompt", part("prompt", b"x") + _END) + _TEXTS + _END
    yield "no name", _TEXTS.replace(b"name=", b"nome=") + _END
    yield "bare line feeds", _TEXTS.replace(b"\r\n", b"\n") + _END
    yield "almost boundaries", part("image", b"\r\n--B0un" * 20_000, file="x")
    yield "JSON", b'{"prompt": "a fox"}'
    yield "zeros", bytes(100_000)


def bad_uploads() -> Iterator[tuple[str, bytes]]:
    """Yield requests with files that are no good, for every endpoint that takes files."""
    pictures = bad_pictures()
    for endpoint in PICTURE_ENDPOINTS:
        names = [field.name for field in endpoint.fields if field.kind == "file"]
        for kind, content in pictures.items() if names else ():
            files = (part(name, content, file="../../x\0.png") for name in names)
            yield kind, form_request(endpoint.path, _TEXTS, part("style_id", b"21"), *files)


def slow(seconds: float) -> Iterator[Attempt]:
    """Yield requests that come byte by byte, or not at all, and hold their connection for as long as they may."""
    steps = int(seconds / 0.2)
    begun = request(_PATH, _HEAD, _TEXTS, length="5000")
    for _ in range(30):
        yield Attempt("slow body", [begun, *[b"x"] * steps], pause=0.2)
        yield Attempt("slow head", [b"POST / HTTP/1.1\r\n", *[b"X: y\r\n"] * steps], pause=0.2)
        yield Attempt("silent", [b"", b""], pause=seconds)


def endless() -> Iterator[Attempt]:
    """Yield bodies without an end, that many at once would fill memory or disk with."""
    file = part("image", b"", file="x.png")[:-2]
    chunked = request(_PATH, {**_HEAD, "Transfer-Encoding": "chunked"}).replace(b"Content-Length: 0\r\n", b"")
    chunk = b"100000\r\n" + _MEGABYTE + b"\r\n"
    first = f"{len(file):x}\r\n".encode() + file + b"\r\n"
    for _ in range(6):
        yield Attempt("endless", [chunked + first, *[chunk] * 70])
        yield Attempt("over the cap", [request(_PATH, _HEAD, file, length=str(2**33)), *[_MEGABYTE] * 5])
        yield Attempt("hung up", [request(_PATH, _HEAD, file, length=str(2**24)), *[_MEGABYTE] * 5], stays=False)
