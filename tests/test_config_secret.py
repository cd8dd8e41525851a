"""The wrapper of the key: it shows the key to nobody by accident."""

from __future__ import annotations

import copy
import io
import logging
import multiprocessing
import pickle
import traceback
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.traceback import Traceback

from imagine_async.config import Secret
from imagine_async.errors import ConfigurationError

KEY = "vk-0123456789abcdef"
# Signs that URLs and JSON spell otherwise.
ODD_KEY = 'vk+/="0123\\456'

REVEALING: dict[str, Callable[[Secret], str]] = {
    "repr": repr,
    "str": str,
    "format": format,
    "f-string": lambda secret: f"{secret} {secret!r} {secret!s} {secret!a}",
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - this is what is tested
    "in-a-list": lambda secret: repr([{"key": secret}]),
    "dir": lambda secret: repr([getattr(secret, name) for name in dir(secret)]),
}


@pytest.mark.parametrize("show", REVEALING.values(), ids=REVEALING)
def test_secret_is_not_shown(show: Callable[[Secret], str]) -> None:
    """No ordinary way to make text of a secret shows it."""
    assert KEY not in show(Secret(KEY))


def test_secret_is_not_in_the_tracebacks_locals() -> None:
    """A traceback that prints local variables shows no secret."""

    def fail(secret: Secret) -> None:
        raise ValueError(f"failed with {secret}")

    with pytest.raises(ValueError) as caught:
        fail(Secret(KEY))
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "secret = Secret('***')" in shown
    assert KEY not in shown


def test_secret_has_no_attributes_to_walk_over() -> None:
    """Tools that print an object's attributes find none."""
    with pytest.raises(TypeError):
        vars(Secret(KEY))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickled_secret_leaves_its_text_behind(protocol: int) -> None:
    """A secret can travel, its text does not; who asks for it is told what to do."""
    data = pickle.dumps({"key": Secret(KEY)}, protocol)
    assert KEY.encode() not in data
    arrived = pickle.loads(data)["key"]
    assert isinstance(arrived, Secret)
    with pytest.raises(ConfigurationError, match="left out when it was pickled; set IMAGINE_API_KEY in the other"):
        arrived.reveal()


def test_secret_without_text_still_serves() -> None:
    """A secret whose text stayed behind has nothing to scrub, and equals nothing but itself."""
    arrived, other = (pickle.loads(pickle.dumps(Secret(KEY))) for _ in range(2))
    assert arrived.scrub("a text") == "a text"
    assert repr(arrived) == "Secret('***')"
    assert arrived == arrived
    assert arrived != other
    assert arrived != Secret(KEY)
    assert Secret(KEY) != arrived
    assert len({arrived, other, Secret("")}) == 3


def _ask(secret: Secret) -> str:
    try:
        return secret.reveal()
    except ConfigurationError as error:
        return f"refused: {error}"


def test_secret_in_another_process() -> None:
    """A worker that is spawned gets no text, and says so in words."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_ask, (Secret(KEY),)).startswith("refused: the API key was left out")
        pool.close()
        pool.join()


@pytest.mark.parametrize("move", [copy.copy, copy.deepcopy], ids=lambda move: move.__name__)
def test_copies_keep_their_text(move: Callable[[Secret], Secret]) -> None:
    """A copy within the process is the same secret, also within what is copied."""
    assert move(Secret(KEY)).reveal() == KEY
    assert copy.deepcopy({"key": [Secret(KEY)]})["key"][0].reveal() == KEY


def test_of() -> None:
    """A text is wrapped, a secret stays itself."""
    secret = Secret(KEY)
    assert Secret.of(secret) is secret
    assert Secret.of(KEY) == secret


def test_secret_in_a_log(caplog: pytest.LogCaptureFixture) -> None:
    """Neither a log's message nor its arguments show the text."""
    logging.getLogger("ours").warning("the key is %s, %r", Secret(KEY), {"key": Secret(KEY)})
    assert "Secret('***')" in caplog.text
    assert KEY not in caplog.text + repr([record.args for record in caplog.records])


def test_secret_in_richs_traceback() -> None:
    """Rich, which prints local variables after its own fashion, shows no text."""

    def fail(secret: Secret) -> None:
        holder = {"key": [secret]}
        raise ValueError(str(len(holder)))

    written = io.StringIO()
    output = Console(file=written, width=200)
    try:
        fail(Secret(KEY))
    except ValueError:
        output.print(Traceback(show_locals=True))
    shown = written.getvalue()
    assert "Secret('***')" in shown
    assert KEY not in shown


def test_secrets_compare_by_their_text() -> None:
    """Equal secrets are equal and hash alike; a plain text is not a secret."""
    assert Secret(KEY) == Secret(KEY)
    assert Secret(KEY) != Secret("other")
    assert Secret(KEY) != KEY
    assert len({Secret(KEY), Secret(KEY)}) == 1
    assert hash(Secret(KEY)) != hash(KEY)


def test_scrub() -> None:
    """A server's text that repeats the key is cleaned wherever it does."""
    assert Secret(KEY).scrub(f"no such key: {KEY} ({KEY})") == "no such key: *** (***)"


@pytest.mark.parametrize(
    "spelling",
    [
        ODD_KEY,
        quote(ODD_KEY, safe=""),
        quote(ODD_KEY, safe="").lower(),
        r"vk+/=\"0123\\456",
        r"vk+\/=\"0123\\456",
    ],
)
def test_scrub_of_other_spellings(spelling: str) -> None:
    """A key that is repeated in a URL or within JSON is cleaned as well."""
    assert Secret(ODD_KEY).scrub(f"<{spelling}>") == "<***>"


def test_scrub_of_a_key_that_was_cut() -> None:
    """An excerpt that ends in the middle of the key loses the beginning of it."""
    assert Secret(KEY).scrub(f"no such key: {KEY[:-1]}") == "no such key: ***"
    assert Secret(KEY).scrub(f"no such key: {KEY[:6]}") == "no such key: ***"
    assert Secret(KEY).scrub(f"no such key: {KEY[:5]}") == f"no such key: {KEY[:5]}"
    assert Secret(KEY).scrub(KEY[:10]) == "***"
    assert Secret(KEY).scrub("") == ""


def test_scrub_without_a_text() -> None:
    """An empty secret stands nowhere."""
    assert Secret("").scrub("a text") == "a text"


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40),
    st.text(max_size=30),
    st.text(max_size=30),
)
def test_scrub_whatever_the_key(key: str, before: str, after: str) -> None:
    """No key survives, whatever signs it has and wherever it stands."""
    for spelling in (key, quote(key, safe="")):
        assert spelling not in Secret(key).scrub(f"{before}{spelling}{after}").replace("***", " ")
