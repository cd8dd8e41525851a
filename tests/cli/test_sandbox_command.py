"""`imagine sandbox`."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import httpx
import pytest

from imagine_async import Imagine, VideoState
from imagine_async.catalog import TEXT_TO_IMAGE
from imagine_async.cli.app import run
from imagine_async.cli.sandbox import _ReplyForm
from imagine_async.errors import DisconnectedError, InsufficientCreditsError, RateLimitedError
from imagine_async.middleware import NO_RETRY
from imagine_async.sandbox.settings import ReplyForm

RunImagine = Callable[..., subprocess.CompletedProcess[str]]
StartImagine = Callable[..., subprocess.Popen[str]]


def _exports(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Read what the command says up to its last line, and return its export lines' values."""
    assert process.stdout is not None
    assert process.stderr is not None
    values = {}
    for line in process.stdout:
        if found := re.fullmatch(r"\s+export (\w+)=(\S+)\n", line):
            values[found[1]] = found[2]
        if "Ctrl-C" in line:
            return values["IMAGINE_BASE_URL"], values["IMAGINE_API_KEY"]
    raise AssertionError(process.stderr.read())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_it_is_told_to_stop(start_imagine: StartImagine, number: signal.Signals) -> None:
    """It prints what to export, serves these settings, and stops cleanly with exit code 0."""
    process = start_imagine("sandbox", "--port", "0", "--side", "64")
    base_url, key = _exports(process)
    with Imagine(key, base_url=base_url) as client:
        image = client.text_to_image("a red fox", seed=1)
    assert (image.width, image.height) == (64, 64)
    with urllib.request.urlopen(f"{base_url}/_sandbox/books") as reply:
        assert json.load(reply)["accounts"][0]["tokens"] == 1
    process.send_signal(number)
    output, complaints = process.communicate(timeout=30)
    assert (process.returncode, complaints) == (0, "")
    assert output == "The sandbox has stopped.\n"


def test_keys_credits_and_limit(start_imagine: StartImagine) -> None:
    """Keys, credits and the rate limit are those of the command line."""
    options = ("--key", "vk-alice", "--key", "vk-bob", "--credits", "2", "--rate-limit", "3/60s", "--side", "16")
    base_url, key = _exports(start_imagine("sandbox", "--port", "0", *options))
    assert key == "vk-alice"
    with Imagine("vk-bob", base_url=base_url, retry=NO_RETRY, rate_limit=None) as client:
        client.text_to_image("a red fox")
        client.text_to_image("a red fox")
        with pytest.raises(InsufficientCreditsError):
            client.text_to_image("a red fox")
        with pytest.raises(RateLimitedError):
            client.text_to_image("a red fox")


def test_without_limits(start_imagine: StartImagine) -> None:
    """The word none switches credits and the rate limit off."""
    options = ("--credits", "none", "--rate-limit", "none", "--side", "16")
    base_url, key = _exports(start_imagine("sandbox", "--port", "0", *options))
    with Imagine(key, base_url=base_url, retry=NO_RETRY, rate_limit=None) as client:
        for _ in range(60):
            client.text_to_image("a red fox", style="flux-dev")
    with urllib.request.urlopen(f"{base_url}/_sandbox/books") as reply:
        account = json.load(reply)["accounts"][0]
    assert (account["calls"], account["credits_left"]) == (60, None)


def test_reply_form_and_video_seconds(start_imagine: StartImagine) -> None:
    """Pictures come in the form that was asked for, and videos take as long."""
    options = ("--side", "16", "--reply-form", "url_list", "--video-seconds", "inf")
    base_url, key = _exports(start_imagine("sandbox", "--port", "0", *options))
    sent = httpx.post(
        f"{base_url}{TEXT_TO_IMAGE.path}",
        headers={"authorization": f"Bearer {key}"},
        files={"prompt": (None, "a red fox"), "style": (None, "anime")},
    )
    assert sent.json()["data"][0]["url"].startswith(base_url)
    with Imagine(key, base_url=base_url) as client:
        job = client.text_to_video("waves", style="fast-svd")
        assert client.video_status(job).state is VideoState.RUNNING


def test_books_outlast_the_command(start_imagine: StartImagine, tmp_path: Path) -> None:
    """What was charged in an earlier run stands in the file of the books, and is counted in the next."""
    options = ("--port", "0", "--side", "16", "--books", str(tmp_path / "books.db"))
    for calls in (1, 2):
        process = start_imagine("sandbox", *options)
        base_url, key = _exports(process)
        with Imagine(key, base_url=base_url) as client:
            client.text_to_image("a red fox")
        with urllib.request.urlopen(f"{base_url}/_sandbox/books") as reply:
            account = json.load(reply)["accounts"][0]
        assert (account["calls"], account["credits_left"]) == (calls, 1000 - calls)
        process.terminate()
        process.communicate(timeout=30)


