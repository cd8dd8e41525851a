"""Where the key may go, if a file in the working directory has its say."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagine_async.config import (
    BASE_URL_VARIABLE,
    CONFIG_VARIABLE,
    FROM_SETTINGS,
    KEY_VARIABLE,
    find_settings,
)
from imagine_async.errors import ConfigurationError
from tests.settings_places import KEY, Places, facts, refusal, separate_places

OTHER_KEY = "vk-of-the-project"


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Give each test places of its own."""
    return separate_places(tmp_path, monkeypatch)


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


def test_named_file_may_lead_elsewhere(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who names a file trusts it with the key, wherever it lies."""
    places.here.write_text('base_url = "https://proxy.example"')
    monkeypatch.setenv(CONFIG_VARIABLE, "imagine.toml")
    assert find_settings(api_key=KEY).base_url == "https://proxy.example"
