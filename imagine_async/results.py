"""What a call gives back: a picture with the facts of the call."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from attrs import field, fields, frozen

from imagine_async.errors import MissingExtraError
from imagine_async.sniff import MEDIA_TYPES, SUFFIXES
from imagine_async.spool import Body, digest_of, pieces_of, size_of

if TYPE_CHECKING:
    import os

    import numpy
    import numpy.typing
    import PIL.Image

    from imagine_async.requests import Request

__all__ = ["Image"]


@frozen(kw_only=True)
class Image:
    """A picture that the API made.

    Args:
        content: The file's bytes, as they came: `bytes`, or a `Spool`, which keeps them on disk for as long as anybody
            holds it. Large pictures of a batch come so; they are read with `content`, and saved piece by piece.
        format: `jpeg`, `png`, `webp`, `gif` or `avif`, judged by the bytes.
        width: Pixels across.
        height: Pixels down.
        request: What was sent; its seed makes the picture again.
        seed: The seed, given or chosen by the SDK; `None` where the endpoint takes none.
        elapsed: Seconds from the call to the whole picture, waits included.
        attempts: How often the call was sent.
        tokens: What it cost by the price list; `None` where no price is known.
        call_id: The call's id, as in its events.
        cached: Whether it was made by an earlier or a concurrent identical call, so that this one cost nothing.
    """

    body: Body = field(alias="content", eq=digest_of)
    format: str
    width: int
    height: int
    request: Request[Any]
    seed: int | None = None
    elapsed: float = 0.0
    attempts: int = 1
    tokens: float | None = None
    call_id: str = ""
    cached: bool = False

    @property
    def content(self) -> bytes:
        """The file's bytes; read into memory each time, where they lie on disk."""
        return self.body if isinstance(self.body, bytes) else b"".join(self.body.pieces())

    @property
    def size(self) -> int:
        """Bytes in all."""
        return size_of(self.body)

    @property
    def media_type(self) -> str:
        """The media type, for example `image/jpeg`."""
        return MEDIA_TYPES[self.format]

    @property
    def suffix(self) -> str:
        """The file name's suffix, for example `.jpg`."""
        return SUFFIXES[self.format]

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes, in hexadecimal."""
        return digest_of(self.body)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False, sidecar: bool = False) -> Path:
        """Write the picture: whole, or not at all.

        Args:
            path: A file, whose suffix is corrected to fit the bytes, or a folder, in which a name is chosen.
            overwrite: Whether an existing file may be replaced.
            sidecar: Whether to write the facts of the call beside it, as JSON; never the key.

        Returns:
            Where it was written.

        Raises:
            FileExistsError: There is such a file, and `overwrite` is false.
            OSError: The folder does not exist or cannot be written.
        """
        # Loaded on use: many programs keep no files.
        from imagine_async import files

        target = files.target_for(Path(path), self)
        files.write_whole(target, pieces_of(self.body), overwrite=overwrite)
        if sidecar:
            from imagine_async.sidecar import SIDECAR_SUFFIX, facts_as_json

            files.write_whole(target.with_name(target.name + SIDECAR_SUFFIX), [facts_as_json(self)], overwrite=True)
        return target

    async def asave(self, path: str | os.PathLike[str], *, overwrite: bool = False, sidecar: bool = False) -> Path:
        """Write the picture in a worker thread; as `save`.

        Args:
            path: A file or a folder.
            overwrite: Whether an existing file may be replaced.
            sidecar: Whether to write the facts of the call beside it.

        Returns:
            Where it was written.

        Raises:
            FileExistsError: There is such a file, and `overwrite` is false.
            OSError: The folder does not exist or cannot be written.
        """
        return await anyio.to_thread.run_sync(lambda: self.save(path, overwrite=overwrite, sidecar=sidecar))

    def to_pil(self) -> PIL.Image.Image:
        """Decode the picture; needs the extra `images`.

        Returns:
            A loaded picture.

        Raises:
            MissingExtraError: Pillow is not installed.
        """
        try:
            import PIL.Image
        except ImportError:
            raise MissingExtraError("to_pil()", "images") from None
        picture = PIL.Image.open(BytesIO(self.content))
        picture.load()
        return picture

    def to_numpy(self) -> numpy.typing.NDArray[numpy.uint8]:
        """Decode the picture into pixels; needs the extra `numpy`.

        Returns:
            An array of height x width x channels, dtype uint8: 3 channels (RGB), or 4 (RGBA) where there is
            transparency.

        Raises:
            MissingExtraError: numpy or Pillow is not installed.
        """
        try:
            import numpy
            import PIL.Image  # noqa: F401 - so that the error names the extra that brings both
        except ImportError:
            raise MissingExtraError("to_numpy()", "numpy") from None
        picture = self.to_pil()
        return numpy.array(picture.convert("RGBA" if picture.has_transparency_data else "RGB"))

    def __repr__(self) -> str:
        """Tell the facts, and of the bytes only how many they are."""
        _, *facts = fields(type(self))
        told = "".join(f", {each.name}={getattr(self, each.name)!r}" for each in facts)
        return f"{type(self).__name__}(content=<{self.size} bytes>{told})"

    def _repr_png_(self) -> bytes | None:
        return self.content if self.format == "png" else None

    def _repr_jpeg_(self) -> bytes | None:
        return self.content if self.format == "jpeg" else None

    def _repr_mimebundle_(self, **_: Any) -> dict[str, bytes] | None:
        """Show formats that notebooks have no method of their own for."""
        return {self.media_type: self.content} if self.format in ("webp", "gif", "avif") else None
