"""What every place for the files of a batch can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from attrs import frozen

from imagine_async.spool import Body, Spool

__all__ = ["Body", "Sink", "Stored"]


@frozen(kw_only=True)
class Stored:
    """A file in a sink.

    Args:
        name: Its name in the sink, with suffix, and with `/` between folders.
        size: Bytes.
        digest: The SHA-256 of what is stored, in hexadecimal.
        modified_at: When it was stored, in seconds since the epoch.
    """

    name: str
    size: int
    digest: str
    modified_at: float


@runtime_checkable
class Sink(Protocol):
    """Where the files of a batch go. Its methods may be called from any event loop, many at once.

    One that replaces files of the same name says so by an attribute `replaces` that is true: rows whose files it may
    have replaced are done once more then.
    """

    async def put(self, stem: str, suffix: str, body: Body, *, media_type: str, facts: bytes) -> Stored:
        """Store a file: whole, or not at all.

        Args:
            stem: Its name without suffix, with `/` between folders; it was checked with `checked_stem`.
            suffix: For example `.jpg`.
            body: Its bytes.
            media_type: For example `image/jpeg`.
            facts: How it was made, as JSON, for the sidecar or for the picture's own metadata.

        Returns:
            What is stored. Its name has a number behind the stem where the sink's collision policy says so.

        Raises:
            FileExistsError: There is such a file, and the policy is to refuse.
            OSError: It cannot be stored.
        """
        ...

    async def find(self, stem: str) -> Stored | None:
        """Find a whole picture or video by its name without suffix.

        Args:
            stem: As for `put`.

        Returns:
            What is stored; `None` if there is none, or it is cut.
        """
        ...

    async def lacking(self, files: Sequence[tuple[str, int]]) -> Sequence[int]:
        """Tell which of many files are not there, or have another size.

        Args:
            files: Names with suffix, and sizes in bytes.

        Returns:
            The places of those files in the sequence.
        """
        ...

    async def read(self, name: str) -> Body:
        """Read a file, for a row that takes it.

        Args:
            name: With suffix.

        Returns:
            Its bytes.

        Raises:
            FileNotFoundError: There is no such file.
        """
        ...

    def spool(self) -> Spool:
        """Make a spool for a reply that is too large for memory, as near to the file's final place as possible."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...
