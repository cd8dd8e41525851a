"""Reading a multipart body from a stranger: capped in bytes, parts and time, and whole or refused."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import anyio
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from imagine_async.sandbox.replies import RefusedError

__all__ = ["MAX_TEXT_BYTES", "read_form"]

_MAX_FILES = 8
_MAX_TEXTS = 64
MAX_TEXT_BYTES = 256 * 1024
"""Bytes of the longest text part."""
_CLOSE = {"connection": "close"}


class _WholeParser(MultiPartParser):
    """A parser that knows whether the closing boundary came; Starlette's takes a cut body for a whole one."""

    whole = False

    def on_end(self) -> None:
        self.whole = True


@asynccontextmanager
async def read_form(request: Request, *, max_bytes: int, patience: float) -> AsyncGenerator[FormData, None]:
    """Read a request's form; its files lie in memory or on disk until the block ends.

    Args:
        request: The request.
        max_bytes: Bytes of the largest body.
        patience: Seconds to wait for the next piece of the body.

    Raises:
        RefusedError: The body is no whole multipart form, or one of the caps was passed.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise RefusedError(1100, "The request must be multipart/form-data.")
    form = await _parse(request, _pieces(request, max_bytes, patience))
    try:
        yield form
    finally:
        await form.close()


async def _parse(request: Request, pieces: AsyncGenerator[bytes, None]) -> FormData:
    limits = {"max_files": _MAX_FILES, "max_fields": _MAX_TEXTS, "max_part_size": MAX_TEXT_BYTES}
    parser = _WholeParser(request.headers, pieces, **limits)
    try:
        async with aclosing(pieces):
            form = await parser.parse()
    except MultiPartException as error:
        raise RefusedError(1100, f"The multipart form cannot be read: {error.message}") from error
    except (FormParserError, UnicodeError) as error:
        # An over-long boundary, or a charset that exists but cannot decode.
        raise RefusedError(1100, "The multipart form cannot be read.") from error
    if not parser.whole:
        await form.close()
        raise RefusedError(1100, "The multipart form ends before its closing boundary.")
    return form


async def _pieces(request: Request, max_bytes: int, patience: float) -> AsyncGenerator[bytes, None]:
    _check_size(_announced_size(request), max_bytes)
    stream, size = request.stream(), 0
    while (piece := await _next_piece(stream, patience)) is not None:
        size += len(piece)
        _check_size(size, max_bytes)
        yield piece


async def _next_piece(stream: AsyncIterator[bytes], patience: float) -> bytes | None:
    try:
        with anyio.fail_after(patience):
            return await anext(stream, None)
    except TimeoutError:
        raise RefusedError(1100, "The request's body did not arrive in time.", status=408, headers=_CLOSE) from None
    except ClientDisconnect:
        raise RefusedError(1100, "The request's body ended early.") from None


def _announced_size(request: Request) -> int:
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 20 else 0


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise RefusedError(1100, f"The request's body is larger than {max_bytes} bytes.", status=413)
