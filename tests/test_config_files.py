"""Settings from arguments, the environment and files: what counts more, what is refused, and where a key may go."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imagine_async.catalog import DEFAULT_BASE_URL
from imagine_async.config import (
    BASE_URL_VARIABLE,
    BUDGET_VARIABLE,
    CONFIG_VARIABLE,
    FROM_SETTINGS,
    KEY_VARIABLE,
    RATE_LIMIT_VARIABLE,
    TIMEOUT_VARIABLE,
    FromSettings,
    Secret,
    Settings,
    files,
    find_settings,
)
from imagine_async.errors import ConfigurationError
from imagine_async.timeout import Timeout

KEY = "vk-0123456789abcdef"
OTHER_KEY = "vk-of-the-project"


@frozen
class Places:
    """Where settings may lie.

    Args:
        here: The file in the working directory.
        user: The user's own.
    """

    here: Path
    user: Path


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Give each test a home and a working directory of its own, and no settings."""
    for name in (KEY_VARIABLE, BASE_URL_VARIABLE, TIMEOUT_VARIABLE, RATE_LIMIT_VARIABLE, BUDGET_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    home, work = tmp_path / "home", tmp_path / "work"
    (home / ".config" / "imagine").mkdir(parents=True)
    work.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(work)
    monkeypatch.setattr(sys, "platform", "linux")
    return Places(work / "imagine.toml", home / ".config" / "imagine" / "imagine.toml")


def refusal(**arguments: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        find_settings(**{"api_key": KEY, **arguments})
    return str(caught.value)


def facts(found: Settings) -> tuple[object, ...]:
    return found.api_key.reveal(), found.base_url, found.timeout, found.rate_limit, found.budget, found.v1_dialect


FULL = """
api_key = "vk-from-file"
base_url = "https://api.vyro.ai/"
timeout = 30
rate_limit = "5/s"
budget = 12.5
v1_dialect = "python"
"""


def test_defaults() -> None:
    """With a key alone, everything else is the default, and says so."""
    found = find_settings(api_key=KEY)
    assert facts(found) == (KEY, DEFAULT_BASE_URL, 300.0, "50/60s", None, "javascript")
    assert found.sources == {
        "api_key": "argument",
        **dict.fromkeys(("base_url", "timeout", "rate_limit", "budget", "v1_dialect"), "default"),
    }


def test_sentinel_shows_what_it_means() -> None:
    """In signatures the sentinel reads as what it does, and its type fits annotations."""
    assert repr(FROM_SETTINGS) == "<from settings>"
    assert isinstance(FROM_SETTINGS, FromSettings)
    assert list(FromSettings) == [FROM_SETTINGS]


@pytest.mark.parametrize("place", ["here", "user", "named"])
def test_everything_from_a_file(place: str, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each place may hold every setting."""
    path = tmp_path / "other.toml" if place == "named" else getattr(places, place)
    path.write_text(FULL)
    if place == "named":
        monkeypatch.setenv(CONFIG_VARIABLE, str(path))
    found = find_settings()
    assert facts(found) == ("vk-from-file", DEFAULT_BASE_URL, 30.0, "5/s", 12.5, "python")
    assert set(found.sources.values()) == {str(path)}


def test_everything_from_the_environment(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment counts more than files."""
    places.here.write_text(FULL)
    given = {
        KEY_VARIABLE: f" {KEY}\n",
        BASE_URL_VARIABLE: "https://proxy.example/",
        TIMEOUT_VARIABLE: " 2.5 ",
        RATE_LIMIT_VARIABLE: "10/s",
        BUDGET_VARIABLE: "0",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = find_settings()
    assert facts(found) == (KEY, "https://proxy.example", 2.5, "10/s", 0.0, "python")
    assert [*found.sources.values()] == [*given, str(places.here)]


def test_everything_from_arguments(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments count most; where all are given, nothing else is so much as looked at."""
    places.here.write_text("broken")
    for name in (KEY_VARIABLE, BASE_URL_VARIABLE, TIMEOUT_VARIABLE, BUDGET_VARIABLE):
        monkeypatch.setenv(name, "broken too")
    timeout = Timeout(5, connect=1)
    found = find_settings(
        api_key=Secret(KEY),
        base_url="https://proxy.example",
        timeout=timeout,
        rate_limit=None,
        budget=None,
        v1_dialect="python",
    )
    assert facts(found) == (KEY, "https://proxy.example", timeout, None, None, "python")
    assert set(found.sources.values()) == {"argument"}


def test_none_as_key_or_url_means_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """`None` is no key and no URL, so there it is a question, as it always was."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    monkeypatch.setenv(BASE_URL_VARIABLE, "https://proxy.example")
    assert facts(find_settings(api_key=None, base_url=None))[:2] == (KEY, "https://proxy.example")


def test_files_are_merged_key_by_key(places: Places) -> None:
    """The project's file counts more than the user's, for the keys that it has."""
    places.user.write_text(f'api_key = "{KEY}"\ntimeout = 10\nbudget = 5')
    places.here.write_text('timeout = 20\nrate_limit = "1/s"')
    assert facts(find_settings()) == (KEY, DEFAULT_BASE_URL, 20.0, "1/s", 5.0, "javascript")


@pytest.mark.parametrize("word", ["none", "None", " NONE "])
def test_none_as_a_word(word: str, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """`none` takes a limit and a budget away, in files and in the environment."""
    places.user.write_text('rate_limit = "1/s"\nbudget = 5')
    places.here.write_text(f'rate_limit = "{word}"\nbudget = "{word}"')
    assert facts(find_settings(api_key=KEY))[3:5] == (None, None)
    places.here.unlink()
    monkeypatch.setenv(RATE_LIMIT_VARIABLE, word)
    monkeypatch.setenv(BUDGET_VARIABLE, word)
    assert facts(find_settings(api_key=KEY))[3:5] == (None, None)


@pytest.mark.parametrize("name", [KEY_VARIABLE, BASE_URL_VARIABLE, TIMEOUT_VARIABLE, RATE_LIMIT_VARIABLE])
@pytest.mark.parametrize("empty", ["", "  "])
def test_empty_variables_count_as_unset(name: str, empty: str, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable sets nothing."""
    places.user.write_text(FULL)
    monkeypatch.setenv(name, empty)
    assert facts(find_settings())[0] == "vk-from-file"


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        (TIMEOUT_VARIABLE, "soon", "a number of seconds over 0"),
        (TIMEOUT_VARIABLE, "0", "a number of seconds over 0"),
        (TIMEOUT_VARIABLE, "-1", "a number of seconds over 0"),
        (TIMEOUT_VARIABLE, "nan", "a number of seconds over 0"),
        (TIMEOUT_VARIABLE, "inf", "a number of seconds over 0"),
        (TIMEOUT_VARIABLE, "none", "a number of seconds over 0"),
        (BUDGET_VARIABLE, "much", "a number of tokens from 0, or 'none' for no cap"),
        (BUDGET_VARIABLE, "-1", "a number of tokens from 0, or 'none' for no cap"),
        (BUDGET_VARIABLE, "inf", "a number of tokens from 0, or 'none' for no cap"),
    ],
)
def test_bad_variables(name: str, value: str, advice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that cannot be read is named, with its value and with what is allowed."""
    monkeypatch.setenv(name, value)
    assert refusal() == f"{name}={value!r}: write {advice}"


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


def shown(error: BaseException | None) -> str:
    """Show an error, and those behind it, as a tool would that prints the local variables of all our frames."""
    text = ""
    while error is not None:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        text += f"{error!r}\n{traceback.StackSummary.extract(traceback.walk_tb(trace), capture_locals=True).format()}\n"
        error = error.__context__
    return text


@pytest.mark.parametrize(
    "text", [f'api_key = "{KEY}"\nbroken', f'api_key = ["{KEY}"]', f'api_key = "{KEY}"\nunknown = 1', f'api = "{KEY}"']
)
def test_key_of_a_broken_file_is_not_shown(text: str, places: Places) -> None:
    """Neither the refusal of a file nor its traceback's locals repeat the key in it."""
    places.here.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        find_settings()
    assert KEY not in shown(caught.value)


@pytest.mark.parametrize(
    "fail",
    [
        lambda: find_settings(api_key=f"{KEY}é"),
        lambda: find_settings(api_key=KEY, base_url="nonsense"),
        lambda: find_settings(api_key=KEY.encode()),  # type: ignore[arg-type]
    ],
    ids=["bad key", "bad URL", "bytes"],
)
def test_key_of_an_argument_is_not_in_our_locals(fail: Callable[[], object]) -> None:
    """A refusal's frames below the caller's show no key."""
    with pytest.raises(ConfigurationError) as caught:
        fail()
    assert KEY not in shown(caught.value)


def test_settings_do_not_show_the_key() -> None:
    """What was found can be printed."""
    assert KEY not in repr(find_settings(api_key=KEY))


def test_no_key_anywhere() -> None:
    """Without a key the error names every place for one."""
    with pytest.raises(ConfigurationError) as caught:
        find_settings()
    assert all(word in str(caught.value) for word in ("api_key=", KEY_VARIABLE, "imagine.toml", "sandbox()"))


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


def test_named_file_may_lead_elsewhere(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who names a file trusts it with the key, wherever it lies."""
    places.here.write_text('base_url = "https://proxy.example"')
    monkeypatch.setenv(CONFIG_VARIABLE, "imagine.toml")
    assert find_settings(api_key=KEY).base_url == "https://proxy.example"


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


# Where the key may go.


@pytest.mark.parametrize("source", ["argument", KEY_VARIABLE, "user"])
@pytest.mark.parametrize("url", ["https://evil.example", "https://api.vyro.ai.evil.example", "https://10.0.0.1"])
def test_strange_project_may_not_send_the_key_away(
    source: str, url: str, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repository that was cloned cannot make the user's key go to a host of its choice."""
    places.here.write_text(f'base_url = "{url}"')
    if source == "user":
        places.user.write_text(f'api_key = "{KEY}"')
    elif source == KEY_VARIABLE:
        monkeypatch.setenv(KEY_VARIABLE, KEY)
    with pytest.raises(ConfigurationError) as caught:
        find_settings(api_key=KEY if source == "argument" else FROM_SETTINGS)
    text = str(caught.value)
    host = url.removeprefix("https://")
    named = str(places.user) if source == "user" else source
    assert all(word in text for word in (str(places.here), host, f"({named})", BASE_URL_VARIABLE, "base_url="))
    assert KEY not in text


@pytest.mark.parametrize(
    "url",
    [
        "https://api.vyro.ai",
        "https://API.vyro.ai:8443",
        "http://localhost:8787",
        "http://127.0.0.1:8787",
        "http://[::1]:8787",
    ],
)
def test_project_may_name_the_vendor_or_this_machine(url: str, places: Places) -> None:
    """A project's file may choose a local server, or the vendor's own."""
    places.here.write_text(f'base_url = "{url}"')
    assert find_settings(api_key=KEY).base_url.lower() == url.lower()


@pytest.mark.parametrize("url", ["http://app.localhost", "http://sandbox.invalid", "http://192.168.1.1"])
def test_project_may_not_name_other_private_hosts(url: str, places: Places) -> None:
    """What a resolver or a router decides is not surely this machine."""
    places.here.write_text(f'base_url = "{url}"')
    assert "may not send your key" in refusal()


def test_project_with_a_key_of_its_own(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project that brings its own key may send that one where it likes, and no other."""
    places.user.write_text(f'api_key = "{KEY}"')
    places.here.write_text(f'api_key = "{OTHER_KEY}"\nbase_url = "https://proxy.example"')
    assert facts(find_settings())[:2] == (OTHER_KEY, "https://proxy.example")
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    assert "may not send your key" in refusal(api_key=FROM_SETTINGS)


def test_way_out_of_the_refusal(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who trusts the host says so by the environment or the argument, as the error tells."""
    places.here.write_text('base_url = "https://proxy.example"')
    assert find_settings(api_key=KEY, base_url="https://proxy.example").base_url == "https://proxy.example"
    monkeypatch.setenv(BASE_URL_VARIABLE, "https://proxy.example")
    assert find_settings(api_key=KEY).base_url == "https://proxy.example"


def test_users_file_may_name_any_host(places: Places) -> None:
    """The user's own file is the user's word."""
    places.user.write_text('base_url = "https://proxy.example"')
    assert find_settings(api_key=KEY).base_url == "https://proxy.example"


def test_users_file_in_the_working_directory(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's file is the user's also where it happens to lie in the working directory."""
    places.user.write_text('base_url = "https://proxy.example"')
    monkeypatch.chdir(places.user.parent)
    assert find_settings(api_key=KEY).base_url == "https://proxy.example"


def test_clear_text_in_a_file(places: Places) -> None:
    """A file cannot ask for clear text over a public network either."""
    places.here.write_text('base_url = "http://api.vyro.ai"')
    assert "clear text" in refusal()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_no_file_breaks_the_reader(content: bytes, places: Places) -> None:
    """Whatever a file holds, it is read or refused, and nothing else is raised."""
    places.here.write_bytes(content)
    with contextlib.suppress(ConfigurationError):
        find_settings(api_key=KEY)
