"""What every kind of call stands on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from imagine_async.requests import Request, ResultT
from imagine_async.timeout import Timeout

__all__ = ["AsyncCalls"]


class AsyncCalls(ABC):
    """Something that sends requests; the client is."""

    @abstractmethod
    async def send(
        self,
        request: Request[ResultT],
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        batch: str | None = None,
        resend_unknown: bool | None = None,
    ) -> ResultT:
        """Make any call from its request; see the client."""
