"""From frames to a file: MP4 where PyAV is installed, and else an animated WebP, which Pillow can write by itself."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

from attrs import frozen
from PIL import Image

from imagine_async.sandbox.videos.camera import FRAMES_PER_SECOND

__all__ = ["MP4", "WEBP", "FilmFormat", "best_format"]

_WEBP_QUALITY = 60
# H.264 plays everywhere; MPEG-4 is in every build of FFmpeg.
_CODECS = (("libx264", {"preset": "veryfast", "crf": "23"}), ("mpeg4", {"qscale": "5"}))


@frozen
class FilmFormat:
    """One kind of file.

    Args:
        suffix: The end of the file's name.
        media_type: Its content type.
        encode: Makes the file from frames of the given width and height.
    """

    suffix: str
    media_type: str
    encode: Callable[[Iterator[Image.Image], tuple[int, int]], bytes]


def _mp4(frames: Iterator[Image.Image], size: tuple[int, int]) -> bytes:
    import av

    # Its types neither know which codecs film, nor those of this method.
    picture_of: Any = av.VideoFrame.from_image
    target = BytesIO()
    codec, options = next(known for known in _CODECS if known[0] in av.codecs_available)
    with av.open(target, "w", format="mp4") as container:
        stream: Any = container.add_stream(codec, rate=FRAMES_PER_SECOND, options=dict(options))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        # As many films as cores are made at once already.
        stream.codec_context.thread_count = 1
        for frame in frames:
            container.mux(stream.encode(picture_of(frame)))
        container.mux(stream.encode(None))
    return target.getvalue()


def _webp(frames: Iterator[Image.Image], _size: tuple[int, int]) -> bytes:
    target = BytesIO()
    first = next(frames)
    duration = round(1000 / FRAMES_PER_SECOND)
    first.save(
        target, "WEBP", save_all=True, append_images=frames, duration=duration, loop=0, quality=_WEBP_QUALITY, method=0
    )
    return target.getvalue()


MP4 = FilmFormat("mp4", "video/mp4", _mp4)
"""Needs PyAV."""
WEBP = FilmFormat("webp", "image/webp", _webp)


def best_format() -> FilmFormat:
    """Return the best format that this installation can write."""
    return WEBP if importlib.util.find_spec("av") is None else MP4
