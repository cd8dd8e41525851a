"""`imagine budget show`, `set` and `drop`."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from math import inf
from pathlib import Path

import anyio
import pytest

from imagine_async import BudgetExceededError, Imagine
from imagine_async.cli.app import run
from imagine_async.sandbox import SandboxSettings, running_sandbox
from imagine_async.stores import Budget, Fate
from imagine_async.stores.sqlite import SqliteStore
from tests.cli.kept_books import ACCOUNT, KeptBooks

RunImagine = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeptBooks:
    """Books that the setting names: 12 tokens settled, held and reserved, 5 of them today."""
    kept = KeptBooks(tmp_path / "books.db")
    kept.clock.epoch = time.time()
    today = datetime.now(UTC).date().isoformat()
    kept.book("call-1/1", Fate.SETTLE, tokens=4, day="2026-01-01", tag="web", batch="b1")
    kept.book("call-2/1", Fate.HOLD, tokens=3, day="2026-01-01", tag="tests")
    kept.book("call-3/1", None, tokens=5, day=today, tag="tests", batch="b2")
    monkeypatch.setenv("IMAGINE_STORE", kept.setting)
    return kept


def test_set_and_show(books: KeptBooks, imagine: RunImagine) -> None:
    """A budget that is set is shown, with what is spent in its scope and what is left."""
    result = imagine("budget", "set", "500")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == (
        f"Set: 500 tokens for everything, in the books of the account {ACCOUNT}.\n"
        "\n"
        "Holds for   Tokens  Spent  Left  Set in\n"
        "everything     500     12   488  store\n"
    )
    shown = imagine("budget", "show")
    assert (shown.returncode, shown.stderr, shown.stdout) == (0, "", result.stdout.partition("\n\n")[2])


@pytest.mark.parametrize(
    ("options", "meaning", "spent"),
    [
        ([], "everything", 12),
        (["--scope", "client"], "everything", 12),
        (["--scope", "day"], "each day (UTC)", 5),
        (["--scope", "day", "--name", "2026-01-01"], "the day 2026-01-01", 7),
        (["--scope", "tag"], "each tag", 8),
        (["--scope", "tag", "--name", "web"], "the tag web", 4),
        (["--scope", "batch"], "each batch", 5),
        (["--scope", "batch", "--name", "b1"], "the batch b1", 4),
        (["--scope", "tag", "--name", "caf\udce9"], "the tag caf?", 0),
        (["--scope", "tag", "--name", "\x1b[31m"], "the tag  [31m", 0),
    ],
)
def test_scopes(
    books: KeptBooks, capsys: pytest.CaptureFixture[str], options: list[str], meaning: str, spent: float
) -> None:
    """A budget holds for everything, for each day, tag or batch, or for one of them; it can be replaced and dropped."""
    for tokens, instead in (("9.5", ""), ("20", ", instead of 9.5")):
        assert run(["budget", "set", tokens, *options]) == 0
        words, table = capsys.readouterr().out.split("\n\n", 1)
        assert words == f"Set: {tokens} tokens for {meaning}{instead}, in the books of the account {ACCOUNT}."
        assert table.splitlines()[1].startswith(meaning)
        assert table.splitlines()[1].split()[-4:-1] == [
            tokens,
            str(spent),
            f"{max(0.0, float(tokens) - spent):g}",
        ]
        assert len(books.budgets()) == 1
    assert run(["budget", "drop", *options]) == 0
    assert capsys.readouterr().out == (
        f"Dropped the budget for {meaning}.\n\n"
        "No budget is set: what is spent has no cap but those that a program sets for itself.\n"
    )
    assert books.budgets() == []
    assert run(["budget", "drop", *options]) == 1
    assert f"the store holds no budget for {meaning}; nothing was changed" in capsys.readouterr().err


def test_budgets_stand_beside_each_other(books: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """Each scope and name has a budget of its own; it is said what spent means for each tag and batch."""
    for options in (["--scope", "tag"], ["--scope", "tag", "--name", "web"], ["--scope", "batch"], []):
        assert run(["budget", "set", "20", *options]) == 0
    assert run(["budget", "drop", "--scope", "tag", "--name", "web"]) == 0
    assert books.budgets() == [(20, "tag", None), (20, "batch", None), (20, "client", None)]
    assert "For each tag or batch, spent and left are those of the one" in capsys.readouterr().out


def test_budget_of_the_settings_is_shown_too(
    books: KeptBooks, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a client here would keep to besides is shown with where it comes from; it is not in the store."""
    monkeypatch.setenv("IMAGINE_BUDGET", "100")
    assert run(["budget", "set", "500"]) == 0
    words, table = capsys.readouterr().out.split("\n\n")
    assert "instead" not in words
    assert table.splitlines() == [
        "Holds for   Tokens  Spent  Left  Set in",
        "everything     100     12    88  IMAGINE_BUDGET",
        "everything     500     12   488  store",
    ]
    assert books.budgets() == [(500, "client", None)]


