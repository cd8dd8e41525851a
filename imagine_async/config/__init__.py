"""Settings from arguments, the environment and files, and the key in a wrapper that does not show it."""

from __future__ import annotations

from imagine_async.config.files import CONFIG_VARIABLE
from imagine_async.config.find import (
    FROM_SETTINGS,
    FromSettings,
    Settings,
    find_settings,
)
from imagine_async.config.secret import Secret
from imagine_async.config.table import (
    BASE_URL_VARIABLE,
    BUDGET_VARIABLE,
    KEY_VARIABLE,
    RATE_LIMIT_VARIABLE,
    STORE_VARIABLE,
    TIMEOUT_VARIABLE,
)

__all__ = [
    "BASE_URL_VARIABLE",
    "BUDGET_VARIABLE",
    "CONFIG_VARIABLE",
    "FROM_SETTINGS",
    "KEY_VARIABLE",
    "RATE_LIMIT_VARIABLE",
    "STORE_VARIABLE",
    "TIMEOUT_VARIABLE",
    "FromSettings",
    "Secret",
    "Settings",
    "find_settings",
]
