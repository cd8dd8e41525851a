"""The facts of a picture or a video as JSON, so that it can be made again. The key is never among them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from cattrs import Converter

from imagine_async.catalog import Dialect
from imagine_async.inputs import BytesSource, FileSource, PathSource, SpoolSource
from imagine_async.version import VERSION

if TYPE_CHECKING:
    from imagine_async.results import Image
    from imagine_async.video import Video

__all__ = ["SIDECAR_SUFFIX", "facts_as_json", "video_facts_as_json"]

SIDECAR_SUFFIX = ".json"
"""Stands behind the name of a picture or a video, its own suffix included, in that of the file with its facts."""


def facts_as_json(image: Image, **more: object) -> bytes:
    """Write down how a picture was made.

    Args:
        image: The picture.
        **more: Further facts by name.

    Returns:
        JSON with request, seed, cost, size, digest and SDK version; pictures that were sent appear by path or digest.
    """
    facts = {
        "sdk": f"imagine-async {VERSION}",
        "endpoint": image.request.endpoint.name,
        "request": _CONVERTER.unstructure(image.request),
        "seed": image.seed,
        "tokens": image.tokens,
        "elapsed_seconds": round(image.elapsed, 3),
        "attempts": image.attempts,
        "call_id": image.call_id,
        "format": image.format,
        "width": image.width,
        "height": image.height,
        "sha256": image.digest,
        **more,
    }
    return _as_json(facts)


def video_facts_as_json(video: Video, **more: object) -> bytes:
    """Write down how a video was made.

    Args:
        video: The video.
        **more: Further facts by name.

    Returns:
        JSON with the job's id, request, cost, size, digest and SDK version; URLs are left out, because they are signed.
    """
    job = video.job
    facts = {
        "sdk": f"imagine-async {VERSION}",
        "endpoint": None if job.request is None else job.request.endpoint.name,
        "request": _CONVERTER.unstructure(job.request),
        "job": job.id,
        "created_at": job.created_at,
        "tokens": job.tokens,
        "elapsed_seconds": round(video.elapsed, 3),
        "format": video.format,
        "bytes": video.size,
        "sha256": video.digest,
        **more,
    }
    return _as_json(facts)


def _as_json(facts: dict[str, Any]) -> bytes:
    return (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode(errors="backslashreplace")


def _bytes_facts(source: BytesSource) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(source.content).hexdigest(), "bytes": source.size}


def _spool_facts(source: SpoolSource) -> dict[str, Any]:
    return {"sha256": source.spool.digest, "bytes": source.size}


def _path_facts(source: PathSource) -> dict[str, Any]:
    return {"path": str(source.path), "bytes": source.size}


def _file_facts(source: FileSource) -> dict[str, Any]:
    return {"name": str(getattr(source.file, "name", "")), "offset": source.offset, "bytes": source.size}


def _converter() -> Converter:
    converter = Converter(omit_if_default=False)
    converter.register_unstructure_hook(BytesSource, _bytes_facts)
    converter.register_unstructure_hook(Dialect, lambda dialect: dialect.name)
    converter.register_unstructure_hook(PathSource, _path_facts)
    converter.register_unstructure_hook(FileSource, _file_facts)
    converter.register_unstructure_hook(SpoolSource, _spool_facts)
    return converter


_CONVERTER = _converter()
