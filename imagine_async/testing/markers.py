"""The plugin's markers: what they are called, what they set, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

__all__ = ["CASSETTE", "LIVE", "MARKERS", "check_markers", "marked_settings"]

SETTINGS, LIVE, CASSETTE = "imagine", "imagine_live", "imagine_cassette"

MARKERS = (
    f"{SETTINGS}(**settings): settings of the sandbox, such as credits=3, and faults=",
    f"{LIVE}: lets the test reach the real API, which costs tokens",
    f"{CASSETTE}(file=None, *, mode=None, ignore=('seed',), redact=()): the cassette of the test",
)


def marked_settings(node: pytest.Item) -> dict[str, Any]:
    """Join the settings that a test's markers name.

    Args:
        node: The test.

    Returns:
        The settings; those of the test count before its class's, and these before its module's.

    Raises:
        pytest.UsageError: Settings have no names.
    """
    settings: dict[str, Any] = {}
    for marker in node.iter_markers(SETTINGS):
        if marker.args:
            raise pytest.UsageError(f"{node.nodeid}: {SETTINGS}{marker.args!r}: name the settings, as in credits=3")
        settings = {**marker.kwargs, **settings}
    return settings


def check_markers(items: Iterable[pytest.Item]) -> None:
    """See that the markers of all tests name settings that there are.

    Args:
        items: The tests.

    Raises:
        pytest.UsageError: One does not; the error names the test, the setting, and those that there are.
    """
    for item in items:
        if item.get_closest_marker(SETTINGS) is not None:
            _check(item)


def _check(item: pytest.Item) -> None:
    from imagine_async.errors import ConfigurationError
    from imagine_async.testing.settings import read_settings

    try:
        read_settings(marked_settings(item))
    except ConfigurationError as error:
        raise pytest.UsageError(f"{item.nodeid}: marker {SETTINGS}: {error}") from None
