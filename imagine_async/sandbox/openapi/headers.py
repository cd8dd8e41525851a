"""The headers of replies."""

from __future__ import annotations

from typing import Any

from imagine_async.sandbox.openapi.invented import INVENTED

__all__ = ["HEADERS", "QUOTA", "RETRY_AFTER"]

_COUNT = {"type": "integer", "minimum": 0}

HEADERS: dict[str, Any] = {
    "RateLimitLimit": {
        "description": "Requests of the key in a window; absent where the key is unknown or has no limit.",
        "schema": _COUNT,
        "x-source": "observed",
    },
    "RateLimitRemaining": {"description": "Requests left in the window.", "schema": _COUNT, **INVENTED},
    "RateLimitReset": {
        "description": "Seconds until the oldest counted request leaves the window.",
        "schema": _COUNT,
        **INVENTED,
    },
    "RetryAfter": {"description": "Seconds to wait.", "schema": _COUNT, **INVENTED},
}
"""The components."""

QUOTA: dict[str, Any] = {
    "x-ratelimit-limit": {"$ref": "#/components/headers/RateLimitLimit"},
    "x-ratelimit-remaining": {"$ref": "#/components/headers/RateLimitRemaining"},
    "x-ratelimit-reset": {"$ref": "#/components/headers/RateLimitReset"},
}
"""What is left of the rate limit."""

RETRY_AFTER: dict[str, Any] = {"retry-after": {"$ref": "#/components/headers/RetryAfter"}}
"""When to come again."""
