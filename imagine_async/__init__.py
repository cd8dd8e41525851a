"""An async-first SDK for the Imagine API, with a sync facade and a local sandbox.

Names are loaded when they are first used, so that importing the package does no work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagine_async.on_use import loaded_on_use

if TYPE_CHECKING:
    from imagine_async.batch.handle import AsyncBatch
    from imagine_async.batch.manifest import read_manifest
    from imagine_async.batch.records import BatchProgress, BatchSummary, RowRecord, RowState
    from imagine_async.batch.results import RowResult
    from imagine_async.batch.rows import Row, RowError, RowInput
    from imagine_async.batch.sinks.opening import open_sink
    from imagine_async.batch.sync_handle import Batch
    from imagine_async.bridge.blocking import BlockingCallWarning
    from imagine_async.call import (
        Call,
        Event,
        Handler,
        Observer,
        Result,
    )
    from imagine_async.calls.v1 import AsyncV1
    from imagine_async.catalog import (
        AspectRatio,
        Style,
        V1AspectRatio,
        V1Control,
        V1Style,
        VideoAspectRatio,
        VideoState,
        VideoStyle,
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
        DownloadError,
        ImagineError,
        InsufficientCreditsError,
        InvalidRequestError,
        MissingExtraError,
        NotFoundError,
        Outcome,
        RateLimitedError,
        ReplyError,
        ReplyTooLargeError,
        ResultStorageError,
        ServerError,
        ServiceUnavailableError,
        StoreError,
        TransportError,
        TruncatedReplyError,
        UnexpectedReplyError,
        UnpricedCallError,
        UnsafeUrlError,
        VideoFailedError,
        VideoNotReadyError,
    )
    from imagine_async.inputs import ImageInput, RowOutput
    from imagine_async.masks import (
        check_mask,
        invert_mask,
        mask_from_alpha,
        mask_from_box,
    )
    from imagine_async.middleware import (
        NO_RETRY,
        Middleware,
        RetryPolicy,
    )
    from imagine_async.middleware.cache import Cache
    from imagine_async.middleware.gate import Concurrency
    from imagine_async.middleware.retry_budget import RetryBudget
    from imagine_async.middleware.single_flight import SingleFlight
    from imagine_async.options import ClientOptions
    from imagine_async.prices import (
        Price,
        PriceList,
    )
    from imagine_async.quota import Quota
    from imagine_async.requests import (
        AiBackground,
        AiResize,
        GenerativeFill,
        ImageRequest,
        ImageToVideo,
        RemoveBackground,
        Request,
        Retouch,
        TextToImage,
        TextToPng,
        TextToVideo,
        Upscale,
    )
    from imagine_async.requests_v1 import (
        V1Generations,
        V1Guided,
        V1Inpaint,
        V1Remix,
        V1Upscale,
        V1Variations,
    )
    from imagine_async.results import Image
    from imagine_async.serialization import (
        make_converter,
        request_from_dict,
        request_to_dict,
    )
    from imagine_async.stores import (
        Budget,
        Hold,
        MemoryStore,
        RateLimit,
        Store,
    )
    from imagine_async.stores.redis import RedisStore
    from imagine_async.stores.sqlite import SqliteStore
    from imagine_async.sync import Imagine
    from imagine_async.sync_calls.v1 import V1
    from imagine_async.timeout import Timeout
    from imagine_async.usage import (
        BudgetState,
        Estimate,
        Reconciliation,
        Usage,
        UsageRow,
    )
    from imagine_async.video import (
        Video,
        VideoJob,
    )

_HOMES = {
    "batch.handle": ("AsyncBatch",),
    "batch.manifest": ("read_manifest",),
    "batch.records": (
        "BatchProgress",
        "BatchSummary",
        "RowRecord",
        "RowState",
    ),
    "batch.results": ("RowResult",),
    "batch.rows": ("Row", "RowError", "RowInput"),
    "batch.sinks.opening": ("open_sink",),
    "batch.sync_handle": ("Batch",),
    "bridge.blocking": ("BlockingCallWarning",),
    "call": (
        "Call",
        "Event",
        "Handler",
        "Observer",
        "Result",
    ),
    "calls.v1": ("AsyncV1",),
    "catalog": (
        "AspectRatio",
        "Style",
        "V1AspectRatio",
        "V1Control",
        "V1Style",
        "VideoAspectRatio",
        "VideoState",
        "VideoStyle",
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
        "DownloadError",
        "ImagineError",
        "InsufficientCreditsError",
        "InvalidRequestError",
        "MissingExtraError",
        "NotFoundError",
        "Outcome",
        "RateLimitedError",
        "ReplyError",
        "ReplyTooLargeError",
        "ResultStorageError",
        "ServerError",
        "ServiceUnavailableError",
        "StoreError",
        "TransportError",
        "TruncatedReplyError",
        "UnexpectedReplyError",
        "UnpricedCallError",
        "UnsafeUrlError",
        "VideoFailedError",
        "VideoNotReadyError",
    ),
    "inputs": ("ImageInput", "RowOutput"),
    "masks": (
        "check_mask",
        "invert_mask",
        "mask_from_alpha",
        "mask_from_box",
    ),
    "middleware": (
        "NO_RETRY",
        "Middleware",
        "RetryPolicy",
    ),
    "middleware.cache": ("Cache",),
    "middleware.gate": ("Concurrency",),
    "middleware.retry_budget": ("RetryBudget",),
    "middleware.single_flight": ("SingleFlight",),
    "options": ("ClientOptions",),
    "prices": (
        "Price",
        "PriceList",
    ),
    "quota": ("Quota",),
    "requests": (
        "AiBackground",
        "AiResize",
        "GenerativeFill",
        "ImageRequest",
        "ImageToVideo",
        "RemoveBackground",
        "Request",
        "Retouch",
        "TextToImage",
        "TextToPng",
        "TextToVideo",
        "Upscale",
    ),
    "requests_v1": (
        "V1Generations",
        "V1Guided",
        "V1Inpaint",
        "V1Remix",
        "V1Upscale",
        "V1Variations",
    ),
    "results": ("Image",),
    "serialization": (
        "make_converter",
        "request_from_dict",
        "request_to_dict",
    ),
    "stores": (
        "Budget",
        "Hold",
        "MemoryStore",
        "RateLimit",
        "Store",
    ),
    "stores.redis": ("RedisStore",),
    "stores.sqlite": ("SqliteStore",),
    "sync": ("Imagine",),
    "sync_calls.v1": ("V1",),
    "timeout": ("Timeout",),
    "usage": (
        "BudgetState",
        "Estimate",
        "Reconciliation",
        "Usage",
        "UsageRow",
    ),
    "video": (
        "Video",
        "VideoJob",
    ),
}
_loaded = loaded_on_use(__name__, _HOMES)

__all__ = [
    "NO_RETRY",
    "V1",
    "APIError",
    "AiBackground",
    "AiResize",
    "AspectRatio",
    "AsyncBatch",
    "AsyncImagine",
    "AsyncV1",
    "AuthenticationError",
    "BadRequestError",
    "Batch",
    "BatchProgress",
    "BatchSummary",
    "BlockingCallWarning",
    "Budget",
    "BudgetExceededError",
    "BudgetState",
    "Cache",
    "Call",
    "ClientClosedError",
    "ClientOptions",
    "Concurrency",
    "ConfigurationError",
    "ConnectError",
    "DeadlineExceededError",
    "DisconnectedError",
    "DownloadError",
    "Estimate",
    "Event",
    "GenerativeFill",
    "Handler",
    "Hold",
    "Image",
    "ImageInput",
    "ImageRequest",
    "ImageToVideo",
    "Imagine",
    "ImagineError",
    "InsufficientCreditsError",
    "InvalidRequestError",
    "MemoryStore",
    "Middleware",
    "MissingExtraError",
    "NotFoundError",
    "Observer",
    "Outcome",
    "Price",
    "PriceList",
    "Quota",
    "RateLimit",
    "RateLimitedError",
    "Reconciliation",
    "RedisStore",
    "RemoveBackground",
    "ReplyError",
    "ReplyTooLargeError",
    "Request",
    "Result",
    "ResultStorageError",
    "Retouch",
    "RetryBudget",
    "RetryPolicy",
    "Row",
    "RowError",
    "RowInput",
    "RowOutput",
    "RowRecord",
    "RowResult",
    "RowState",
    "Secret",
    "ServerError",
    "ServiceUnavailableError",
    "SingleFlight",
    "SqliteStore",
    "Store",
    "StoreError",
    "Style",
    "TextToImage",
    "TextToPng",
    "TextToVideo",
    "Timeout",
    "TransportError",
    "TruncatedReplyError",
    "UnexpectedReplyError",
    "UnpricedCallError",
    "UnsafeUrlError",
    "Upscale",
    "Usage",
    "UsageRow",
    "V1AspectRatio",
    "V1Control",
    "V1Generations",
    "V1Guided",
    "V1Inpaint",
    "V1Remix",
    "V1Style",
    "V1Upscale",
    "V1Variations",
    "Video",
    "VideoAspectRatio",
    "VideoFailedError",
    "VideoJob",
    "VideoNotReadyError",
    "VideoState",
    "VideoStyle",
    "__version__",
    "check_mask",
    "invert_mask",
    "make_converter",
    "mask_from_alpha",
    "mask_from_box",
    "open_sink",
    "read_manifest",
    "request_from_dict",
    "request_to_dict",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from imagine_async.version import VERSION

        return VERSION
    return _loaded(name)


def __dir__() -> list[str]:
    return sorted(__all__)
