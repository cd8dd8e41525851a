"""Whatever happens to an account, its books, its statement and a model of both agree, before and after a restart."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from imagine_async.sandbox import SandboxSettings
from imagine_async.sandbox.accounts import Account, Accounts
from imagine_async.sandbox.accounts.charges import Charge

LINES = st.sampled_from(["upscale", "text_to_image/anime", "text_to_video/kling-1.5"])
CREDITS = 40


class BooksMachine(RuleBasedStateMachine):
    """Reserves, settles, releases, refunds, grants and restarts in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.open: list[Charge] = []
        self.settled: list[Charge] = []
        self.due: set[int] = set()
        self.granted = CREDITS
        self.charged = 0
        self.start()

    def start(self) -> None:
        path = str(Path(self.folder) / "books.db")
        self.accounts = Accounts(SandboxSettings(credits=CREDITS, books=path))
        self.account: Account = self.accounts.members()[0].account

    def teardown(self) -> None:
        self.accounts.close()
        shutil.rmtree(self.folder)

    @property
    def left(self) -> int:
        return self.granted - self.charged - sum(charge.tokens for charge in self.open)

    @rule(line=LINES, tokens=st.integers(0, 30))
    def reserve(self, line: str, tokens: int) -> None:
        charge = self.account.reserve(line, tokens)
        assert (charge is not None) == (tokens <= self.left)
        if charge is not None:
            self.open.append(charge)

    @rule(again=st.booleans())
    def settle(self, again: bool) -> None:
        if self.open:
            charge = self.open.pop()
            self.account.settle(charge)
            self.charged += charge.tokens
            self.settled.append(charge)
            if again:
                self.account.settle(charge)
                self.account.release(charge)

    @rule()
    def release(self) -> None:
        if self.open:
            charge = self.open.pop(0)
            self.account.release(charge)
            self.account.settle(charge)

    @rule(at_once=st.booleans())
    def refund(self, at_once: bool) -> None:
        if self.settled:
            charge = self.settled.pop()
            self.account.refund(charge, due=lambda: at_once)
            self.charged -= charge.tokens * at_once

    @rule(tokens=st.integers(-20, 20))
    def grant(self, tokens: int) -> None:
        self.account.books()
        try:
            self.account.grant(tokens)
        except ValueError:
            assert self.left + tokens < 0
        else:
            self.granted += tokens

    @rule()
    def restart(self) -> None:
        self.account.books()
        self.accounts.close()
        # What was open at the end was never charged, and what was settled can no longer be refunded by itself.
        self.open, self.settled = [], []
        self.start()

    @invariant()
    def agree(self) -> None:
        books = self.account.books()
        assert books["credits_left"] == self.left
        assert books["tokens"] == self.charged == sum(line["tokens"] for line in books["lines"].values())
        entries = self.accounts.statement.entries(limit=10**6)
        signs = {"grant": 1, "charge": -1, "refund": 1}
        assert sum(signs[entry["kind"]] * entry["tokens"] for entry in entries) == self.granted - self.charged


BooksMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestBooks = BooksMachine.TestCase
