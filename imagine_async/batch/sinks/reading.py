"""What sinks that are reached over a network have in common: files are read whole, and looked up many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import BinaryIO

from imagine_async.batch.sinks.base import Body, Stored
from imagine_async.batch.sinks.finding import KNOWN_SUFFIXES, is_whole
from imagine_async.spool import Spool, digest_of, size_of

__all__ = ["checked_inside", "find_by_reading", "lacking_of", "sizes_of"]

_LOOKS_AT_ONCE = 16


def checked_inside(name: str) -> str:
    """See that a name with suffix stays below its root.

    Args:
        name: With `/` between folders.

    Returns:
        The name.

    Raises:
        FileNotFoundError: It does not, so that there is no such file.
    """
    if not name.isprintable() or "\\" in name or any(part in ("", ".", "..") for part in name.split("/")):
        raise FileNotFoundError(2, "the name leads out of the batch's folder", name)
    return name


def find_by_reading(stem: str, read: Callable[[str], tuple[Body, float]]) -> Stored | None:
    """Look for a whole picture or video under every suffix there is.

    Args:
        stem: Its name without suffix.
        read: Returns a file and when it was stored, in seconds since the epoch; raises `FileNotFoundError`.

    Returns:
        What is stored; `None` if there is none, or it is cut.
    """
    for suffix in KNOWN_SUFFIXES:
        try:
            body, modified_at = read(stem + suffix)
        except FileNotFoundError:
            continue
        if is_whole(_as_file(body)):
            return Stored(name=stem + suffix, size=size_of(body), digest=digest_of(body), modified_at=modified_at)
    return None


def sizes_of(names: Iterable[str], size_of_one: Callable[[str], int]) -> dict[str, int]:
    """Ask for the sizes of many files, several at once.

    Args:
        names: The files' names.
        size_of_one: Returns bytes; raises `FileNotFoundError`.

    Returns:
        Bytes of those that are there.
    """

    def look(name: str) -> tuple[str, int | None]:
        try:
            return name, size_of_one(name)
        except FileNotFoundError:
            return name, None

    with ThreadPoolExecutor(_LOOKS_AT_ONCE) as pool:
        return {name: size for name, size in pool.map(look, names) if size is not None}


def lacking_of(files: Sequence[tuple[str, int]], sizes: Mapping[str, int]) -> list[int]:
    """Compare what is there with what should be.

    Args:
        files: Names, and bytes that they should have.
        sizes: Bytes of those that are there.

    Returns:
        The places of those that are not there, or have another size.
    """
    return [place for place, (name, size) in enumerate(files) if sizes.get(name) != size]


def _as_file(body: Body) -> BinaryIO:
    return body.file() if isinstance(body, Spool) else BytesIO(body)
