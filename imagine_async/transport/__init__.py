"""The way to the wire: the only package that knows httpx and httpcore."""

from __future__ import annotations

from imagine_async.transport.handed import PlainReply, PlainRequest, ask_onward, handed_client
from imagine_async.transport.in_process import in_process_client
from imagine_async.transport.sender import Transport

__all__ = ["PlainReply", "PlainRequest", "Transport", "ask_onward", "handed_client", "in_process_client"]
