"""The folders of a local sink: made on demand, and none leads outside."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["Folders"]

_MOST_REMEMBERED = 100_000


class Folders:
    """The folders below one.

    Args:
        root: The folder they are in; it is made with the first of them.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._made: dict[str, str] = {}

    def made(self, folder: str) -> str:
        """Make a folder, with those above it.

        Args:
            folder: Its path from the root, with `/` between its parts; empty for the root.

        Returns:
            Its path.

        Raises:
            OSError: It cannot be made, or a link leads outside.
        """
        known = self._made.get(folder)
        return self._make(folder) if known is None else known

    def forget(self, folder: str) -> None:
        """Look again before a folder is used the next time: somebody has removed it.

        Args:
            folder: Its path from the root.
        """
        self._made.pop(folder, None)

    def path(self, name: str) -> str:
        """Return the path of a file that is read.

        Args:
            name: Its path from the root, with `/` between its parts.

        Returns:
            The path.

        Raises:
            FileNotFoundError: It leads outside.
        """
        path = os.path.join(self.root, name)  # noqa: PTH118 - as text
        if not self._is_inside(path):
            raise FileNotFoundError(2, "the path leads out of the batch's folder", path)
        return path

    def _make(self, folder: str) -> str:
        path = self.root
        os.makedirs(path, exist_ok=True)  # noqa: PTH103 - as text
        for part in filter(None, folder.split("/")):
            path = f"{path}{os.sep}{part}"
            Path(path).mkdir(exist_ok=True)
            if not self._is_inside(path):
                raise PermissionError(1, "the folder is a link that leads out of the batch's folder", path)
        if len(self._made) >= _MOST_REMEMBERED:
            self._made.clear()
        self._made[folder] = path
        return path

    def _is_inside(self, path: str) -> bool:
        root = os.path.realpath(self.root)
        real = os.path.realpath(path)
        return real == root or real.startswith(root.rstrip(os.sep) + os.sep)
