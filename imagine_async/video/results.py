"""A video job while it runs, and the video that comes of it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import anyio.to_thread
from attrs import field, frozen

from imagine_async import files
from imagine_async.catalog import VideoState
from imagine_async.video.sniff import VIDEO_MEDIA_TYPES, VIDEO_SUFFIXES

if TYPE_CHECKING:
    import os

    from imagine_async.requests import Request

__all__ = ["Video", "VideoBody", "VideoJob"]

_LARGEST_IN_NOTEBOOK = 32 * 1024 * 1024


def _without_signatures(urls: tuple[str, ...]) -> str:
    """Show URLs without what signs them: whoever knows the whole of one can fetch."""
    return repr(tuple(url.partition("?")[0] for url in urls))


@frozen(kw_only=True)
class VideoJob:
    """A video that is being made, as the API last described it.

    Args:
        id: The job's id; with it, `video_status` finds the job again, from any process.
        state: `running`, `done` or `failed`; words that the SDK does not know count as running.
        word: The API's own word or number for the state; `None` where it said none.
        urls: Where the video lies once it is done; the URLs are signed anew with every status and soon expire.
        thumbnails: Where still pictures of it lie.
        created_at: When the job was made, as the API writes it.
        reason: What the API says about a failure.
        request: What was sent; `None` for a job that was only asked about.
        tokens: What the creating call cost by the price list; `None` where no price is known.
        call_id: The id of the call that told this, as in its events.
        reply: The API's whole reply.
    """

    id: str
    state: VideoState = VideoState.RUNNING
    word: str | None = None
    urls: tuple[str, ...] = field(default=(), repr=_without_signatures)
    thumbnails: tuple[str, ...] = field(default=(), repr=_without_signatures)
    created_at: str | None = None
    reason: str | None = None
    request: Request[Any] | None = None
    tokens: float | None = None
    call_id: str = ""
    reply: Mapping[str, Any] = field(factory=dict, repr=False, eq=False)

    @property
    def is_done(self) -> bool:
        """Whether the video can be fetched: the API says that it is done, and where it lies."""
        return self.state is VideoState.DONE and bool(self.urls)

    @property
    def is_failed(self) -> bool:
        """Whether the API gave the job up."""
        return self.state is VideoState.FAILED


class VideoBody(Protocol):
    """Where the bytes of a video are kept."""

    @property
    def size(self) -> int:
        """Bytes in all."""
        ...

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes from the beginning, in pieces, any number of times."""
        ...


@frozen(kw_only=True)
class Video:
    """A video that the API made.

    Its bytes lie in a temporary file, which goes when this object does: save what you want to keep.

    Args:
        body: Where the bytes are kept.
        format: `mp4`, `mov`, `webm`, `webp` or `gif`, judged by the bytes.
        digest: The SHA-256 of the bytes, in hexadecimal.
        job: The job that made it.
        elapsed: Seconds from the first call to the whole video, waits included.
    """

    body: VideoBody = field(repr=lambda body: f"<{body.size} bytes>", eq=False)
    format: str
    digest: str
    job: VideoJob
    elapsed: float = 0.0

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self.body.size

    @property
    def request(self) -> Request[Any] | None:
        """What was sent; `None` for a job that was only asked about."""
        return self.job.request

    @property
    def tokens(self) -> float | None:
        """What it cost by the price list; `None` where no price is known."""
        return self.job.tokens

    @property
    def media_type(self) -> str:
        """The media type, for example `video/mp4`."""
        return VIDEO_MEDIA_TYPES[self.format]

    @property
    def suffix(self) -> str:
        """The file name's suffix, for example `.mp4`."""
        return VIDEO_SUFFIXES[self.format]

    @property
    def content(self) -> bytes:
        """The file's bytes, read into memory."""
        return b"".join(self.body.pieces())

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False, sidecar: bool = False) -> Path:
        """Write the video, piece by piece: whole, or not at all.

        Args:
            path: A file, whose suffix is corrected to fit the bytes, or a folder, in which a name is chosen.
            overwrite: Whether an existing file may be replaced.
            sidecar: Whether to write the facts of the job beside it, as JSON; never the key.

        Returns:
            Where it was written.

        Raises:
            FileExistsError: There is such a file, and `overwrite` is false.
            OSError: The folder does not exist or cannot be written.
        """
        target = files.target_for(Path(path), self)
        files.write_whole(target, self.body.pieces(), overwrite=overwrite)
        if sidecar:
            from imagine_async.sidecar import SIDECAR_SUFFIX, video_facts_as_json

            facts = [video_facts_as_json(self)]
            files.write_whole(target.with_name(target.name + SIDECAR_SUFFIX), facts, overwrite=True)
        return target

    async def asave(self, path: str | os.PathLike[str], *, overwrite: bool = False, sidecar: bool = False) -> Path:
        """Write the video in a worker thread; as `save`.

        Args:
            path: A file or a folder.
            overwrite: Whether an existing file may be replaced.
            sidecar: Whether to write the facts of the job beside it.

        Returns:
            Where it was written.

        Raises:
            FileExistsError: There is such a file, and `overwrite` is false.
            OSError: The folder does not exist or cannot be written.
        """
        return await anyio.to_thread.run_sync(lambda: self.save(path, overwrite=overwrite, sidecar=sidecar))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str] | None:
        """Play in notebooks, unless it is so large that the notebook would suffer."""
        if self.size > _LARGEST_IN_NOTEBOOK:
            return None
        data = f"data:{self.media_type};base64,{base64.b64encode(self.content).decode()}"
        if self.media_type.startswith("image/"):
            return {"text/html": f'<img src="{data}">'}
        return {"text/html": f'<video controls loop src="{data}"></video>'}
