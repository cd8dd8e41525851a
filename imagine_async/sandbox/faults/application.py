"""A Starlette application with faults around all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp

from imagine_async.sandbox.faults.drawing import Draws
from imagine_async.sandbox.faults.loading import Faults
from imagine_async.sandbox.faults.middleware import FaultLayer

__all__ = ["FaultySandbox"]


class FaultySandbox(Starlette):
    """An application that commits faults.

    Its own list of middleware would not do: Starlette puts a layer around those that wraps `send`, behind which the
    connection lies, and that answers every exception.

    Args:
        faults: The rules; `None` for an application without faults.
        clock: Seconds on a clock that never steps back.
        parts: As for Starlette.
    """

    def __init__(self, faults: Faults | None, clock: Callable[[], float], **parts: Any) -> None:
        super().__init__(**parts)
        self._faults = faults
        self.state.faults = None if faults is None else Draws(faults, clock)

    def build_middleware_stack(self) -> ASGIApp:
        """Put the faults around everything."""
        stack = super().build_middleware_stack()
        return stack if self._faults is None else FaultLayer(stack, self.state.faults, self._faults.sleep)
