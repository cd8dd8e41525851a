"""What every peer offers. It is imported in the peers' own environments: nothing but the standard library is here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FIELDS", "KEY", "PATH", "PROMPT", "UPLOAD_PATH", "CannotError", "Peer", "Place"]

KEY = "vk-benchmark"
PROMPT = "a red fox in snow"
PATH = "/v2/image/generations"
UPLOAD_PATH = "/v2/image/enhance"
FIELDS = {"prompt": PROMPT, "style": "realistic", "aspect_ratio": "1:1", "seed": "1"}
"""The form that the SDK sends for a picture, which whoever speaks HTTP by hand sends as well."""


@dataclass(frozen=True)
class Place:
    """Where a peer works.

    Args:
        url: The server's root.
        wide: Calls at once at most.
        picture: A file to upload.
    """

    url: str
    wide: int
    picture: Path


class CannotError(Exception):
    """A client has no such call; no scenario asks it for one."""


class Peer(ABC):
    """A client that is ready for calls. Each of them returns how many bytes the picture had that came back."""

    @abstractmethod
    async def small(self) -> int:
        """Send a small form, and read the picture that comes back whole."""

    async def to_disk(self, path: Path) -> int:
        """Do the same, with the picture streamed to a file.

        Args:
            path: The file, which may be there.

        Raises:
            CannotError: The client does not stream.
        """
        raise CannotError(f"no picture to {path.name}")

    async def upload(self, path: Path) -> int:
        """Send a picture from a file, and read the one that comes back whole.

        Args:
            path: The file.

        Raises:
            CannotError: The client sends no pictures.
        """
        raise CannotError(f"no picture from {path.name}")