def test_switches_of_replies(start_imagine: StartImagine) -> None:
    """An expired key, the wait of a refusal and the picture's own content type are as the command line says."""
    options = ("--expired-key", "vk-old", "--retry-after", "--image-content-type", "--rate-limit", "1/60s")
    base_url, key = _exports(start_imagine("sandbox", "--port", "0", "--side", "16", *options))
    url, form = f"{base_url}{TEXT_TO_IMAGE.path}", {"prompt": (None, "a red fox"), "style": (None, "anime")}
    replies = [
        httpx.post(url, headers={"authorization": f"Bearer {each}"}, files=form) for each in ("vk-old", key, key)
    ]
    assert [reply.status_code for reply in replies] == [406, 200, 429]
    assert replies[1].headers["content-type"] == "image/jpeg"
    assert 0 < int(replies[2].headers["retry-after"]) <= 60


def test_books_in_use(start_imagine: StartImagine, imagine: RunImagine, tmp_path: Path) -> None:
    """A second sandbox on the same books is one line of advice and exit code 1."""
    options = ("--port", "0", "--books", str(tmp_path / "books.db"))
    _exports(start_imagine("sandbox", *options))
    result = imagine("sandbox", *options)
    assert result.returncode == 1
    assert "locked: name another file" in result.stderr
    assert "Traceback" not in result.stderr


def test_administration(start_imagine: StartImagine) -> None:
    """The admin token is shown and opens the admin API; a private sandbox asks for it wherever it shows something."""
    options = (
        "--port",
        "0",
        "--admin-token",
        "known-to-the-test",
        "--private",
        "--video-speed",
        "9",
        "--concurrency",
        "3",
    )
    process = start_imagine("sandbox", *options)
    assert process.stdout is not None
    shown = list(iter(process.stdout.readline, "Ctrl-C stops it.\n"))
    assert "Its admin token: known-to-the-test\n" in shown
    base_url = next(line for line in shown if "IMAGINE_BASE_URL" in line).strip().partition("=")[2]
    headers = {"authorization": "Bearer known-to-the-test"}
    assert httpx.get(f"{base_url}/_sandbox/books").status_code == 401
    accounts = httpx.get(f"{base_url}/_sandbox/accounts", headers=headers).json()["accounts"]
    assert accounts[0]["plan"]["concurrency"] == 3


def test_every_reply_form_can_be_asked_for() -> None:
    """The command knows the forms that the sandbox knows."""
    assert get_args(_ReplyForm) == get_args(ReplyForm)


def test_port_that_is_taken(imagine: RunImagine) -> None:
    """A port in use is named, with a way out and exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = imagine("sandbox", "--port", port)
    assert result.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken" in result.stderr
    assert "Traceback" not in result.stderr


def test_address_of_another_machine(imagine: RunImagine) -> None:
    """An address that cannot be listened at is one line; as it is no loopback, a warning comes before it."""
    result = imagine("sandbox", "--host", "192.0.2.1")
    assert result.returncode == 1
    assert "Warning: whoever reaches 192.0.2.1" in result.stderr
    assert "cannot listen at port 8787 of 192.0.2.1" in result.stderr


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (["--rate-limit", "often"], "a rate limit reads like"),
        (["--side", "3"], "side: a whole number from 16"),
        (["--key", "two words"], "a key is one or more visible"),
        (["--credits", "-1"], "credits: a whole number from 0"),
        (["--video-seconds", "-1"], "video_seconds: "),
        (["--video-speed", "0"], "video_speed: "),
        (["--concurrency", "0"], "concurrency: a whole number from 1"),
        (["--admin-token", "short"], "admin_token: at least 8"),
    ],
)
def test_settings_that_make_no_sense(capsys: pytest.CaptureFixture[str], options: list[str], advice: str) -> None:
    """A bad setting ends with exit code 2 and says what is allowed."""
    assert run(["sandbox", *options]) == 2
    assert advice in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "warned"),
    [("127.0.0.1", False), ("127.8.8.8", False), ("::1", False), ("localhost", False), ("0.0.0.0", True), ("::", True)],
)
def test_warning_of_strangers(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, host: str, warned: bool
) -> None:
    """A warning comes where others than this machine can reach the sandbox, and only there."""
    monkeypatch.setattr("imagine_async.sandbox.serve", lambda *_arguments, **_options: None)
    assert run(["sandbox", "--host", host]) == 0
    assert ("Warning" in capsys.readouterr().err) is warned


def test_commits_the_faults_of_a_file(start_imagine: StartImagine, tmp_path: Path) -> None:
    """With --faults it says which faults it commits, and does."""
    path = tmp_path / "faults.toml"
    path.write_text('seed = 3\n[[rules]]\nscript = ["ok", "drop:in_body"]\n')
    process = start_imagine("sandbox", "--port", "0", "--side", "16", "--faults", str(path))
    assert process.stdout is not None
    assert process.stdout.readline() == f"It commits the faults of {path}. Rules: 1, seed: 3\n"
    base_url, key = _exports(process)
    with Imagine(key, base_url=base_url, retry=NO_RETRY) as client:
        client.text_to_image("a red fox")
        with pytest.raises(DisconnectedError):
            client.text_to_image("a red fox")


def test_bad_faults_are_an_error_of_usage(imagine: RunImagine, tmp_path: Path) -> None:
    """A file that cannot be followed ends the command before it listens, with code 2 and the place of the mistake."""
    path = tmp_path / "faults.toml"
    path.write_text('[[rules]]\nfault = "html"\nprobability = 7\n')
    done = imagine("sandbox", "--faults", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(r"rule 1: probability: a number from 0 to 1, not 7", " ".join(done.stderr.split()))
