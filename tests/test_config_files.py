"""Settings files: which are read, how often, and what is refused."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imagine_async.config import (
    CONFIG_VARIABLE,
    files,
    find_settings,
)
from imagine_async.errors import ConfigurationError
from tests.settings_places import KEY, Places, refusal, separate_places


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Give each test places of its own."""
    return separate_places(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "timeout = 10\n\ntimeuot = 20",
            r", line 3: 'timeuot' is no setting; the settings, all at the top level, are ",
        ),
        ("# timeout = 1\n[imagine]\ntimeout = 1", r", line 2: 'imagine' is no setting; .*all at the top level"),
        ("\n\n'odd'.key = 1", r", line 3: 'odd' is no setting"),
        ("timeout = '30'", r", line 1: timeout is '30': write a number of seconds over 0"),
        ("timeout = true", r", line 1: timeout is True: write a number of seconds over 0"),
        ("timeout = -1", r", line 1: timeout is -1: write a number of seconds over 0"),
        ("timeout = nan", r", line 1: timeout is nan: write a number of seconds over 0"),
        ("timeout = 1" + 400 * "0", r", line 1: timeout is 10+: write a number of seconds over 0"),
        ("budget = inf", r", line 1: budget is inf: write a number of tokens"),
        ("budget = 'much'", r", line 1: budget is 'much': write a number of tokens"),
        ("budget = false", r", line 1: budget is False: write a number of tokens"),
        ("rate_limit = 5", r", line 1: rate_limit is 5: write a text in quotation marks"),
        ("v1_dialect = ' '", r", line 1: v1_dialect is ' ': write a text"),
        ("'\\u0074imeout' = 1", r": this is no TOML|no setting"),
        ('"\\u0074imeout" = "no"', r"toml: timeout is 'no': write a number of seconds"),
        ("base_url = ['https://api.vyro.ai']", r", line 1: base_url is a list: write a text in quotation marks"),
        ("timeout =\n", r": this is no TOML: .*line 1"),
        ("timeout = 1\ntimeout = 2", r": this is no TOML: Cannot overwrite"),
        ("timeout = " + 5000 * "1", r": this is no TOML"),
        ("timeout = " + 20000 * "[", r": this is no TOML"),
    ],
)
def test_bad_files(text: str, problem: str, places: Places) -> None:
    """A file that cannot be read is named, with the key, the line where it is known, and what is allowed."""
    places.here.write_text(text)
    with pytest.raises(ConfigurationError, match=problem) as caught:
        find_settings(api_key=KEY)
    assert str(caught.value).startswith(str(places.here))


def test_file_in_another_encoding(places: Places) -> None:
    """A file in Latin-1 is refused by name."""
    places.here.write_bytes('rate_limit = "é"'.encode("latin-1"))
    assert refusal().startswith(f"{places.here}: this is no TOML: 'utf-8' codec")


