"""Where settings come from: arguments, the environment and files, and which counts more."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from imagine_async.catalog import DEFAULT_BASE_URL
from imagine_async.config import (
    BASE_URL_VARIABLE,
    BUDGET_VARIABLE,
    CONFIG_VARIABLE,
    FROM_SETTINGS,
    KEY_VARIABLE,
    RATE_LIMIT_VARIABLE,
    STORE_VARIABLE,
    TIMEOUT_VARIABLE,
    FromSettings,
    Secret,
    find_settings,
)
from imagine_async.errors import ConfigurationError
from imagine_async.timeout import Timeout
from tests.settings_places import KEY, Places, facts, refusal, separate_places


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Give each test places of its own."""
    return separate_places(tmp_path, monkeypatch)


def test_defaults() -> None:
    """With a key alone, everything else is the default, and says so."""
    found = find_settings(api_key=KEY)
    assert facts(found) == (KEY, DEFAULT_BASE_URL, 300.0, "50/60s", None, "javascript")
    assert found.sources == {
        "api_key": "argument",
        **dict.fromkeys(("base_url", "timeout", "rate_limit", "budget", "store", "v1_dialect"), "default"),
    }


def test_sentinel_shows_what_it_means() -> None:
    """In signatures the sentinel reads as what it does, and its type fits annotations."""
    assert repr(FROM_SETTINGS) == "<from settings>"
    assert isinstance(FROM_SETTINGS, FromSettings)
    assert list(FromSettings) == [FROM_SETTINGS]


FULL = """
api_key = "vk-from-file"
base_url = "https://api.vyro.ai/"
timeout = 30
rate_limit = "5/s"
budget = 12.5
store = "sqlite:~/books.db"
v1_dialect = "python"
"""


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
        STORE_VARIABLE: "memory",
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
        store="memory",
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


@pytest.mark.parametrize(
    ("here", "user", "counts"),
    [("1000000", "5", 5.0), ('"none"', "5", 5.0), ("2", "5", 2.0), ("2", '"none"', 2.0), ('"none"', '"none"', None)],
)
def test_project_cannot_raise_the_budget(places: Places, here: str, user: str, counts: float | None) -> None:
    """Of two files' budgets the lower counts, so that a cloned project cannot have more spent than the user allows."""
    places.user.write_text(f'api_key = "{KEY}"\nbudget = {user}')
    places.here.write_text(f"budget = {here}")
    assert find_settings().budget == counts


def test_of_two_stores_the_users_counts(places: Places) -> None:
    """A cloned project cannot begin new books where the user keeps some; where he keeps none, it may name a file."""
    places.user.write_text(f'api_key = "{KEY}"\nstore = "sqlite:~/mine.db"')
    places.here.write_text('store = "sqlite:theirs.db"')
    assert find_settings().store == "sqlite:~/mine.db"
    places.user.write_text(f'api_key = "{KEY}"')
    assert find_settings().store == "sqlite:theirs.db"


@pytest.mark.parametrize("word", ["none", "None", " NONE "])
def test_none_as_a_word(word: str, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """`none` takes a limit and a budget away, in files and in the environment; a project keeps to the user's budget."""
    places.user.write_text('rate_limit = "1/s"\nbudget = 5')
    places.here.write_text(f'rate_limit = "{word}"\nbudget = "{word}"')
    assert facts(find_settings(api_key=KEY))[3:5] == (None, 5.0)
    places.user.write_text(f'rate_limit = "1/s"\nbudget = "{word}"')
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
        lambda: find_settings(api_key=KEY.encode()),  # type: ignore[arg-type]  # bytes, on purpose
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
