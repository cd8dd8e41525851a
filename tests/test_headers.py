"""Headers that callers send along: checked by name and value before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagine_async.errors import InvalidRequestError
from imagine_async.headers import checked_headers


def test_names_become_lower_case() -> None:
    """Names are the same header in any case, so that one cannot be sent twice."""
    assert checked_headers({"X-Team": "design", "x-Trace": "1\t2"}) == {"x-team": "design", "x-trace": "1\t2"}
    assert checked_headers(None) == checked_headers({}) == {}


@pytest.mark.parametrize(
    "name", ["Authorization", "bearer", "Host", "Content-Type", "CONTENT-LENGTH", "transfer-encoding", "connection"]
)
def test_headers_of_the_sdk_are_refused(name: str) -> None:
    """What the SDK sets itself, the key above all, cannot be replaced."""
    with pytest.raises(InvalidRequestError, match="sets this header itself"):
        checked_headers({name: "x"})


@pytest.mark.parametrize("name", ["", "a b", "a:b", "ä", "a\n", 7, None])
def test_names_that_are_none(name: Any) -> None:
    """Names that cannot stand in a request are refused."""
    with pytest.raises(InvalidRequestError, match="no name of an HTTP header"):
        checked_headers({name: "x"})


@pytest.mark.parametrize("value", ["a\r\nb", "a\0", "grün", 7, None, b"x", " x", "x ", "x\x7f"])
def test_values_that_cannot_be_sent(value: Any) -> None:
    """Values that cannot stand in a request are refused, and kept out of the message: they may be secrets."""
    with pytest.raises(InvalidRequestError, match="x-one") as caught:
        checked_headers({"x-one": value})
    assert "grün" not in str(caught.value)


def test_no_mapping() -> None:
    """A list of pairs is no mapping."""
    with pytest.raises(InvalidRequestError, match="pass a mapping"):
        checked_headers([("a", "b")])  # type: ignore[arg-type]  # no mapping, on purpose


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
def test_what_passes_can_be_sent(headers: dict[str, str]) -> None:
    """Whatever passes has no line break and nothing but ASCII."""
    try:
        checked = checked_headers(headers)
    except InvalidRequestError:
        return
    for text in (*checked, *checked.values()):
        assert text.isascii()
        assert not set("\r\n\0") & set(text)
