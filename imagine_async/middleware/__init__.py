"""What happens to a call between the client and the wire: retries, pacing, bookkeeping, and the user's own."""

from __future__ import annotations

from imagine_async.middleware.base import Middleware
from imagine_async.middleware.retry import NO_RETRY, RetryPolicy

__all__ = ["NO_RETRY", "Middleware", "RetryPolicy"]
