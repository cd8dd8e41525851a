"""Errors of the network and the HTTP libraries, turned into the SDK's own with their outcome."""

from __future__ import annotations

import ssl

import anyio
import httpcore
import httpx

from imagine_async.call import Call
from imagine_async.errors import ConnectError, DisconnectedError, ImagineError, Outcome

__all__ = ["FOREIGN_ERRORS", "bare", "innermost", "translate"]

FOREIGN_ERRORS: tuple[type[Exception], ...] = (
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    httpcore.ConnectionNotAvailable,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    anyio.BrokenResourceError,
    anyio.BusyResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
    OSError,
    ssl.SSLError,
)
"""What may come out of httpx, httpcore, anyio and ssl: their anyio backend leaves some errors unmapped."""

_NEVER_CONNECTED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.InvalidURL,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.ConnectionNotAvailable,
    httpcore.PoolTimeout,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


def translate(error: Exception, call: Call) -> ImagineError:
    """Turn a foreign error into one of the SDK's.

    Args:
        error: One of `FOREIGN_ERRORS`.
        call: The call that it befell; tells how far the form had come.

    Returns:
        An error that holds no object of the HTTP library.
    """
    if isinstance(error, _NEVER_CONNECTED):
        return ConnectError(f"no connection to the API: {_reason(error)}; nothing was sent", call_id=call.id)
    sent = call.outcome is not Outcome.NOT_SENT
    advice = "the call may have been done and charged" if sent else "nothing was sent"
    return DisconnectedError(f"the connection broke: {_reason(error)}; {advice}", outcome=call.outcome, call_id=call.id)


def innermost(error: BaseException) -> BaseException | None:
    """Find the operating system's error behind the libraries' wrappers, which hold the request and so the key.

    Args:
        error: The outermost error.

    Returns:
        An `OSError`, or `None`.
    """
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, OSError):
        seen = seen.__cause__ or seen.__context__
    return seen


def bare(error: BaseException | None) -> BaseException | None:
    """Cut an error off its traceback, whose frames hold the bytes that were being sent, key included.

    Args:
        error: The error.

    Returns:
        The same error.
    """
    if error is not None:
        error.__context__ = error.__cause__ = None
        error.with_traceback(None)
    return error


def _reason(error: Exception) -> str:
    root = innermost(error)
    text = str(root) or str(error) if root is not None else str(error)
    name = type(error).__name__
    return f"{name} ({text})" if text else name
