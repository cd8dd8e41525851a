"""The environment of code that takes its settings from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagine_async.config import (
    BASE_URL_VARIABLE,
    BUDGET_VARIABLE,
    CONFIG_VARIABLE,
    KEY_VARIABLE,
    RATE_LIMIT_VARIABLE,
    STORE_VARIABLE,
    TIMEOUT_VARIABLE,
)

if TYPE_CHECKING:
    from imagine_async.testing.sandboxes import TestingSandbox

__all__ = ["environment_of"]


def environment_of(sandbox: TestingSandbox) -> dict[str, str | None]:
    """Return the variables that lead to a sandbox, and nowhere else.

    Args:
        sandbox: One on a port.

    Returns:
        Values by name; `None` for variables that must not be set.
    """
    others = (BUDGET_VARIABLE, RATE_LIMIT_VARIABLE, STORE_VARIABLE, TIMEOUT_VARIABLE)
    # Empty: no files either.
    return {
        BASE_URL_VARIABLE: sandbox.base_url,
        KEY_VARIABLE: sandbox.key,
        CONFIG_VARIABLE: "",
        **dict.fromkeys(others, None),
    }
