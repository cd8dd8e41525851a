"""An async-first SDK for the Imagine API, with a sync facade and a local sandbox.

Names are loaded when they are first used, so that importing the package does no work.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imagine_async.call import (
        Call,
        Event,
        Handler,
        Observer,
    )
    from imagine_async.catalog import (
        AspectRatio,
        Style,
    )
    from imagine_async.client import AsyncImagine
    from imagine_async.config import Secret
    from imagine_async.errors import (
        APIError,
        AuthenticationError,
        BadRequestError,
        BudgetExceededError,
        ClientClosedError,
        ConfigurationError,
        ConnectError,
        DeadlineExceededError,
        DisconnectedError,
        ImagineError,
        InsufficientCreditsError,
        InvalidRequestError,
        MissingExtraError,
        NotFoundError,
        Outcome,
        RateLimitedError,
        ReplyError,
        ReplyTooLargeError,
        ServerError,
        ServiceUnavailableError,
        TransportError,
        TruncatedReplyError,
        UnexpectedReplyError,
        UnpricedCallError,
    )
    from imagine_async.inputs import ImageInput
    from imagine_async.middleware import (
        NO_RETRY,
        Budget,
        Middleware,
        RateLimit,
        RetryPolicy,
    )
    from imagine_async.options import ClientOptions
    from imagine_async.requests import (
        AiBackground,
        AiResize,
        GenerativeFill,
        RemoveBackground,
        Request,
        Retouch,
        TextToImage,
        TextToPng,
        Upscale,
    )
    from imagine_async.results import (
        Image,
        Usage,
        UsageRow,
    )
    from imagine_async.sync import Imagine

    __version__: str

_HOMES = {
    "call": (
        "Call",
        "Event",
        "Handler",
        "Observer",
    ),
    "catalog": (
        "AspectRatio",
        "Style",
    ),
    "client": ("AsyncImagine",),
    "config": ("Secret",),
    "errors": (
        "APIError",
        "AuthenticationError",
        "BadRequestError",
        "BudgetExceededError",
        "ClientClosedError",
        "ConfigurationError",
        "ConnectError",
        "DeadlineExceededError",
        "DisconnectedError",
        "ImagineError",
        "InsufficientCreditsError",
        "InvalidRequestError",
        "MissingExtraError",
        "NotFoundError",
        "Outcome",
        "RateLimitedError",
        "ReplyError",
        "ReplyTooLargeError",
        "ServerError",
        "ServiceUnavailableError",
        "TransportError",
        "TruncatedReplyError",
        "UnexpectedReplyError",
        "UnpricedCallError",
    ),
    "inputs": ("ImageInput",),
    "middleware": (
        "NO_RETRY",
        "Budget",
        "Middleware",
        "RateLimit",
        "RetryPolicy",
    ),
    "options": ("ClientOptions",),
    "requests": (
        "AiBackground",
        "AiResize",
        "GenerativeFill",
        "RemoveBackground",
        "Request",
        "Retouch",
        "TextToImage",
        "TextToPng",
        "Upscale",
    ),
    "results": (
        "Image",
        "Usage",
        "UsageRow",
    ),
    "sync": ("Imagine",),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "NO_RETRY",
    "APIError",
    "AiBackground",
    "AiResize",
    "AspectRatio",
    "AsyncImagine",
    "AuthenticationError",
    "BadRequestError",
    "Budget",
    "BudgetExceededError",
    "Call",
    "ClientClosedError",
    "ClientOptions",
    "ConfigurationError",
    "ConnectError",
    "DeadlineExceededError",
    "DisconnectedError",
    "Event",
    "GenerativeFill",
    "Handler",
    "Image",
    "ImageInput",
    "Imagine",
    "ImagineError",
    "InsufficientCreditsError",
    "InvalidRequestError",
    "Middleware",
    "MissingExtraError",
    "NotFoundError",
    "Observer",
    "Outcome",
    "RateLimit",
    "RateLimitedError",
    "RemoveBackground",
    "ReplyError",
    "ReplyTooLargeError",
    "Request",
    "Retouch",
    "RetryPolicy",
    "Secret",
    "ServerError",
    "ServiceUnavailableError",
    "Style",
    "TextToImage",
    "TextToPng",
    "TransportError",
    "TruncatedReplyError",
    "UnexpectedReplyError",
    "UnpricedCallError",
    "Upscale",
    "Usage",
    "UsageRow",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from imagine_async.version import VERSION

        return VERSION
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
