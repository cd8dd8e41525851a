"""What all sinks have in common: they do their work in worker threads, so that a batch may run on any event loop."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import get_args

import anyio.to_thread

from imagine_async.batch.sinks.base import Body, Sink, Stored
from imagine_async.batch.sinks.choices import Metadata, OnCollision
from imagine_async.batch.sinks.numbering import Numbers
from imagine_async.options import choice
from imagine_async.spool import Spool

__all__ = ["BlockingSink"]


class BlockingSink(Sink):
    """A sink whose methods call blocking ones, each in a worker thread; see `Sink` for what they do.

    Args:
        on_collision: What to do where there is a file of that name.
        metadata: Where the facts go.

    Raises:
        ConfigurationError: There is no such choice.
    """

    def __init__(self, on_collision: OnCollision, metadata: Metadata) -> None:
        self._on_collision: OnCollision = choice("on_collision", on_collision, get_args(OnCollision))
        self._metadata: Metadata = choice("metadata", metadata, get_args(Metadata))
        self._numbers = Numbers()

    @property
    def replaces(self) -> bool:
        """Whether a file takes the place of one of its name."""
        return self._on_collision == "replace"

    async def put(self, stem: str, suffix: str, body: Body, *, media_type: str, facts: bytes) -> Stored:
        """Store a file; see `Sink.put`."""
        return await anyio.to_thread.run_sync(self._put, stem, suffix, body, media_type, facts)

    async def find(self, stem: str) -> Stored | None:
        """Find a whole picture or video; see `Sink.find`."""
        return await anyio.to_thread.run_sync(self._find, stem)

    async def lacking(self, files: Sequence[tuple[str, int]]) -> Sequence[int]:
        """Tell which files are not there, or have another size; see `Sink.lacking`."""
        return await anyio.to_thread.run_sync(self._lacking, files)

    async def read(self, name: str) -> Body:
        """Read a file; see `Sink.read`."""
        return await anyio.to_thread.run_sync(self._read, name)

    def spool(self) -> Spool:
        """Make a spool in the system's folder of temporary files, from which it is sent in pieces."""
        return Spool()

    async def aclose(self) -> None:
        """Do nothing: connections go with the sink, or belong to the caller."""

    @abstractmethod
    def _put(self, stem: str, suffix: str, body: Body, media_type: str, facts: bytes) -> Stored: ...

    @abstractmethod
    def _find(self, stem: str) -> Stored | None: ...

    @abstractmethod
    def _lacking(self, files: Sequence[tuple[str, int]]) -> Sequence[int]: ...

    @abstractmethod
    def _read(self, name: str) -> Body: ...
