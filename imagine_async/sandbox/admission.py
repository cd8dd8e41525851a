"""What stands before every call: the rate limit, and for those that cost something the tokens."""

from __future__ import annotations

import math

from imagine_async.sandbox.accounts import Account
from imagine_async.sandbox.charges import Charge
from imagine_async.sandbox.forms import Texts
from imagine_async.sandbox.replies import RefusedError
from imagine_async.sandbox.settings import SandboxSettings

__all__ = ["admit", "reserve"]


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


def reserve(account: Account, texts: Texts, settings: SandboxSettings) -> Charge:
    """Set a call's tokens aside.

    Args:
        account: Who pays.
        texts: What is asked for.
        settings: The prices.

    Returns:
        The charge, to be settled or released.

    Raises:
        RefusedError: Not enough tokens are left.
    """
    charge = account.reserve(texts.line, settings.price(texts.endpoint, texts.style))
    if charge is None:
        raise RefusedError(1101, "Not enough tokens.")
    return charge
