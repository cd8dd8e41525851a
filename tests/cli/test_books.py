"""Which books a command looks into: store, account, and what it says where there are none."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from attrs import evolve

from imagine_async.cli.app import run
from imagine_async.config import Secret
from imagine_async.stores import Fate
from imagine_async.stores.opening import account_of
from imagine_async.stores.redis import RedisStore
from tests.cli.kept_books import ACCOUNT, KeptBooks
from tests.redis_server import redis_server
from tests.stores.entries import reserved

RunImagine = Callable[..., subprocess.CompletedProcess[str]]
KEY = "vk-secret-key"
OTHER = "fedcba9876543210"
LOOKS = [["usage"], ["budget", "show"], ["budget", "holds"]]
CHANGES = [["budget", "drop"], ["budget", "settle", "--all"], ["budget", "release", "--all"]]
every_look = pytest.mark.parametrize("command", LOOKS, ids=" ".join)
every_other = pytest.mark.parametrize("command", LOOKS + CHANGES, ids=" ".join)


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeptBooks:
    """Books that the setting names, with one call and one hold; no key."""
    kept = KeptBooks(tmp_path / "books.db")
    kept.book("call-1/1", Fate.SETTLE)
    kept.book("call-2/1", Fate.HOLD)
    monkeypatch.setenv("IMAGINE_STORE", kept.setting)
    monkeypatch.chdir(tmp_path)
    return kept


@pytest.mark.parametrize("command", [*LOOKS, *CHANGES, ["budget", "set", "5"]], ids=" ".join)
@pytest.mark.parametrize("is_named", [False, True], ids=["by-default", "by-name"])
def test_books_in_memory_are_none(capsys: pytest.CaptureFixture[str], command: list[str], is_named: bool) -> None:
    """Books in memory end with their process: every command says so, and how to keep them."""
    assert run([*command, *(["--store", "memory"] if is_named else [])]) == 2
    message = capsys.readouterr().err
    assert "end with their process" in message
    assert "export IMAGINE_STORE=sqlite:~/imagine.db" in message


@every_other
@pytest.mark.parametrize("name", ["none.db", "no/none.db", "file/none.db"])
@pytest.mark.parametrize("key", [KEY, ""])
def test_missing_file_is_not_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    name: str,
    key: str,
) -> None:
    """Who looks, or takes something away, leaves no file behind, and learns which file there is none of."""
    monkeypatch.setenv("IMAGINE_API_KEY", key)
    (tmp_path / "file").touch()
    assert run([*command, "--store", f"sqlite:{tmp_path / name}"]) == 1
    output = capsys.readouterr()
    assert output.err.startswith(f"imagine: there are no books at {tmp_path / name}: ")
    assert (output.out, sorted(each.name for each in tmp_path.rglob("*"))) == ("", ["file"])


@every_look
def test_empty_file_stays_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    """An empty file holds no books, and is none of ours to fill."""
    (tmp_path / "empty.db").touch()
    assert run([*command, "--store", f"sqlite:{tmp_path}/empty.db"]) == 1
    assert "there are no books at" in capsys.readouterr().err
    assert [(each.name, each.stat().st_size) for each in tmp_path.iterdir()] == [("empty.db", 0)]


def test_budget_begins_books_only_where_it_is_known_whose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a key, or for an account that nobody has seen, `budget set` makes no file; with a key it does."""
    path = tmp_path / "new.db"
    for options in ([], ["--account", ACCOUNT]):
        assert run(["budget", "set", "5", "--store", f"sqlite:{path}", *options]) == 1
        assert "set IMAGINE_API_KEY" in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("IMAGINE_API_KEY", KEY)
    assert run(["budget", "set", "5", "--store", f"sqlite:{path}"]) == 0
    assert KeptBooks(path, account_of(Secret(KEY), "https://api.vyro.ai")).budgets() == [(5, "client", None)]
    assert KEY not in capsys.readouterr().out


