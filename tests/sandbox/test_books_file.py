"""Books in a file: they outlast the process, a kill as well, and belong to one sandbox at a time."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from imagine_async.sandbox import BooksError, SandboxSettings, create_app, running_sandbox
from tests.flat_engine import FlatEngine

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

TOKEN = "admin-token-of-the-tests"


@pytest.fixture
def books(tmp_path: Path) -> str:
    return str(tmp_path / "books.db")


@pytest.mark.anyio
async def test_outlasts_the_sandbox(make_bench: Callable[..., Bench], books: str) -> None:
    """A new sandbox goes on with the old one's accounts, plans, balances and sums."""
    first = make_bench(books=books, credits=20, admin_token=TOKEN)
    await first.generate()
    async with first.client(TOKEN) as client:
        made = (await client.post("/_sandbox/accounts", json={"credits": 6})).json()
    await first.generate(key=made["key"])
    before = [first.books(place) for place in (0, 1)]
    first.app.state.accounts.close()

    second = make_bench(books=books, credits=999)
    assert [second.books(place) for place in (0, 1)] == before
    assert second.books()["credits_left"] == 15
    assert (await second.generate(key=made["key"])).status_code == 402
    second.app.state.accounts.close()


def test_keys_are_not_in_the_file(books: str) -> None:
    """The file holds no key, only digests and the last four characters."""
    app = create_app(SandboxSettings(keys=("vk-very-secret-key",), books=books), engine=FlatEngine())
    app.state.accounts.close()
    assert b"very-secret" not in Path(books).read_bytes()


def test_one_sandbox_at_a_time(books: str) -> None:
    """A second sandbox on the same file is refused with a hint, and the first goes on."""
    with running_sandbox(SandboxSettings(books=books), engine=FlatEngine()) as sandbox:
        with pytest.raises(BooksError, match="locked: name another file"):
            create_app(SandboxSettings(books=books), engine=FlatEngine())
        assert sandbox.books()["accounts"][0]["credits_left"] == 1000


def test_not_its_own_file(books: str) -> None:
    """A file that holds something else is left alone."""
    with sqlite3.connect(books) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    before = Path(books).read_bytes()
    with pytest.raises(BooksError, match="something else"):
        create_app(SandboxSettings(books=books), engine=FlatEngine())
    Path(books).unlink()
    assert b"recipes" in before
    Path(books).write_bytes(b"no database at all, but long enough to be looked at as one" * 10)
    with pytest.raises(BooksError, match="not a database"):
        create_app(SandboxSettings(books=books), engine=FlatEngine())


def test_no_such_folder(tmp_path: Path) -> None:
    """A file that cannot be made is an error that names it."""
    with pytest.raises(BooksError, match="nowhere/books.db"):
        create_app(SandboxSettings(books=str(tmp_path / "nowhere" / "books.db")), engine=FlatEngine())


def _started(books: str) -> tuple[subprocess.Popen[str], str, str]:
    command = [sys.executable, "-m", "imagine_async.sandbox", "--port", "0", "--books", books, "--side", "64"]
    process = subprocess.Popen(
        [*command, "--rate-limit", "none", "--credits", "100000"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    base_url, key = process.stdout.readline().split()
    return process, base_url, key


def _ask_until_dead(base_url: str, key: str, got: list[int]) -> None:
    form = {"prompt": (None, "a mug"), "style": (None, "imagine-turbo")}
    with httpx.Client(headers={"authorization": f"Bearer {key}"}) as client:
        try:
            while True:
                got.append(client.post(f"{base_url}/v2/image/generations", files=form).status_code)
        except httpx.HTTPError:
            return


def test_kill(books: str) -> None:
    """After `kill -9` amid calls every picture that arrived stands in the books, with at most those in flight more."""
    process, base_url, key = _started(books)
    got: list[int] = []
    callers = [threading.Thread(target=_ask_until_dead, args=(base_url, key, got)) for _ in range(4)]
    for caller in callers:
        caller.start()
    while len(got) < 40:
        assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    for caller in callers:
        caller.join()
    _ends(process)
    assert set(got) == {200}

    process, base_url, _ = _started(books)
    with urllib.request.urlopen(f"{base_url}/_sandbox/books") as reply:
        account: dict[str, Any] = json.load(reply)["accounts"][0]
    process.terminate()
    _ends(process)
    assert len(got) <= account["calls"] <= len(got) + len(callers)
    assert account["credits_left"] == 100_000 - account["tokens"]


def _ends(process: subprocess.Popen[str]) -> None:
    process.wait(20)
    assert process.stdout is not None
    process.stdout.close()
