"""Errors of the network and the HTTP libraries, turned into the SDK's own with their outcome."""

from __future__ import annotations

from imagine_async.call import Call
from imagine_async.errors import ConnectError, DisconnectedError, ImagineError, Outcome
from imagine_async.transport.http_library import loaded_libraries

__all__ = ["bare", "innermost", "reason", "translate"]


def translate(error: Exception, call: Call) -> ImagineError:
    """Turn a foreign error into one of the SDK's.

    Args:
        error: One of the `errors` of an HTTP library.
        call: The call that it befell; tells how far the form had come.

    Returns:
        An error that holds no object of the HTTP library.
    """
    sent = call.outcome is not Outcome.NOT_SENT
    # Not every transport tells a connection that fails from one that breaks: what has left has left.
    if not sent and any(isinstance(error, library.never_connected) for library in loaded_libraries()):
        return ConnectError(f"no connection to the API: {reason(error)}; nothing was sent", call_id=call.id)
    advice = "the call may have been done and charged" if sent else "nothing was sent"
    return DisconnectedError(f"the connection broke: {reason(error)}; {advice}", outcome=call.outcome, call_id=call.id)


def innermost(error: BaseException) -> BaseException | None:
    """Find the operating system's error behind the libraries' wrappers, which hold the request and so the key.

    Only causes are followed: at the end of the contexts stands what the caller was handling when it made the call.

    Args:
        error: The outermost error.

    Returns:
        The last `OSError` in the line of causes, or `None`.
    """
    found: OSError | None = None
    seen: BaseException | None = error
    while seen is not None:
        found = seen if isinstance(seen, OSError) else found
        seen = seen.__cause__
    return found


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


def reason(error: Exception) -> str:
    """Say in a few words what happened.

    Args:
        error: One of the `errors` of an HTTP library.

    Returns:
        Its name, and what the operating system said.
    """
    root = innermost(error)
    text = str(root) or str(error) if root is not None else str(error)
    name = type(error).__name__
    return f"{name} ({text})" if text else name
