"""The way to the wire: the only package that knows httpx and httpcore."""

from __future__ import annotations

from imagine_async.transport.answering import Answered, Asked, NothingSentError, client_answered_by, pass_on
from imagine_async.transport.in_process import in_process_client
from imagine_async.transport.sender import Transport

__all__ = [
    "Answered",
    "Asked",
    "NothingSentError",
    "Transport",
    "client_answered_by",
    "in_process_client",
    "pass_on",
]
