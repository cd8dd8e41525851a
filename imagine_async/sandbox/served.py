"""The picture endpoints as the sandbox serves them: the catalog's, some with what was invented for them."""

from __future__ import annotations

from imagine_async.catalog import ENDPOINTS, V1_ENDPOINTS, V1_UPSCALE, Endpoint
from imagine_async.sandbox.resizing import RESIZE_WITH_SIZE

__all__ = ["PICTURE_ENDPOINTS", "paths_of"]

_INSTEAD = {RESIZE_WITH_SIZE.name: RESIZE_WITH_SIZE}

PICTURE_ENDPOINTS: tuple[Endpoint, ...] = tuple(
    _INSTEAD.get(endpoint.name, endpoint) for endpoint in (*ENDPOINTS, *V1_ENDPOINTS)
)
"""The endpoints that answer with a picture."""


def paths_of(endpoint: Endpoint) -> tuple[str, ...]:
    """Return every path that an endpoint is served at.

    Args:
        endpoint: One of `PICTURE_ENDPOINTS`.
    """
    # The vendor's two clients do not agree on the slash.
    path = endpoint.path
    return (path, f"{path}/") if endpoint.name == V1_UPSCALE.name else (path,)
