"""Which requests a rule befalls: by the catalog's names of endpoints, or by path."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Self

from attrs import frozen
from starlette.routing import compile_path

from imagine_async.catalog import (
    DELETE_VIDEO,
    ENDPOINTS,
    V1_ENDPOINTS,
    VIDEO_DELETE_PATHS,
    VIDEO_ENDPOINTS,
    VIDEO_STATUS,
    VIDEO_STATUS_PATHS,
    Endpoint,
)
from imagine_async.sandbox.dialects import dialect_of
from imagine_async.sandbox.results.signing import RESULTS_PATH

__all__ = ["RESULTS", "Target"]

RESULTS = "results"
"""Stands among the names of endpoints for the downloads of what was made."""

_BELOW = "/*"
_SEVERAL_PATHS = {VIDEO_STATUS.name: VIDEO_STATUS_PATHS, DELETE_VIDEO.name: VIDEO_DELETE_PATHS}


def _places(endpoint: Endpoint) -> list[tuple[str, str]]:
    return [(path, endpoint.name) for path in _SEVERAL_PATHS.get(endpoint.name, (endpoint.path,))]


def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the paths of all endpoints, those without a parameter first: `/v2/video/{id}` looks like many others."""
    places = [place for each in (*ENDPOINTS, *VIDEO_ENDPOINTS, *V1_ENDPOINTS) for place in _places(each)]
    ordered = sorted([*places, (f"{RESULTS_PATH}/{{name}}", RESULTS)], key=lambda place: "{" in place[0])
    return tuple((compile_path(path)[0], name) for path, name in ordered)


_PATTERNS = _patterns()
_NAMES = tuple(dict.fromkeys((*(each.name for each in (*ENDPOINTS, *VIDEO_ENDPOINTS, *V1_ENDPOINTS)), RESULTS)))


@frozen
class Target:
    """The requests that a rule befalls. Where it names none, those to the API and to the results.

    Args:
        endpoints: Names of the catalog, and `results`.
        paths: Whole paths, or what all paths begin with before `/*`.
    """

    endpoints: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    @classmethod
    def of(cls, endpoints: Iterable[str], paths: Iterable[str]) -> Self:
        """Check names and paths.

        Args:
            endpoints: As for the class.
            paths: As for the class.

        Raises:
            ValueError: There is no such endpoint, or a path does not begin with a slash.
        """
        for name in endpoints:
            if name not in _NAMES:
                raise ValueError(f"endpoints: any of {', '.join(_NAMES)}, not {name!r}")
        for path in paths:
            if not path.startswith("/"):
                raise ValueError(f"paths: a path begins with a slash, not as {path!r} does")
        return cls(tuple(endpoints), tuple(paths))

    def takes(self, path: str) -> bool:
        """Tell whether a request is among them.

        Args:
            path: The request's path.
        """
        if not self.endpoints and not self.paths:
            return dialect_of(path) is not None or path.startswith(f"{RESULTS_PATH}/")
        return _name_of(path) in self.endpoints or any(_is_at(path, place) for place in self.paths)


def _name_of(path: str) -> str | None:
    # The vendor's two clients do not agree on a slash at the end.
    bare = path.rstrip("/")
    return next((name for pattern, name in _PATTERNS if pattern.match(bare)), None)


def _is_at(path: str, place: str) -> bool:
    if place.endswith(_BELOW):
        return path.startswith(place.removesuffix("*"))
    return path == place
