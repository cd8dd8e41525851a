"""The settings: their names, where the environment has them, what they may be, and what they are by default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, isfinite
from typing import Any, Final, Generic, TypeVar

from attrs import frozen

from imagine_async.catalog import DEFAULT_BASE_URL
from imagine_async.config.secret import Secret

__all__ = [
    "API_KEY",
    "BASE_URL",
    "BASE_URL_VARIABLE",
    "BUDGET",
    "BUDGET_VARIABLE",
    "KEY_VARIABLE",
    "RATE_LIMIT",
    "RATE_LIMIT_VARIABLE",
    "SETTINGS",
    "STORE",
    "STORE_VARIABLE",
    "TIMEOUT",
    "TIMEOUT_VARIABLE",
    "V1_DIALECT",
    "Setting",
]

KEY_VARIABLE = "IMAGINE_API_KEY"
BASE_URL_VARIABLE = "IMAGINE_BASE_URL"
TIMEOUT_VARIABLE = "IMAGINE_TIMEOUT"
RATE_LIMIT_VARIABLE = "IMAGINE_RATE_LIMIT"
BUDGET_VARIABLE = "IMAGINE_BUDGET"
STORE_VARIABLE = "IMAGINE_STORE"

T = TypeVar("T")

_NONE = "none"
_TOO_LARGE = 1e300


@frozen(eq=False, repr=False, slots=False)
class Setting(Generic[T]):
    """One setting.

    Args:
        name: Its name, as the client's argument and in files.
        variable: The environment's variable; `None` where there is none.
        default: What it is where nobody set it.
        read: Turns what a file holds into the value; raises ValueError with what is allowed, without what was given.
        is_number: Whether the variable's text is to be read as a number.
        is_shown: Whether an error may repeat what was given.
    """

    name: str
    variable: str | None
    default: T
    read: Callable[[object], T]
    is_number: bool = False
    is_shown: bool = True

    def read_text(self, text: str) -> T:
        """Turn the text of a variable into the value.

        Args:
            text: Not empty.

        Raises:
            ValueError: What is allowed, without what was given.
        """
        return self.read(_number_or_text(text) if self.is_number else text)


def _number_or_text(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # A whole number in TOML may have more digits than a float can hold.
    number = float(value) if abs(value) < _TOO_LARGE else inf
    return number if isfinite(number) else None


def _seconds(value: object) -> float:
    number = _finite(value)
    if number is None or number <= 0:
        raise ValueError("write a number of seconds over 0")
    return number


def _tokens(value: object) -> float | None:
    if isinstance(value, str) and value.strip().lower() == _NONE:
        return None
    number = _finite(value)
    if number is None or number < 0:
        raise ValueError(f"write a number of tokens from 0, or '{_NONE}' for no cap")
    return number


def _limit(value: object) -> str | None:
    text = _text(value)
    return None if text.lower() == _NONE else text


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("write a text in quotation marks")
    return value.strip()


def _secret(value: object) -> Secret:
    return Secret(_text(value))


API_KEY: Final = Setting[Secret | None]("api_key", KEY_VARIABLE, None, _secret, is_shown=False)
# Not shown either: a URL may hold a password.
BASE_URL: Final = Setting[str]("base_url", BASE_URL_VARIABLE, DEFAULT_BASE_URL, _text, is_shown=False)
TIMEOUT: Final = Setting[float]("timeout", TIMEOUT_VARIABLE, 300.0, _seconds, is_number=True)
RATE_LIMIT: Final = Setting[str | None]("rate_limit", RATE_LIMIT_VARIABLE, "50/60s", _limit)
BUDGET: Final = Setting[float | None]("budget", BUDGET_VARIABLE, None, _tokens, is_number=True)
# Not shown: the URL of a Redis server may hold a password.
STORE: Final = Setting[str]("store", STORE_VARIABLE, "memory", _text, is_shown=False)
V1_DIALECT: Final = Setting[str]("v1_dialect", None, "javascript", _text)

SETTINGS: Mapping[str, Setting[Any]] = {
    setting.name: setting for setting in (API_KEY, BASE_URL, TIMEOUT, RATE_LIMIT, BUDGET, STORE, V1_DIALECT)
}
