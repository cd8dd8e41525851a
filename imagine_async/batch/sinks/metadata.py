"""How a picture was made, within the picture: written and read without a decoder, so that no pixel changes.

PNG has it as a text chunk `imagine_async`, JPEG and GIF as a comment, and WebP as XMP. AVIF and videos have none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from imagine_async.batch.sinks import embedding, extracting
from imagine_async.batch.sinks.choices import Metadata
from imagine_async.sidecar import SIDECAR_SUFFIX
from imagine_async.spool import Body, MakeSpool, Spool, pieces_of, size_of

__all__ = ["LARGEST_FACTS", "facts_in", "with_facts"]

LARGEST_FACTS = 1024 * 1024
"""Bytes of facts that are read or embedded."""


def with_facts(body: Body, facts: bytes, metadata: Metadata, spool: MakeSpool) -> tuple[Body, bytes | None]:
    """Put facts where they are wanted.

    Args:
        body: The picture or video.
        facts: How it was made, as JSON.
        metadata: Where the facts go; what cannot be embedded goes into a sidecar.
        spool: Makes a spool, for a large picture with facts in it.

    Returns:
        What is stored, and what the sidecar holds; `None` where there is no sidecar.
    """
    if metadata == "none":
        return body, None
    changed = _embedded(body, facts, spool) if metadata == "embedded" else None
    return (body, facts) if changed is None else (changed, None)


def facts_in(picture: str | os.PathLike[str] | bytes) -> dict[str, Any] | None:
    """Read how a picture was made.

    Args:
        picture: A file's path, or its bytes.

    Returns:
        What the picture itself says, or else the sidecar beside it; `None` where neither says anything.

    Raises:
        FileNotFoundError: There is no such file.
    """
    if isinstance(picture, bytes):
        return _as_facts(extracting.extracted(BytesIO(picture), LARGEST_FACTS))
    with Path(picture).open("rb") as file:
        found = _as_facts(extracting.extracted(file, LARGEST_FACTS))
    return _beside(Path(picture)) if found is None else found


def _beside(picture: Path) -> dict[str, Any] | None:
    try:
        with picture.with_name(picture.name + SIDECAR_SUFFIX).open("rb") as file:
            return _as_facts(_short(file))
    except FileNotFoundError:
        return None


def _short(file: BinaryIO) -> bytes | None:
    content = file.read(LARGEST_FACTS + 1)
    return None if len(content) > LARGEST_FACTS else content


def _as_facts(text: bytes | None) -> dict[str, Any] | None:
    try:
        facts = None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) else None


def _embedded(body: Body, facts: bytes, spool: MakeSpool) -> Body | None:
    beginning = body.beginning if isinstance(body, Spool) else body[:64]
    splices = embedding.splices(beginning, size_of(body), facts) if len(facts) <= LARGEST_FACTS else None
    if splices is None:
        return None
    pieces: Iterator[bytes] = embedding.spliced(pieces_of(body), splices)
    if not isinstance(body, Spool):
        return b"".join(pieces)
    changed = spool()
    changed.extend(pieces)
    return changed
