"""`imagine usage`."""

from __future__ import annotations

import csv
import io
import json
import shlex
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from imagine_async import Imagine
from imagine_async.cli.app import run
from imagine_async.config import Secret
from imagine_async.sandbox import SandboxSettings, running_sandbox
from imagine_async.stores import Fate
from imagine_async.stores.opening import account_of
from imagine_async.usage import UsageBy
from tests.cli.kept_books import ACCOUNT, KeptBooks

RunImagine = Callable[..., subprocess.CompletedProcess[str]]
NUMBERS = ["calls", "tokens", "held", "held_calls", "reserved", "unpriced"]


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeptBooks:
    """Empty books that the setting names."""
    kept = KeptBooks(tmp_path / "books.db")
    monkeypatch.setenv("IMAGINE_STORE", kept.setting)
    return kept


@pytest.fixture
def filled(books: KeptBooks) -> KeptBooks:
    """Books of two days, tags and styles, with a hold, a call under way and one without a price."""
    books.book("call-1/1", Fate.SETTLE)
    books.book("call-2/1", Fate.HOLD, tokens=5.5, day="2026-11-23", tag="web")
    books.book("call-3/1", Fate.SETTLE, tokens=1_234_567, style="realistic", tag="web", batch="b1")
    books.book("call-4/1", None, style="realistic")
    books.book("call-5/1", Fate.SETTLE, tokens=None, endpoint="upscale", style=None)
    return books


def _rows(capsys: pytest.CaptureFixture[str], *options: str) -> list[list[str]]:
    assert run(["usage", "--csv", *options]) == 0
    return list(csv.reader(io.StringIO(capsys.readouterr().out, newline="")))


def _facts(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, object]:
    assert run(["usage", "--json", *options]) == 0
    facts: dict[str, object] = json.loads(capsys.readouterr().out)
    return facts


def test_table(filled: KeptBooks, imagine: RunImagine) -> None:
    """A line for each endpoint and style, numbers to the right with all their digits, a sum, and what is held."""
    result = imagine("usage")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == (
        "Endpoint       Style      Calls   Tokens  Held  Held calls  Reserved  Unpriced\n"
        "text_to_image  anime          2        5   5.5           1         0         0\n"
        "text_to_image  realistic      1  1234567     0           0         5         0\n"
        "upscale        -              1        0     0           0         0         1\n"
        "Sum                           4  1234572   5.5           1         5         1\n"
        "\n"
        "1 call may have been charged: 5.5 tokens are held, since 2026-11-24 12:00 UTC.\n"
        "Look at the history of your account on https://platform.imagine.art, and then:\n"
        "    imagine budget holds         lists them\n"
        "    imagine budget settle ID     it was charged\n"
        "    imagine budget release ID    it was not charged: its tokens may be spent again\n"
    )


@pytest.mark.parametrize(
    ("split", "names"),
    [
        (["day"], [["2026-11-23"], ["2026-11-24"]]),
        (["endpoint"], [["text_to_image"], ["upscale"]]),
        (["tag"], [[""], ["web"]]),
        (["batch"], [[""], ["b1"]]),
        (["tag", "day"], [["", "2026-11-24"], ["web", "2026-11-23"], ["web", "2026-11-24"]]),
        (["style", "style"], [[""], ["anime"], ["realistic"]]),
        ([], [["text_to_image", "anime"], ["text_to_image", "realistic"], ["upscale", ""]]),
    ],
)
def test_split(filled: KeptBooks, capsys: pytest.CaptureFixture[str], split: list[str], names: list[list[str]]) -> None:
    """`--by` says what the rows stand for, several of them together; naming one twice is naming it once."""
    header, *rows = _rows(capsys, *(f"--by={each}" for each in split))
    columns = list(dict.fromkeys(split)) or ["endpoint", "style"]
    assert header == [*columns, *NUMBERS]
    assert [row[: len(columns)] for row in rows] == names
    assert [sum(float(row[place]) for row in rows) for place in range(-6, 0)] == [4, 1_234_572, 5.5, 1, 5, 1]