def test_json(books: KeptBooks, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys are stable, numbers are numbers; one without end, as a program may set it, is null."""

    async def set_in_a_program() -> None:
        store = SqliteStore(books.path)
        await store.set_budget(ACCOUNT, Budget(inf, scope="batch"))
        await store.aclose()

    anyio.run(set_in_a_program)
    monkeypatch.setenv("IMAGINE_BUDGET", "100.5")
    assert run(["budget", "show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "account": ACCOUNT,
        "budgets": [
            {"scope": "client", "name": None, "tokens": 100.5, "spent": 12, "left": 88.5, "set_in": "IMAGINE_BUDGET"},
            {"scope": "batch", "name": None, "tokens": None, "spent": 5, "left": None, "set_in": "store"},
        ],
    }


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["-1"], "pass a number of tokens, 0 or more"),
        (["nan"], "pass a number of tokens, 0 or more"),
        (["inf"], "a budget without end is none"),
        (["5", "--name", "web"], "for a batch, a tag or a day only"),
        (["5", "--scope", "tag", "--name", ""], "pass a name"),
        (["5", "--scope", "day", "--name", "2026-11-4"], "write a day as 2026-11-24"),
        (["5", "--scope", "day", "--name", "20261124"], "write a day as 2026-11-24"),
        (["5", "--scope", "day", "--name", "to\x1bday"], "--name to day: write a day"),
    ],
)
def test_budget_that_makes_no_sense(
    books: KeptBooks, capsys: pytest.CaptureFixture[str], arguments: list[str], advice: str
) -> None:
    """What would hold for nothing, or cap nothing, is refused with exit code 2, and nothing is set."""
    assert run(["budget", "set", *arguments]) == 2
    assert advice in capsys.readouterr().err
    assert books.budgets() == []


@pytest.mark.parametrize("arguments", [["set"], ["set", "five"], ["set", "5", "--scope", "hour"], ["take"]])
def test_command_that_is_given_wrongly(imagine: RunImagine, books: KeptBooks, arguments: list[str]) -> None:
    """What cannot be understood ends with exit code 2 and no traceback."""
    result = imagine("budget", *arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stdout + result.stderr


def test_running_client_keeps_to_what_is_set(
    tmp_path: Path, imagine: RunImagine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A budget that the command sets stops a client that runs already, with its next call; dropped, it lets it on."""
    with running_sandbox(SandboxSettings(side=16, rate_limit=None)) as sandbox:
        monkeypatch.setenv("IMAGINE_API_KEY", sandbox.key)
        monkeypatch.setenv("IMAGINE_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("IMAGINE_STORE", f"sqlite:{tmp_path / 'books.db'}")
        with Imagine() as client:
            client.text_to_image("a red fox", style="anime", tag="web")
            assert imagine("budget", "set", "7", "--scope", "tag", "--name", "web").returncode == 0
            with pytest.raises(BudgetExceededError) as caught:
                client.text_to_image("a red fox", style="anime", tag="web")
            assert (caught.value.limit, caught.value.scope, caught.value.name) == (7, "tag", "web")
            assert imagine("budget", "drop", "--scope", "tag", "--name", "web").returncode == 0
            client.text_to_image("a red fox", style="anime", tag="web")
        assert sandbox.books()["accounts"][0]["calls"] == 2


def test_help_lists_the_commands(imagine: RunImagine) -> None:
    """`imagine budget` tells what it can do, and the whole command's help names it."""
    result = imagine("budget")
    assert result.returncode == 0
    for name in ("show", "set", "drop", "holds", "settle", "release"):
        assert f"│ {name} " in result.stdout
    whole = imagine("--help").stdout
    assert "│ budget " in whole
    assert "│ usage " in whole


def test_examples_of_the_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], imagine: RunImagine
) -> None:
    """Every example of the help runs as it stands, in its order."""
    kept = KeptBooks(tmp_path / "books.db")
    kept.book("call-1f0c7d2e/1", Fate.HOLD)
    monkeypatch.setenv("IMAGINE_STORE", kept.setting)
    text = imagine("budget", "--help").stdout.partition("Examples:")[2]
    examples = [line.strip() for line in text.splitlines() if line.strip().startswith("imagine ")]
    assert len(examples) == 9
    for example in examples:
        assert run(shlex.split(example)[1:]) == 0
    output = capsys.readouterr().out
    assert "Released 1 call" in output
    assert "the tag tests" in output
    assert kept.budgets() == [(500, "client", None), (100, "day", None)]