def test_no_files_wanted(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty `IMAGINE_CONFIG` turns the files off."""
    places.here.write_text("broken")
    places.user.write_text("broken")
    monkeypatch.setenv(CONFIG_VARIABLE, "")
    assert find_settings(api_key=KEY).timeout == 300.0


def test_named_file_replaces_the_others(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the file that `IMAGINE_CONFIG` names, no other is read; `~` is the home."""
    places.here.write_text("broken")
    places.user.write_text("broken")
    (tmp_path / "home" / "mine.toml").write_text("timeout = 7")
    monkeypatch.setenv(CONFIG_VARIABLE, "~/mine.toml")
    assert find_settings(api_key=KEY).timeout == 7.0


def test_named_file_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was asked for and is not there is an error."""
    monkeypatch.setenv(CONFIG_VARIABLE, "no-such.toml")
    assert refusal() == "IMAGINE_CONFIG='no-such.toml': there is no such file; set it empty for no files"


def test_users_file_where_xdg_says(tmp_path: Path, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """`XDG_CONFIG_HOME` moves the user's file; a relative one, which would follow the working directory, does not."""
    (tmp_path / "xdg" / "imagine").mkdir(parents=True)
    (tmp_path / "xdg" / "imagine" / "imagine.toml").write_text("timeout = 3")
    places.user.write_text("timeout = 4")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert find_settings(api_key=KEY).timeout == 3.0
    monkeypatch.setenv("XDG_CONFIG_HOME", "../xdg")
    assert find_settings(api_key=KEY).timeout == 4.0


def test_users_file_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows the user's file lies in `%APPDATA%`; without that there is none."""
    (tmp_path / "roaming" / "imagine").mkdir(parents=True)
    (tmp_path / "roaming" / "imagine" / "imagine.toml").write_text("timeout = 3")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("APPDATA", str(tmp_path / "roaming"))
    assert find_settings(api_key=KEY).timeout == 3.0
    monkeypatch.delenv("APPDATA")
    assert find_settings(api_key=KEY).timeout == 300.0


def test_nobodys_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no home is known there is no user's file."""
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert find_settings(api_key=KEY).timeout == 300.0


def test_working_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose working directory was deleted still finds its settings."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert find_settings(api_key=KEY).timeout == 300.0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_pipe_instead_of_a_file(places: Places) -> None:
    """A pipe is refused at once, instead of being waited for."""
    os.mkfifo(places.here)
    thread = threading.Thread(target=refusal, daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()


def test_folder_and_large_file(places: Places) -> None:
    """What is no settings file by its looks is not read."""
    places.here.mkdir()
    assert refusal() == f"{places.here}: pass a file of at most 65536 bytes"
    places.here.rmdir()
    places.here.write_text("#" * 65537)
    assert refusal() == f"{places.here}: pass a file of at most 65536 bytes"


def test_file_that_may_not_be_read(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operating system's refusal is passed on with the file's name."""

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    places.here.write_text("timeout = 1")
    monkeypatch.setattr(Path, "read_text", refuse)
    assert refusal() == f"{places.here}: Permission denied"
    monkeypatch.undo()


def test_folder_that_may_not_be_searched(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot even be looked at is no file that is missing."""
    real = Path.stat

    def refuse(self: Path, **options: Any) -> os.stat_result:
        if self == places.user:
            raise PermissionError(13, "Permission denied")
        return real(self, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    assert refusal() == f"{places.user}: Permission denied"


def test_files_are_read_once_and_again_when_changed(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client's construction reads no file that was read before, and sees one that has changed."""
    reads: list[Path] = []
    real = files._parse

    def read(path: Path) -> Any:
        reads.append(path)
        return real(path)

    monkeypatch.setattr(files, "_parse", read)
    places.here.write_text("timeout = 1")
    assert [find_settings(api_key=KEY).timeout for _ in range(3)] == [1.0] * 3
    assert reads == [places.here]
    places.here.write_text("timeout = 22")
    assert find_settings(api_key=KEY).timeout == 22.0
    assert reads == [places.here] * 2
    os.utime(places.here, ns=(0, 1))
    assert find_settings(api_key=KEY).timeout == 22.0
    assert reads == [places.here] * 3


def test_each_working_directory_has_its_own_file(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read in one directory is not taken for what lies in another."""
    places.here.write_text("timeout = 1")
    assert find_settings(api_key=KEY).timeout == 1.0
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    assert find_settings(api_key=KEY).timeout == 300.0


def test_no_toml_parser_without_a_file(tmp_path: Path) -> None:
    """A process without settings files does not pay for the parser."""
    script = (
        "import sys\nfrom imagine_async.config import find_settings\n"
        "find_settings(api_key='vk-1')\nassert 'tomllib' not in sys.modules"
    )
    # Coverage, where it measures, imports the parser for its own settings.
    untraced = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    subprocess.run([sys.executable, "-c", script], check=True, timeout=20, cwd=tmp_path, env=untraced)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_no_file_breaks_the_reader(content: bytes, places: Places) -> None:
    """Whatever a file holds, it is read or refused, and nothing else is raised."""
    places.here.write_bytes(content)
    with contextlib.suppress(ConfigurationError):
        find_settings(api_key=KEY)
