"""Keeps tests from reaching the real API, where calls need a key and cost tokens."""

from __future__ import annotations

from imagine_async.testing.guard.watching import Guard, RealApiError

__all__ = ["Guard", "RealApiError"]
