"""`imagine generate`: one picture from a prompt."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import anyio
from cyclopts import Parameter

from imagine_async.catalog import TEXT_TO_IMAGE, AspectRatio, Style
from imagine_async.cli.extras import require_sandbox
from imagine_async.cli.output import CommandError, say, shown
from imagine_async.config import KEY_VARIABLE
from imagine_async.requests import TextToImage

if TYPE_CHECKING:
    from imagine_async.client import AsyncImagine
    from imagine_async.results import Image

__all__ = ["generate"]

_NO_KEY = (
    f"there is no API key. Make one in the Keys tab of https://platform.imagine.art and set it:\n"
    f"    export {KEY_VARIABLE}=...\n"
    "Or let this machine paint the picture, without a key and a bill: add --sandbox"
)


def generate(
    prompt: str,
    /,
    *,
    style: str = Style.IMAGINE_TURBO.value,
    aspect_ratio: str = AspectRatio.SQUARE.value,
    seed: int | None = None,
    out: Path = Path(),
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    sandbox: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Make one picture from a prompt, and print where it lies.

    Without --sandbox the API makes it, which costs tokens, with the key from IMAGINE_API_KEY.

    Args:
        prompt: What to show.
        style: anime, flux-dev, flux-dev-fast, flux-schnell, imagine-turbo, realistic or sdxl-1.0.
        aspect_ratio: 1:1, 3:2, 4:3, 3:4, 16:9 or 9:16.
        seed: At least 1; the same seed makes the same picture again. Without one, a seed is chosen and printed.
        out: A file, or a folder in which a name is chosen. The suffix follows what the API sends.
        overwrite: Replace a file that exists.
        sandbox: Paint on this machine, without a key, a network and a bill.
        as_json: Print the facts of the picture as JSON.
    """
    request = TextToImage(prompt=prompt, style=style, aspect_ratio=aspect_ratio, seed=seed)
    _check_target(out, overwrite=overwrite)
    client = _sandbox() if sandbox else _client()
    image = anyio.run(_make, client, request)
    path = _save(image, out, overwrite=overwrite)
    say(_as_json(path, image, request) if as_json else _as_text(path, image))


def _sandbox() -> AsyncImagine:
    require_sandbox()
    from imagine_async.client import AsyncImagine

    return AsyncImagine.sandbox()


def _client() -> AsyncImagine:
    if not os.environ.get(KEY_VARIABLE, "").strip():
        raise CommandError(_NO_KEY, code=2)
    from imagine_async.client import AsyncImagine

    return AsyncImagine()


async def _make(client: AsyncImagine, request: TextToImage) -> Image:
    async with client:
        return await client.send(request)


def _check_target(out: Path, *, overwrite: bool) -> None:
    """Find what would keep the picture from being written before it is paid for."""
    folder = out if out.is_dir() else out.parent
    if not folder.is_dir():
        raise CommandError(f"{shown(folder)} is no folder: create it first. Nothing was sent.")
    if not os.access(folder, os.W_OK):
        raise CommandError(f"{shown(folder)} cannot be written to. Nothing was sent.")
    expected = out if out.is_dir() or out.suffix else out.with_suffix(".jpg")
    if expected.is_file() and not overwrite:
        raise CommandError(f"{shown(expected)} exists: add --overwrite to replace it. Nothing was sent.")


def _save(image: Image, out: Path, *, overwrite: bool) -> Path:
    try:
        return image.save(out, overwrite=overwrite)
    except OSError as error:
        # It is paid for by now: rather in an odd place than lost.
        kept = image.save(tempfile.mkdtemp(prefix="imagine-"))
        advice = "; add --overwrite to replace it" if isinstance(error, FileExistsError) else ""
        raise CommandError(f"{error}{advice}. The picture was made, and is kept as {shown(kept)}") from error


def _as_text(path: Path, image: Image) -> str:
    tokens = "unknown" if image.tokens is None else f"{image.tokens:g}"
    return f"{shown(path)}  size {image.width}x{image.height}  tokens {tokens}  seed {image.seed}"


def _as_json(path: Path, image: Image, request: TextToImage) -> str:
    return json.dumps(
        {
            "path": shown(path),
            "endpoint": TEXT_TO_IMAGE.name,
            "prompt": request.prompt,
            "style": request.style,
            "aspect_ratio": request.aspect_ratio,
            "seed": image.seed,
            "width": image.width,
            "height": image.height,
            "format": image.format,
            "bytes": image.size,
            "seconds": round(image.elapsed, 3),
            "tokens": image.tokens,
            "call_id": image.call_id,
        },
        indent=2,
    )
