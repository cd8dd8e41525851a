"""A warning where a sync call blocks the event loop of its own thread."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

from attrs import frozen

__all__ = ["BlockingCallWarning", "PublicCall", "public_call", "warn_if_blocking"]

_PACKAGE = __name__.partition(".")[0]
# They take no time worth a warning, and the block that they open or close is named by the calls within.
_QUICK = ("__enter__", "__exit__", "close")
# Asked of the libraries that are loaded: what tells by context variables takes a worker thread for its loop's.
_ASK_FOR_A_LOOP = (
    ("asyncio", "asyncio.events", "_get_running_loop"),
    ("trio", "trio.lowlevel", "in_trio_run"),
)


class BlockingCallWarning(RuntimeWarning):
    """A call of the sync client blocks a running event loop: nothing else on that loop goes on meanwhile."""


@frozen
class PublicCall:
    """The call of the sync client that the user's code made.

    Args:
        method: The method's name.
        is_iterated: Whether it returns an iterator.
        sub_client: The attribute of the client that leads to the method, with its dot; empty for the client itself.
    """

    method: str
    is_iterated: bool = False
    sub_client: str = ""

    def instead(self) -> str:
        """Return the line to write instead."""
        call = f"AsyncImagine(...).{self.sub_client}{self.method}(...)"
        return f"async for ... in {call}" if self.is_iterated else f"await {call}"


def public_call(*, is_iterated: bool = False) -> PublicCall | None:
    """Find the public method that the running call came through.

    Args:
        is_iterated: Whether it returns an iterator.

    Returns:
        The call; `None` where the bridge is used without the client.
    """
    ours, _ = _our_outermost_frame()
    module = _module(ours)
    if module.startswith(f"{_PACKAGE}.bridge"):
        return None
    return PublicCall(ours.f_code.co_name, is_iterated, "v1." if module.endswith(".v1") else "")


def warn_if_blocking(call: PublicCall | None = None) -> None:
    """Warn if an event loop runs in this thread, unless it is a notebook's; costs about a microsecond if none does.

    The warning is given at the line of the user's code, so Python's filters show it once for each of these.

    Args:
        call: The call, where the stack no longer tells it.
    """
    library = _running_loop()
    if library is None or _in_notebook():
        return
    call = call or public_call()
    if call is None or call.method in _QUICK:
        return
    _warn_at_the_users_line(
        f"{call.method}() of the sync client blocks the {library} event loop that runs in this thread: nothing else on "
        f"it goes on until the call has ended. Write `{call.instead()}`, or call it in a worker thread"
    )


def _warn_at_the_users_line(message: str) -> None:
    # `stacklevel` would depend on how many of our own frames stand between.
    _, frame = _our_outermost_frame()
    assert frame is not None  # Somebody else's frame runs the loop.
    warnings.warn_explicit(
        message,
        BlockingCallWarning,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno,
        module=_module(frame),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def _our_outermost_frame() -> tuple[FrameType, FrameType | None]:
    """Go up the stack; return the last frame of ours, and the one that called it."""
    ours = sys._getframe()
    while (caller := ours.f_back) is not None and _module(caller).partition(".")[0] == _PACKAGE:
        ours = caller
    return ours, caller


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "<unknown>"))


def _running_loop() -> str | None:
    for library, module, name in _ASK_FOR_A_LOOP:
        ask = getattr(sys.modules.get(module), name, None)
        if ask is not None and ask():
            return library
    return None


def _in_notebook() -> bool:
    ask = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return ask is not None and ask() is not None
