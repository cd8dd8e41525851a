"""The way to the wire: the only package that knows httpx and httpcore."""

from __future__ import annotations

from imagine_async.transport.in_process import in_process_client
from imagine_async.transport.sender import Transport

__all__ = ["Transport", "in_process_client"]
