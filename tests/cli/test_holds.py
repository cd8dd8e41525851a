"""`imagine budget holds`, `settle` and `release`."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from imagine_async.cli.app import run
from imagine_async.middleware.ledger import Ledger
from imagine_async.stores import Fate
from tests.cli.kept_books import ACCOUNT, KeptBooks

RunImagine = Callable[..., subprocess.CompletedProcess[str]]
CLOSING = {"settle": Fate.SETTLE, "release": Fate.RELEASE}
either = pytest.mark.parametrize("command", CLOSING)


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeptBooks:
    """Books that the setting names, with three holds, of which one has no known price, and a settled call."""
    kept = KeptBooks(tmp_path / "books.db")
    kept.book("call-0/1", Fate.SETTLE)
    kept.book("call-1/1", Fate.HOLD, tokens=5.5, tag="web", batch="b1")
    kept.clock.pass_by(1800)
    kept.book("call-2/1", Fate.HOLD, tokens=None, endpoint="upscale", style=None)
    kept.clock.pass_by(1800)
    kept.book("call-3/2", Fate.HOLD, tokens=1)
    monkeypatch.setenv("IMAGINE_STORE", kept.setting)
    return kept


def _ids(books: KeptBooks) -> list[str]:
    return [hold.id for hold in books.holds()]


def _sums(books: KeptBooks) -> tuple[int, float, float]:
    """Sum up calls, tokens and what is held."""
    lines = books.lines()
    return sum(line.calls for line in lines), sum(line.tokens for line in lines), sum(line.held for line in lines)


def test_list(books: KeptBooks, imagine: RunImagine) -> None:
    """Each hold is a line, the oldest first, and below it stands what to do about them."""
    result = imagine("budget", "holds")
    assert (result.returncode, result.stderr) == (0, "")
    table, advice = result.stdout.split("\n\n")
    assert table.splitlines() == [
        "ID        Endpoint       Style   Tokens  Since (UTC)",
        "call-1/1  text_to_image  anime      5.5  2026-11-24 12:00",
        "call-2/1  upscale        -      unknown  2026-11-24 12:30",
        "call-3/2  text_to_image  anime        1  2026-11-24 13:00",
    ]
    assert advice.startswith("3 calls may have been charged: 6.5 tokens are held (the price of 1 call is not known), ")
    assert "imagine budget settle ID" in advice
    assert "imagine budget release ID" in advice


def test_json(books: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """The facts of each hold, with day, tag and batch."""
    assert run(["budget", "holds", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["account"], len(facts["holds"])) == (ACCOUNT, 3)
    assert facts["holds"][0] == {
        "id": "call-1/1",
        "day": "2026-11-24",
        "endpoint": "text_to_image",
        "style": "anime",
        "tag": "web",
        "batch": "b1",
        "tokens": 5.5,
        "since": "2026-11-24T12:00:00Z",
    }
    assert facts["holds"][1]["tokens"] is None


def test_nothing_is_held(books: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """Without holds that is said; closing all of none is no failure, and closing without a choice still one."""
    assert run(["budget", "settle", "--all"]) == 0
    capsys.readouterr()
    assert run(["budget", "holds"]) == 0
    assert run(["budget", "release", "--all"]) == 0
    assert capsys.readouterr().out == "Nothing is held.\nNothing that is held is meant; nothing was changed.\n"
    assert run(["budget", "release"]) == 2
    assert capsys.readouterr().err == "imagine: nothing is held, and nothing was changed\n"


def test_settle(books: KeptBooks, imagine: RunImagine) -> None:
    """What is settled is booked as spent; the others stay held."""
    result = imagine("budget", "settle", "call-1/1", "call-2/1", "call-1/1")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == (
        "Settled 2 calls as charged: 5.5 tokens are booked as spent (the price of 1 call is not known).\n"
    )
    assert (_ids(books), _sums(books)) == (["call-3/2"], (4, 10.5, 1))


def test_release(books: KeptBooks, imagine: RunImagine) -> None:
    """What is released is free again, and no call any more; the others stay held."""
    result = imagine("budget", "release", "call-3/2")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "Released 1 call as not charged: 1 token is free to be spent again.\n"
    assert (_ids(books), _sums(books)) == (["call-1/1", "call-2/1"], (3, 5, 5.5))


@either
def test_all(books: KeptBooks, capsys: pytest.CaptureFixture[str], command: str) -> None:
    """`--all` means every hold, and nothing that is settled."""
    assert run(["budget", command, "--all"]) == 0
    assert "3 calls as" in capsys.readouterr().out
    assert (_ids(books), _sums(books)) == ([], {"settle": (4, 11.5, 0), "release": (1, 5, 0)}[command])


@either
@pytest.mark.parametrize("options", [[], ["--older-than", "0"]], ids=["bare", "old-ones"])
def test_without_a_choice_nothing_is_closed(
    books: KeptBooks, capsys: pytest.CaptureFixture[str], command: str, options: list[str]
) -> None:
    """Without ids and without `--all` the command refuses, and lists what is held."""
    assert run(["budget", command, *options]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "add --all" in output.err
    assert all(each in output.err for each in ("call-1/1", "call-2/1", "call-3/2"))
    assert len(_ids(books)) == 3


def test_long_list_is_cut(books: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """Where very many are held, the refusal lists the oldest and says how many more there are."""
    for number in range(18):
        books.book(f"further-{number}/1", Fate.HOLD)
    assert run(["budget", "release"]) == 2
    message = capsys.readouterr().err
    assert message.count("2026-11-24") == 20
    assert message.endswith("and 1 more: imagine budget holds lists all\n")


@either
@pytest.mark.parametrize("options", [["--all"], ["--older-than", "2h"]], ids=" ".join)
def test_ids_and_all_exclude_each_other(
    books: KeptBooks, capsys: pytest.CaptureFixture[str], command: str, options: list[str]
) -> None:
    """Who names ids does not mean all: nothing is closed."""
    assert run(["budget", command, "call-1/1", *options]) == 2
    assert "not both" in capsys.readouterr().err
    assert len(_ids(books)) == 3


@either
def test_unknown_id_closes_nothing(books: KeptBooks, capsys: pytest.CaptureFixture[str], command: str) -> None:
    """One id that is not held, be it settled already or mistyped, and none of them is closed."""
    assert run(["budget", command, "call-1/1", "call-0/1", "call-\x1b9/1"]) == 1
    assert capsys.readouterr().err.startswith("imagine: not held: call-0/1, call- 9/1. Nothing was changed")
    assert len(_ids(books)) == 3


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("0", ["call-old/1", "call-new/1"]),
        ("5400", ["call-old/1"]),
        ("90m", ["call-old/1"]),
        ("1.5h", ["call-old/1"]),
        ("7199s", ["call-old/1"]),
        ("2.01h", []),
        ("1d", []),
        ("7d", []),
        ("9" * 400, []),
    ],
)
def test_age(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, ids: list[str]) -> None:
    """`--older-than` takes seconds, minutes, hours and days, and leaves younger holds alone."""
    kept = KeptBooks(tmp_path / "books.db")
    for name, age in (("old", 7200), ("new", 3600)):
        kept.clock.epoch = time.time() - age
        kept.book(f"call-{name}/1", Fate.HOLD)
    assert run(["budget", "release", "--all", "--older-than", text, "--store", kept.setting]) == 0
    assert [each for each in ("call-old/1", "call-new/1") if each not in _ids(kept)] == ids


def test_hold_of_a_host_whose_clock_is_ahead(tmp_path: Path) -> None:
    """`--all` means those as well that seem to come from the future; they are not old, though."""
    kept = KeptBooks(tmp_path / "books.db")
    kept.clock.epoch = time.time() + 3600
    kept.book("call-1/1", Fate.HOLD)
    assert run(["budget", "release", "--all", "--older-than", "0", "--store", kept.setting]) == 0
    assert _ids(kept) == ["call-1/1"]
    assert run(["budget", "release", "--all", "--store", kept.setting]) == 0
    assert _ids(kept) == []


@pytest.mark.parametrize("text", ["", "2 h", "h", "-1", "1w", "2hours", "1e3", "inf", "nan", "²h", "\x1b2h"])
def test_time_that_is_none(books: KeptBooks, capsys: pytest.CaptureFixture[str], text: str) -> None:
    """What is no length of time closes nothing, and ends with exit code 2."""
    assert run(["budget", "release", "--all", f"--older-than={text}"]) == 2
    message = capsys.readouterr().err
    assert "write a time such as 90 (seconds), 30m, 2h or 7d" in message
    assert "\x1b" not in message
    assert len(_ids(books)) == 3


def test_hold_that_somebody_else_closes_meanwhile(
    books: KeptBooks, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a program is quicker, the command tells how many it closed itself, and claims no tokens."""
    look = Ledger.holds

    async def look_and_lose(self: Ledger) -> object:
        held = await look(self)
        await self.store.close_holds(self.account, ["call-1/1"], Fate.SETTLE)
        return held

    monkeypatch.setattr(Ledger, "holds", look_and_lose)
    assert run(["budget", "release", "--all"]) == 0
    message = capsys.readouterr().out
    assert message.startswith("Released 2 calls; the other 1 somebody else has closed meanwhile.")
    assert "token" not in message
    assert _sums(books) == (2, 10.5, 0)