def test_file_that_cannot_be_looked_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A path that the system refuses is the store's to explain: one line, exit code 1."""
    assert run(["usage", "--store", f"sqlite:{tmp_path}/{'x' * 300}"]) == 1
    message = capsys.readouterr().err
    assert len(message.splitlines()) == 1
    assert "cannot be used" in message


def test_file_of_another_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A foreign database is named and left as it was."""
    path = tmp_path / "foreign.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (text)")
    connection.close()
    before = path.read_bytes()
    assert run(["usage", "--store", f"sqlite:{path}"]) == 1
    assert f"{path}: the file belongs to another program" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_store_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """A store that cannot be understood ends with exit code 2; it is not repeated, because it may hold a password."""
    assert run(["usage", "--store", "redis:/me:hush@host"]) == 2
    message = capsys.readouterr().err
    assert "sqlite:PATH" in message
    assert "hush" not in message


def test_missing_extra_of_redis(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without redis-py the command says what to install."""
    monkeypatch.setitem(sys.modules, "redis", None)
    assert run(["usage", "--store", "redis://127.0.0.1:9/0"]) == 1
    assert 'pip install "imagine-async[redis]"' in capsys.readouterr().err


def test_store_of_the_command_line_comes_first(
    books: KeptBooks, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--store` counts more than the setting."""
    monkeypatch.setenv("IMAGINE_STORE", "memory")
    assert run(["usage", "--store", f" {books.setting} "]) == 0
    assert "Sum" in capsys.readouterr().out


@every_look
def test_only_account_needs_no_name(books: KeptBooks, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    """Without a key the only account in the store is meant."""
    assert run([*command, "--json"]) == 0
    assert f'"account": "{ACCOUNT}"' in capsys.readouterr().out


@every_other
def test_several_accounts_must_be_told_apart(
    books: KeptBooks, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """Without a key and with several accounts, every command refuses, lists them, and changes nothing."""
    evolve(books, account=OTHER).book("call-3/1", Fate.HOLD)
    assert run(command) == 2
    message = capsys.readouterr().err
    assert f"{ACCOUNT}, {OTHER}" in message
    assert "--account" in message
    assert (len(books.holds()), len(evolve(books, account=OTHER).holds())) == (1, 1)


def test_account_by_name(books: KeptBooks, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`--account` names one of several; it counts more than the key, which need not even be well-formed then."""
    evolve(books, account=OTHER).book("call-3/1", Fate.SETTLE)
    monkeypatch.setenv("IMAGINE_API_KEY", "two words")
    assert run(["usage", "--account", OTHER, "--csv", "--by", "day"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "2026-11-24,1,5,0,0,0,0"


@pytest.mark.parametrize("command", [*LOOKS, ["budget", "set", "5"]], ids=" ".join)
@pytest.mark.parametrize("name", ["nobody", ""])
def test_account_that_is_not_there(
    books: KeptBooks, capsys: pytest.CaptureFixture[str], command: list[str], name: str
) -> None:
    """An account that has no books is refused, also for a budget, which would hold for nobody."""
    assert run([*command, "--account", name]) == 1
    assert capsys.readouterr().err == (
        f"imagine: there are no books of an account {name!r} in this store. The store has those of {ACCOUNT}\n"
    )


def test_store_without_accounts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A store in which nothing is booked has nothing to show without a key; neither under any name."""
    kept = KeptBooks(tmp_path / "books.db")
    assert kept.lines() == ()
    assert run(["usage", "--store", kept.setting]) == 1
    assert "holds no books yet" in capsys.readouterr().err
    assert run(["usage", "--store", kept.setting, "--account", "x"]) == 1
    assert "those of nobody" in capsys.readouterr().err


@pytest.mark.parametrize("base_url", ["https://api.vyro.ai", "http://127.0.0.1:8787"])
@pytest.mark.parametrize("is_in_file", [False, True], ids=["environment", "file"])
def test_account_of_the_key(
    books: KeptBooks,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    base_url: str,
    is_in_file: bool,
) -> None:
    """With a key its account is meant, which also follows from the base URL; the key itself is not printed."""
    account = account_of(Secret(KEY), base_url)
    evolve(books, account=account).book("call-3/1", Fate.HOLD, tokens=7)
    if is_in_file:
        Path("settings.toml").write_text(f'api_key = "{KEY}"\nbase_url = "{base_url}"\n')
        monkeypatch.setenv("IMAGINE_CONFIG", "settings.toml")
    else:
        monkeypatch.setenv("IMAGINE_API_KEY", KEY)
        monkeypatch.setenv("IMAGINE_BASE_URL", base_url)
    for command in LOOKS:
        for options in ([], ["--json"]):
            assert run([*command, *options]) == 0
    output = capsys.readouterr()
    assert f'"account": "{account}"' in output.out
    assert KEY not in output.out + output.err
    assert run(["budget", "release", "--all"]) == 0
    assert "7 tokens" in capsys.readouterr().out
    assert len(books.holds()) == 1


def test_key_that_is_none(
    books: KeptBooks, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key that cannot be one is told of without being shown; no other account is taken instead."""
    monkeypatch.setenv("IMAGINE_API_KEY", "two secret-words")
    assert run(["usage"]) == 1
    message = capsys.readouterr().err
    assert "the API key holds characters" in message
    assert "secret-words" not in message


def test_names_of_accounts_cannot_steer_the_terminal(books: KeptBooks, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor can the one that was asked for."""
    evolve(books, account="\x1b[31mred").book("call-3/1", Fate.SETTLE)
    assert run(["usage"]) == 2
    assert run(["usage", "--account", "\x1b[31m"]) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_damaged_file_ends_without_a_traceback(imagine: RunImagine, tmp_path: Path) -> None:
    """A store that cannot be used is one line with a way out, which steers no terminal, and exit code 1."""
    (tmp_path / "red\x1b[31m.db").write_bytes(b"no database at all" * 100)
    result = imagine("usage", "--store", "sqlite:red\x1b[31m.db", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"imagine: {tmp_path}/red [31m.db: the file ")
    assert len(result.stderr.splitlines()) == 1
    assert "name another file" in result.stderr


def test_books_in_redis(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands work on books in Redis as they do on a file: they show, cap, settle and release."""
    with redis_server(tmp_path) as server:
        place = ["--store", server.url]

        async def fill() -> None:
            store = RedisStore(server.url)
            for fate in (Fate.SETTLE, Fate.HOLD, Fate.HOLD):
                store.post_booking(ACCOUNT, await reserved(store, 5), fate)
            await store.aclose()

        assert run(["usage", *place]) == 1
        assert "holds no books yet" in capsys.readouterr().err
        anyio.run(fill)
        assert run(["usage", *place, "--by", "tag", "--csv"]) == 0
        assert run(["budget", "set", "20", "--scope", "tag", *place]) == 0
        assert run(["budget", "release", "--all", *place]) == 0
        assert run(["usage", *place, "--by", "tag", "--csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (lines[1], lines[-1]) == ("tests,3,5,10,2,0,0", "tests,1,5,0,0,0,0")
    assert "each tag       20     15     5  store" in lines
    assert "Released 2 calls as not charged: 10 tokens are free to be spent again." in lines


def test_server_that_is_not_there(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that stays away is one line that names it without the password, and exit code 1."""
    monkeypatch.setattr("imagine_async.stores.worker_thread._FIRST_PAUSE", 0.01)
    monkeypatch.setattr("imagine_async.cli.books.open_store", lambda text, clock: RedisStore(text, patience=0.05))
    assert run(["usage", "--store", "redis://me:hush@127.0.0.1:9/0"]) == 1
    message = capsys.readouterr().err
    assert len(message.splitlines()) == 1
    assert "redis://127.0.0.1:9/0: the Redis server cannot be reached" in message
    assert "hush" not in message
