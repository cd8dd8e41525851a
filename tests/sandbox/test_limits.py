"""The sliding window and the accounts count exactly, from several threads too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from imagine_async.sandbox import SandboxSettings
from imagine_async.sandbox.accounts import Account, Accounts
from imagine_async.sandbox.limits import RateLimit, SlidingWindow

if TYPE_CHECKING:
    from tests.sandbox.conftest import Ticks


def test_window_slides() -> None:
    """A request leaves the window one window's length after it came in, not when a fixed window ends."""
    window = SlidingWindow(RateLimit(2, 10))
    assert [window.admit(time).admitted for time in (0.0, 6.0, 9.9, 10.0, 15.9, 16.0)] == [
        True,
        True,
        False,
        True,
        False,
        True,
    ]


def test_window_tells_what_is_left() -> None:
    """A quota names what remains and when the oldest request leaves; looking counts nothing."""
    window = SlidingWindow(RateLimit(2, 10))
    assert window.look(0.0).headers() == {
        "x-ratelimit-limit": "2",
        "x-ratelimit-remaining": "2",
        "x-ratelimit-reset": "0",
    }
    window.admit(0.0)
    assert window.look(3.5).headers() == {
        "x-ratelimit-limit": "2",
        "x-ratelimit-remaining": "1",
        "x-ratelimit-reset": "7",
    }


def _account(accounts: Accounts) -> Account:
    """Return the account of the usual key."""
    member = accounts.find(b"vk-sandbox")
    assert member is not None
    return member.account


def test_no_overdraft_from_threads(clock: Ticks) -> None:
    """Threads that reserve at once never get more tokens than there are."""
    accounts = Accounts(SandboxSettings(credits=100, rate_limit=None), clock=clock)
    account = _account(accounts)
    with ThreadPoolExecutor(16) as threads:
        charges = list(threads.map(lambda _: account.reserve("upscale", 3), range(200)))
    granted = [charge for charge in charges if charge is not None]
    assert len(granted) == 33
    assert account.books()["tokens_reserved"] == 99
    assert account.books()["credits_left"] == 1


def test_charge_closes_once(clock: Ticks) -> None:
    """What was settled cannot be released, and what was released cannot be settled."""
    account = _account(Accounts(SandboxSettings(credits=10), clock=clock))
    settled, released = account.reserve("upscale", 4), account.reserve("upscale", 4)
    assert settled is not None
    assert released is not None
    account.settle(settled)
    account.release(settled)
    account.release(released)
    account.settle(released)
    books = account.books()
    assert (books["calls"], books["tokens"], books["calls_released"]) == (1, 4, 1)
    assert (books["credits_left"], books["tokens_reserved"]) == (6, 0)


def test_threads_share_the_window(clock: Ticks) -> None:
    """Threads that ask at once get as many requests through as the window holds."""
    account = _account(Accounts(SandboxSettings(rate_limit="50/60s"), clock=clock))
    with ThreadPoolExecutor(16) as threads:
        quotas = list(threads.map(lambda _: account.admit(), range(200)))
    assert sum(quota is not None and quota.admitted for quota in quotas) == 50


def test_short_key_stays_hidden(clock: Ticks) -> None:
    """The name of an account never shows more than half of its key, nor more than four characters."""
    accounts = Accounts(SandboxSettings(keys=("a", "bcd", "vk-0123456789")), clock=clock)
    assert [account["account"] for account in accounts.books()["accounts"]] == ["", "d", "6789"]


def test_repr_hides_the_key(clock: Ticks) -> None:
    """An account's repr tells its state and not its key."""
    account = _account(Accounts(SandboxSettings(), clock=clock))
    assert repr(account) == "<Account ...dbox: 1000 tokens left, 0 calls>"
