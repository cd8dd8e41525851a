"""The HTTP libraries' debug logs, without the key."""

from __future__ import annotations

import gc
import logging

import pytest

from imagine_async.config import Secret
from imagine_async.transport.log_scrubbing import keep_out_of_logs

KEY = "vk-0123456789abcdef"
LOGGERS = ("httpx", "httpcore.http11", "httpcore.connection", "httpcore.proxy", "httpcore2.http11", "httpx2")


def logged(caplog: pytest.LogCaptureFixture, name: str, message: str, *arguments: object) -> str:
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        logging.getLogger(name).debug(message, *arguments)
    return caplog.text + repr([(record.msg, record.args) for record in caplog.records])


@pytest.mark.parametrize("name", LOGGERS)
def test_key_is_taken_out(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """A key in a message, or among its arguments, does not reach any handler."""
    secret = Secret(KEY)
    keep_out_of_logs(secret)
    keep_out_of_logs(secret)
    for text in (
        logged(caplog, name, f"echo {KEY} echo"),
        logged(caplog, name, "%s %r", "echo", [(b"x", KEY.encode())]),
    ):
        assert "echo" in text
        assert "***" in text
        assert KEY not in text


def test_other_records_are_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    """A record without a key keeps its arguments, which some handlers look at."""
    secret = Secret(KEY)
    keep_out_of_logs(secret)
    logged(caplog, "httpx", "HTTP Request: %s %s", "POST", "https://api.vyro.ai")
    assert caplog.records[0].args == ("POST", "https://api.vyro.ai")


def test_other_loggers_are_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    """What others log is theirs."""
    secret = Secret(KEY)
    keep_out_of_logs(secret)
    assert KEY in logged(caplog, "ours", KEY)


def test_key_of_a_client_that_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    """A key is looked for as long as somebody has it, also where another with the same text has gone."""
    first, second = Secret(KEY), Secret(KEY)
    keep_out_of_logs(first)
    keep_out_of_logs(second)
    del first
    gc.collect()
    assert KEY not in logged(caplog, "httpx", KEY)
    del second
    gc.collect()
    assert KEY in logged(caplog, "httpx", KEY)
