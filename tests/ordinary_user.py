"""Become somebody with ordinary rights: the administrator may write anything."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

__all__ = ["as_ordinary_user"]


@contextlib.contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Give up the administrator's rights, if this process has them, until the block ends."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
