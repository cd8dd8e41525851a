"""`imagine budget reconcile`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imagine_async.cli.app import run
from imagine_async.stores import Fate
from tests.cli.kept_books import KeptBooks


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeptBooks:
    """Books that the setting names, with one settled call."""
    kept = KeptBooks(tmp_path / "books.db")
    kept.book("call-0/1", Fate.SETTLE)
    monkeypatch.setenv("IMAGINE_STORE", kept.setting)
    return kept


def _reconcile(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = run(["budget", "reconcile", *words])
    said = capsys.readouterr()
    return code, said.out or said.err


def test_balances(books: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """The first balance is noted; those that follow tell which of the held calls were charged."""
    code, said = _reconcile(capsys, "1000")
    assert (code, said.startswith("Noted: 1000 tokens are left.")) == (0, True)
    books.book("call-1/1", Fate.HOLD, tokens=5)
    books.book("call-2/1", Fate.HOLD, tokens=2.5)
    assert _reconcile(capsys, "997.5") == (
        0,
        "The books agree with the balance: of the held calls 1 were charged, and 1 were not.\n",
    )
    assert (books.holds(), sum(line.tokens for line in books.lines())) == ((), 7.5)
    assert _reconcile(capsys, "997.5") == (0, "The books agree with the balance.\n")


@pytest.mark.parametrize(
    ("balance", "told"),
    [
        ("990", "10 tokens more were taken .* explain: another program may have used the key"),
        ("1200", "200 tokens less were taken .* explain: tokens may have been added"),
    ],
)
def test_what_nothing_explains(books: KeptBooks, capsys: pytest.CaptureFixture[str], balance: str, told: str) -> None:
    """A difference that no hold explains changes nothing, and ends with a failure and a way to go on."""
    _reconcile(capsys, "1000")
    code, said = _reconcile(capsys, balance)
    assert code == 1
    assert re.search(told, said)
    assert "imagine budget reconcile BALANCE --anew" in said
    assert _reconcile(capsys, balance, "--anew")[0] == 0
    assert _reconcile(capsys, balance) == (0, "The books agree with the balance.\n")


def test_first_balance_with_holds(books: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """What is held already has to be closed by hand before there is a first balance."""
    books.book("call-1/1", Fate.HOLD)
    code, said = _reconcile(capsys, "1000")
    assert code == 1
    assert "settle or release them" in said
    assert len(books.holds()) == 1


def test_no_balance(books: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no number is refused."""
    assert _reconcile(capsys, "nan")[0] == 1
    with pytest.raises(SystemExit):
        run(["budget", "reconcile", "much"])
