"""What stands before every call: the rate limit, and for those that cost something the tokens."""

from __future__ import annotations

import math
from collections.abc import Generator
from contextlib import contextmanager

from imagine_async.sandbox.accounts import Account
from imagine_async.sandbox.accounts.charges import Charge
from imagine_async.sandbox.forms import Texts
from imagine_async.sandbox.replies import RefusedError
from imagine_async.sandbox.settings import SandboxSettings

__all__ = ["admit", "admitted", "reserve"]


def admit(account: Account, settings: SandboxSettings) -> None:
    """Count a request against its account's rate limit.

    Args:
        account: Who asks.
        settings: Whether a refusal names its wait.

    Raises:
        RefusedError: The limit is reached.
    """
    quota = account.admit()
    if quota is None or quota.admitted:
        return
    headers = {"retry-after": str(math.ceil(quota.reset))} if settings.retry_after else None
    raise RefusedError(1202, "Too many requests.", headers=headers)


@contextmanager
def admitted(account: Account, settings: SandboxSettings) -> Generator[None, None, None]:
    """Count a request that costs tokens against its account's rate limit, and among those that run at one time.

    Args:
        account: Who asks.
        settings: Whether a refusal names its wait.

    Raises:
        RefusedError: One of the limits is reached.
    """
    with account.running() as has_place:
        if not has_place:
            raise RefusedError(1202, "Too many requests at one time.")
        admit(account, settings)
        yield


def reserve(account: Account, texts: Texts, settings: SandboxSettings, *, call: str) -> Charge:
    """Set a call's tokens aside.

    Args:
        account: Who pays.
        texts: What is asked for.
        settings: The prices.
        call: The call's id in the log.

    Returns:
        The charge, to be settled or released.

    Raises:
        RefusedError: Not enough tokens are left.
    """
    charge = account.reserve(texts.line, settings.price(texts.endpoint, texts.style), call=call)
    if charge is None:
        raise RefusedError(1101, "Not enough tokens.")
    return charge