def test_every_split_can_be_asked_for(filled: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """The command knows what the client knows, and refuses anything else with exit code 2."""
    for each in get_args(UsageBy):
        assert _rows(capsys, "--by", each)[0][0] == each
    with pytest.raises(SystemExit) as caught:
        run(["usage", "--by", "hour"])
    assert caught.value.code == 2


def test_json(filled: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """The keys are stable, numbers are numbers, and what has no name is null."""
    numbers = dict.fromkeys(NUMBERS, 0)
    assert _facts(capsys, "--by", "tag") == {
        "account": ACCOUNT,
        "by": ["tag"],
        "rows": [
            {"tag": None, **numbers, "calls": 2, "tokens": 5, "reserved": 5, "unpriced": 1},
            {"tag": "web", **numbers, "calls": 2, "tokens": 1_234_567, "held": 5.5, "held_calls": 1},
        ],
        "sum": {**numbers, "calls": 4, "tokens": 1_234_572, "held": 5.5, "held_calls": 1, "reserved": 5, "unpriced": 1},
        "holds": {"calls": 1, "oldest": "2026-11-24T12:00:00Z"},
    }


def test_csv_and_json_together_are_refused(books: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two forms one has to be chosen."""
    assert run(["usage", "--json", "--csv"]) == 2
    assert "choose one" in capsys.readouterr().err


def test_csv_is_that_of_the_rfc(books: KeptBooks, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Lines end in CR LF, names with commas or quotation marks are quoted, and formulas get a single quote."""
    for number, tag in enumerate(['=HYPERLINK("x")', "+1", "-1", "@x", "\tx", "a, b", None]):
        books.book(f"call-{number}/1", Fate.SETTLE, tag=tag)
    assert run(["usage", "--by", "tag", "--csv"]) == 0
    assert capfdbinary.readouterr().out.split(b"\r\n") == [
        b"tag,calls,tokens,held,held_calls,reserved,unpriced",
        b",1,5,0,0,0,0",
        b"' x,1,5,0,0,0,0",
        b"'+1,1,5,0,0,0,0",
        b"'-1,1,5,0,0,0,0",
        b'"\'=HYPERLINK(""x"")",1,5,0,0,0,0',
        b"'@x,1,5,0,0,0,0",
        b'"a, b",1,5,0,0,0,0',
        b"",
    ]


def test_names_cannot_steer_the_terminal(books: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever program chose a tag, a batch or an id, no control character comes out, and a row stays a line."""
    nasty = "\x1b[31mred\x07\nSum\r\u202e"
    books.book(f"call-{nasty}", Fate.HOLD, tag=nasty, batch=nasty, style=nasty)
    for command in (["usage", "--by", "tag", "--by", "batch", "--by", "style"], ["budget", "holds"]):
        for options in ([], ["--json"], ["--csv"] if command[0] == "usage" else []):
            assert run([*command, *options]) == 0
            output = capsys.readouterr().out.replace("\r\n", "\n")
            assert all(letter.isprintable() or letter == "\n" for letter in output)
    assert run(["usage", "--by", "tag"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3 + 6


def test_output_that_cannot_spell_a_name(
    books: KeptBooks, imagine: RunImagine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal of another encoding, a name in foreign letters does not end in an error."""
    books.book("call-1/1", Fate.HOLD, tag="日本")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    for options in ([], ["--csv"], ["--json"]):
        result = imagine("usage", "--by", "tag", *options)
        assert (result.returncode, result.stderr) == (0, "")


def test_several_holds(filled: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several holds it is said how many there are, since when, and of how many the price is not known."""
    filled.clock.pass_by(3600)
    filled.book("call-6/1", Fate.HOLD, tokens=None)
    assert run(["usage"]) == 0
    assert (
        "2 calls may have been charged: 5.5 tokens are held (the price of 1 call is not known), "
        "the oldest since 2026-11-24 12:00 UTC.\n"
    ) in capsys.readouterr().out
    assert _facts(capsys)["holds"] == {"calls": 2, "oldest": "2026-11-24T12:00:00Z"}


def test_nothing_is_held(books: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing is held, nothing is said of it."""
    books.book("call-1/1", Fate.SETTLE)
    assert run(["usage"]) == 0
    assert "charged" not in capsys.readouterr().out
    assert _facts(capsys)["holds"] == {"calls": 0, "oldest": None}


def test_calls_of_dead_processes_are_held(books: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """What was reserved by a process that has died is shown as held: it may have been charged."""
    books.clock.epoch = 1_700_000_000.0
    books.book("call-1/1", None, seconds=60)
    assert run(["usage"]) == 0
    assert "1 call may have been charged: 5 tokens are held, since 2023-11-14 22:13 UTC." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("others", "advice"), [(False, ""), (True, f" The store has books of {ACCOUNT}: see --account.")]
)
def test_nothing_is_booked(
    books: KeptBooks,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    others: bool,
    advice: str,
) -> None:
    """For a key with a mere budget there is nothing; if the store has books of others, they are named."""
    assert books.lines() == ()
    if others:
        books.book("call-1/1", Fate.SETTLE)
    monkeypatch.setenv("IMAGINE_API_KEY", "vk-key")
    account = account_of(Secret("vk-key"), "https://api.vyro.ai")
    assert run(["budget", "set", "5"]) == 0
    capsys.readouterr()
    assert run(["usage"]) == 0
    assert capsys.readouterr().out == f"Nothing is booked for the account {account}.{advice}\n"
    assert _facts(capsys)["rows"] == []
    assert len(_rows(capsys)) == 1


def test_books_that_programs_write_meanwhile(
    tmp_path: Path, imagine: RunImagine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked while a client spends, the command's sums are whole, never fall, and end as the server's own books."""
    settings = SandboxSettings(side=16, credits=None, rate_limit=None)
    with running_sandbox(settings) as sandbox:
        monkeypatch.setenv("IMAGINE_API_KEY", sandbox.key)
        monkeypatch.setenv("IMAGINE_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("IMAGINE_STORE", f"sqlite:{tmp_path / 'books.db'}")
        has_begun, is_asked = threading.Event(), threading.Event()

        def spend() -> None:
            with Imagine(rate_limit=None) as client:
                while not is_asked.is_set():
                    client.text_to_image("a red fox", style="anime", tag="web")
                    has_begun.set()

        client = threading.Thread(target=spend)
        client.start()
        assert has_begun.wait(30)
        seen = [json.loads(imagine("usage", "--json").stdout)["sum"] for _ in range(4)]
        is_asked.set()
        client.join()
        end = json.loads(imagine("usage", "--json", "--by", "tag").stdout)
        (account,) = sandbox.books()["accounts"]
    calls = [each["calls"] for each in seen]
    assert calls == sorted(calls)
    assert calls[0] < calls[-1]
    assert all(each["tokens"] == 5 * each["calls"] and each["reserved"] in (0, 5) for each in seen)
    assert (end["sum"]["calls"], end["sum"]["tokens"]) == (account["calls"], account["tokens"])
    assert [row["tag"] for row in end["rows"]] == ["web"]


def test_examples_of_the_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], imagine: RunImagine
) -> None:
    """Every example of the help runs as it stands."""
    kept = KeptBooks(tmp_path / "imagine.db")
    kept.book("call-1/1", Fate.SETTLE)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("IMAGINE_STORE", "sqlite:~/imagine.db")
    text = imagine("usage", "--help").stdout.partition("Examples:")[2]
    examples = [line.strip() for line in text.splitlines() if line.strip()]
    assert len(examples) == 4
    for example in examples:
        name, *arguments = shlex.split(example.partition(">")[0])
        assert name == "imagine"
        assert run(arguments) == 0
        assert capsys.readouterr().out
