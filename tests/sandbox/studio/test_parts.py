"""The words, cards and figures of the studio page."""

from __future__ import annotations

from typing import Any

import pytest

from imagine_async.sandbox import SandboxSettings
from imagine_async.sandbox.accounts import Accounts
from imagine_async.sandbox.accounts.charges import Charge
from imagine_async.sandbox.calls.call import LoggedCall
from imagine_async.sandbox.calls.log import CallLog
from imagine_async.sandbox.studio.cards import CARDS, Card, card, latest_cards
from imagine_async.sandbox.studio.usage import usage_of
from imagine_async.sandbox.studio.words import bytes_in_words, seconds_in_words, title, tokens_in_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("text_to_image", "Text to image"),
        ("text_to_png", "Text to PNG"),
        ("ai_resize", "AI resize"),
        ("v1.generations", "Generations (v1)"),
    ],
)
def test_titles(name: str, words: str) -> None:
    """Endpoints are named as people would."""
    assert title(name) == words


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (tokens_in_words(1), "1 token"),
        (tokens_in_words(1500), "1,500 tokens"),
        (seconds_in_words(0.0123), "12 ms"),
        (seconds_in_words(0.9996), "1.0 s"),
        (seconds_in_words(125.9), "2 min 5 s"),
        (bytes_in_words(999), "999 B"),
        (bytes_in_words(38_400), "38 kB"),
        (bytes_in_words(999_500), "1.0 MB"),
    ],
)
def test_units(shown: str, words: str) -> None:
    """Figures come in the unit that suits them."""
    assert shown == words


def made(method: str = "POST", **known: Any) -> Card:
    return card(LoggedCall("2026-01-01T12:00:00+00:00", method, "/v2/image/enhance", 0.0, **known))


@pytest.mark.parametrize(
    ("known", "word", "problem"),
    [
        ({}, "Running", ""),
        ({"status": 200}, "Running", ""),
        ({"status": 200, "seconds": 1.0, "whole": True}, "Done", ""),
        ({"status": 200, "seconds": 1.0}, "Cut off", "The reply did not go out to its end."),
        ({"seconds": 1.0}, "Cut off", "The reply did not go out to its end."),
        ({"status": 404, "seconds": 1.0, "whole": True}, "Refused", "No reason was given."),
        ({"status": 402, "seconds": 1.0, "code": 1101, "message": "No."}, "Refused", "No. (code 1101)"),
        ({"status": 424, "seconds": 1.0, "code": 424, "message": "No."}, "Refused", "No."),
        ({"status": 503, "seconds": 1.0, "message": "Later."}, "Failed", "Later."),
    ],
)
def test_what_became_of_a_call(known: dict[str, Any], word: str, problem: str) -> None:
    """A word, and the reason where something went wrong, say what became of a call."""
    shown = made(**known)
    assert (shown.word, shown.problem) == (word, problem)


def test_seed_of_an_endpoint_without_one() -> None:
    """A seed that its caller could not have chosen is not shown."""
    assert made(endpoint="upscale", seed=7).seed is None
    assert made(endpoint="text_to_png", seed=7).seed == 7


def test_questions_do_not_displace_pictures() -> None:
    """However often a client asks for its video, the calls that it paid for are still shown."""
    log = CallLog(10 * CARDS)
    log.note(LoggedCall("2026-01-01T12:00:00+00:00", "POST", "/v2/image/enhance", 0.0, endpoint="upscale"))
    for _ in range(3 * CARDS):
        log.note(LoggedCall("2026-01-01T12:00:01+00:00", "GET", "/v2/video/x/status", 0.0, status=200))
    shown = latest_cards(log)
    assert [each.call.endpoint for each in shown if not each.is_quiet] == ["upscale"]
    assert len(shown) == CARDS + 1


def test_question_that_was_refused() -> None:
    """A question about a video that got nothing is shown like any other call."""
    assert made("GET", status=200).is_quiet
    assert not made("GET", status=404).is_quiet


def test_refunds_and_reserves() -> None:
    """Tokens that are set aside, and calls whose tokens came back, are shown as such."""
    accounts = Accounts(SandboxSettings(keys="vk-sandbox"))
    account = accounts.members()[0].account
    account.reserve("upscale", 4)
    charge = account.reserve("text_to_video/veo-2", 50)
    assert charge is not None
    account.settle(charge)
    account.refund(charge, due=lambda: True)
    (usage,) = usage_of(accounts).accounts
    assert (usage.balance, usage.reserved, usage.refunded, usage.tokens, usage.lines) == (996, 4, 1, 0, ())


def test_many_lines() -> None:
    """Of many lines the largest are shown, and the rest is summed up; bars are relative to the largest."""
    accounts = Accounts(SandboxSettings(credits=None))
    account = accounts.members()[0].account
    for tokens in range(1, 21):
        charge = account.reserve(f"v1.generations/{tokens}", tokens)
        assert isinstance(charge, Charge)
        account.settle(charge)
    (usage,) = usage_of(accounts).accounts
    assert [line.tokens for line in usage.lines] == list(range(20, 8, -1))
    assert (usage.further_lines, usage.further_tokens) == (8, 36)
    assert (usage.lines[0].percent, usage.lines[1].percent) == (100.0, 95.0)


def test_many_accounts() -> None:
    """Of many accounts those that were charged most are shown."""
    accounts = Accounts(SandboxSettings(keys=tuple(f"vk-{number:08}" for number in range(30))))
    account = accounts.members()[20].account
    charge = account.reserve("upscale", 4)
    assert charge is not None
    account.settle(charge)
    usage = usage_of(accounts)
    assert (usage.accounts[0].name, len(usage.accounts), usage.others) == ("0020", 12, 18)


def test_revoked_and_expired() -> None:
    """Accounts that are let in no more say why."""
    accounts = Accounts(SandboxSettings(keys="vk-revoked", expired_keys="vk-expired"))
    member = accounts.members()[0]
    accounts.change(member, plan=member.row.plan, expires_at=None, revoked=True)
    assert [usage.state for usage in usage_of(accounts).accounts] == ["revoked", "expired"]
