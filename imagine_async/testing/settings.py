"""The settings of sandboxes for tests: quick ones by default, and others by marker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imagine_async.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from imagine_async.sandbox import SandboxSettings
    from imagine_async.sandbox.faults.loading import GivenFaults

__all__ = ["QUICK", "read_settings"]

QUICK: Mapping[str, Any] = {"side": 64, "rate_limit": None, "video_seconds": 0.0}
"""Small pictures, no rate limit, and videos that are done at once."""

_FAULTS = "faults"


def read_settings(given: Mapping[str, Any]) -> tuple[SandboxSettings, GivenFaults | None]:
    """Check settings.

    Args:
        given: Fields of `SandboxSettings`, and `faults`.

    Returns:
        The settings, and the faults.

    Raises:
        MissingExtraError: The extra `sandbox` is not installed.
        ConfigurationError: There is no such setting, or it is not right.
    """
    try:
        from attrs import fields_dict

        from imagine_async.sandbox import SandboxSettings
        from imagine_async.sandbox.faults import Faults
    except ImportError:
        raise MissingExtraError("the sandbox of your tests", "sandbox") from None
    known = {*fields_dict(SandboxSettings), _FAULTS}
    for name in given:
        if name not in known:
            raise ConfigurationError(f"{name}={given[name]!r}: no such setting; there are {', '.join(sorted(known))}")
    settings, faults = {**given}, given.get(_FAULTS)
    settings.pop(_FAULTS, None)
    try:
        return SandboxSettings(**settings), None if faults is None else Faults.of(faults)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(str(error)) from None
