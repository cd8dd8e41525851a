"""What every account has left and was charged, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from imagine_async.sandbox.accounts import Accounts
from imagine_async.sandbox.accounts.registry import Member
from imagine_async.sandbox.studio.words import title

__all__ = ["AccountUsage", "Line", "Usage", "usage_of"]

_MOST_ACCOUNTS = 12
_MOST_LINES = 12


@frozen(kw_only=True)
class Line:
    """What one endpoint, or one of its styles, was charged.

    Args:
        title: Which.
        style: The style, if it has one.
        calls: How many calls.
        tokens: How many tokens.
        percent: Its tokens in percent of the account's largest line.
    """

    title: str
    style: str
    calls: int
    tokens: int
    percent: float


@frozen(kw_only=True)
class AccountUsage:
    """One account.

    Args:
        name: The end of its key.
        state: `revoked` or `expired`, or nothing.
        plan: The plan's name.
        rate_limit: Requests in a window, as `50/60s`; `None` for no limit.
        balance: Tokens that are left; `None` for no end of them.
        tokens: Tokens that were charged.
        reserved: Tokens that are set aside for calls that run.
        calls: Calls that were charged.
        refunded: Calls whose tokens came back.
        lines: What it was charged, the most first; not all if there are too many to show.
        further_lines: How many are not shown.
        further_tokens: What those were charged.
    """

    name: str
    state: str
    plan: str
    rate_limit: str | None
    balance: int | None
    tokens: int
    reserved: int
    calls: int
    refunded: int
    lines: tuple[Line, ...]
    further_lines: int
    further_tokens: int


@frozen
class Usage:
    """All accounts.

    Args:
        accounts: Those that were charged most, if there are too many to show.
        others: How many are not shown.
    """

    accounts: tuple[AccountUsage, ...]
    others: int


def usage_of(accounts: Accounts) -> Usage:
    """Read the books of all accounts.

    Args:
        accounts: The accounts.
    """
    now = accounts.now()
    usages = [_usage(member, now) for member in accounts.members()]
    if len(usages) > _MOST_ACCOUNTS:
        usages.sort(key=lambda usage: -usage.tokens)
    return Usage(tuple(usages[:_MOST_ACCOUNTS]), len(usages[_MOST_ACCOUNTS:]))


def _usage(member: Member, now: float) -> AccountUsage:
    books, plan = member.account.books(), member.account.plan
    lines = _lines(books["lines"])
    return AccountUsage(
        name=books["account"],
        state="revoked" if member.row.revoked else "expired" if member.is_expired(now) else "",
        plan=plan.name,
        rate_limit=plan.rate_limit,
        balance=books["credits_left"],
        tokens=books["tokens"],
        reserved=books["tokens_reserved"],
        calls=books["calls"],
        refunded=books["calls_refunded"],
        lines=lines[:_MOST_LINES],
        further_lines=len(lines[_MOST_LINES:]),
        further_tokens=sum(line.tokens for line in lines[_MOST_LINES:]),
    )


def _lines(books: Mapping[str, Mapping[str, Any]]) -> tuple[Line, ...]:
    most = max((line["tokens"] for line in books.values()), default=0) or 1
    ranked = sorted(books.items(), key=lambda item: (-item[1]["tokens"], item[0]))
    return tuple(_line(name, line["calls"], line["tokens"], most) for name, line in ranked)


def _line(name: str, calls: int, tokens: int, most: int) -> Line:
    endpoint, _, style = name.partition("/")
    return Line(title=title(endpoint), style=style, calls=calls, tokens=tokens, percent=round(100 * tokens / most, 1))
