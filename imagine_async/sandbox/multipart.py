"""Reading a multipart body from a stranger: capped in bytes, parts and time, and whole or refused."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import anyio
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from imagine_async.sandbox.replies import RefusedError
from imagine_async.sandbox.threads import body_places

__all__ = ["MAX_TEXT_BYTES", "read_form"]

_MAX_FILES = 8
_MAX_TEXTS = 64
MAX_TEXT_BYTES = 256 * 1024
"""Bytes of the longest text part."""
# Of all texts of a form together, which lie in memory.
_MAX_BYTES_OF_TEXTS = 1024 * 1024
# Whole bodies may take so many times as long as one piece: else a byte a minute would hold a place for ever.
_PATIENCES = 10
_CLOSE = {"connection": "close"}

_logger = logging.getLogger(__name__)


class _WholeParser(MultiPartParser):
    """A parser that knows whether the closing boundary came; Starlette's takes a cut body for a whole one."""

    # Larger files go to disk: the memory of a form is small enough for many at once.
    spool_max_size = 256 * 1024
    whole = False
    bytes_of_texts = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current_part.file is None:
            self.bytes_of_texts += end - start
            if self.bytes_of_texts > _MAX_BYTES_OF_TEXTS:
                raise MultiPartException(f"The texts have more than {_MAX_BYTES_OF_TEXTS} bytes.")
        super().on_part_data(data, start, end)

    def on_end(self) -> None:
        self.whole = True


@asynccontextmanager
async def read_form(request: Request, *, max_bytes: int, patience: float) -> AsyncGenerator[FormData, None]:
    """Read a request's form; its files lie in memory or on disk until the block ends.

    Args:
        request: The request.
        max_bytes: Bytes of the largest body.
        patience: Seconds to wait for the next piece of the body; the whole body may take ten times as long.

    Raises:
        RefusedError: The body is no whole multipart form, or one of the caps was passed, or the server has no room.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise RefusedError(1100, "The request must be multipart/form-data.")
    async with body_places():
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
    except OSError as error:
        # The disk is full, or there are too many open files.
        _logger.exception("A form cannot be kept")
        raise RefusedError(1200, "There is no room for the request.", headers=_CLOSE) from error
    if not parser.whole:
        await form.close()
        raise RefusedError(1100, "The multipart form ends before its closing boundary.")
    return form


async def _pieces(request: Request, max_bytes: int, patience: float) -> AsyncGenerator[bytes, None]:
    _check_size(_announced_size(request), max_bytes)
    size, latest = 0, anyio.current_time() + _PATIENCES * patience
    async with aclosing(request.stream()) as stream:
        while (piece := await _next_piece(stream, min(patience, latest - anyio.current_time()))) is not None:
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
