"""Lines of curl in the form of the API's documentation, each run by curl itself against a sandbox on a port."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from PIL import Image

from imagine_async.catalog import ENDPOINTS, V1_ENDPOINTS, VIDEO_DELETE_PATHS, VIDEO_STATUS_PATHS
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.flat_engine import FlatEngine

LINES = Path(__file__).with_name("curl_lines.sh").read_text("utf-8")
HOST = "http://127.0.0.1:8787"


@frozen
class Line:
    """One call: its name, what comes back, and the command."""

    name: str
    reply: str
    command: str

    def asks(self) -> str:
        """Return the method and the path, as the catalog writes it."""
        method = re.search(r"--request (\w+)", self.command)
        path = self.command.partition(HOST)[2].partition("'")[0].replace("VIDEO_ID", "{id}")
        return f"{method[1] if method else 'POST' if '--form' in self.command else 'GET'} {path}"


CALLS = [
    Line(*found) for found in re.findall(r"^# (\w+): (\w+)\n(curl .*?)(?:\n\n|\n?\Z)", LINES, re.MULTILINE | re.DOTALL)
]


@pytest.fixture(scope="module")
def engine() -> FlatEngine:
    return FlatEngine()


@pytest.fixture(scope="module")
def sandbox(engine: FlatEngine) -> Iterator[RunningSandbox]:
    """A sandbox whose videos are there at once."""
    settings = SandboxSettings(side=64, rate_limit=None, credits=None, video_seconds=0)
    with running_sandbox(settings, engine=engine) as running:
        yield running


@pytest.fixture
def curl(sandbox: RunningSandbox, tmp_path: Path) -> Callable[[str], tuple[str, Path]]:
    """Run a command where its files lie; return the status and the content type, and the body's file."""
    Image.new("RGB", (60, 40), "gray").save(tmp_path / "photo.jpg")
    Image.new("L", (60, 40), "white").save(tmp_path / "mask.png")
    Image.new("RGBA", (60, 40)).save(tmp_path / "product.png")
    program = _curl()

    def run(command: str) -> tuple[str, Path]:
        asked = shlex.split(command.replace("\\\n", "").replace(HOST, sandbox.base_url))
        assert asked[0] == "curl"
        own = ["--disable", "--silent", "--show-error", "--noproxy", "*", "--max-time", "60"]
        told = ["--output", "reply", "--write-out", "%{http_code} %{content_type}"]
        done = subprocess.run(
            [program, *own, *asked[1:], *told], cwd=tmp_path, capture_output=True, text=True, timeout=90
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout, tmp_path / "reply"

    return run


def _curl() -> str:
    """Find the program: CI has to have it, a newcomer's machine need not."""
    found = shutil.which("curl")
    if found is None:
        missing = "curl is not installed (Debian: apt-get install curl)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    return found


def _line(name: str) -> str:
    return next(line.command for line in CALLS if line.name == name)


def _is_picture(body: Path, kind: str) -> None:
    with Image.open(body) as picture:
        picture.load()
        assert picture.format == kind


def _is_job(body: Path) -> None:
    reply = json.loads(body.read_bytes())
    assert (reply.keys(), reply["status"]) == ({"id", "status"}, "processing")


def _has(body: Path, **members: Any) -> None:
    reply = json.loads(body.read_bytes())
    video = reply.pop("video")
    assert (reply, {name: video[name] for name in members}) == ({"status": "success"}, members)
    assert video["url"]["generation"]


EXPECTED: dict[str, tuple[str, Callable[[Path], None]]] = {
    "JPEG": ("200 application/octet-stream", lambda body: _is_picture(body, "JPEG")),
    "PNG": ("200 application/octet-stream", lambda body: _is_picture(body, "PNG")),
    "job": ("200 application/json", _is_job),
    "numbers": ("200 application/json", lambda body: _has(body, code=2)),
    "words": ("200 application/json", lambda body: _has(body, status="finished")),
}
DELETED = {"message": "video deleted", "status": "success"}
MISSING = {
    "status": "error",
    "code": 1000,
    "error": "BadRequest",
    "message": "The bearer token is missing.",
}


def _job(curl: Callable[[str], tuple[str, Path]]) -> str:
    """Begin a video by its own line, and return its id."""
    return str(json.loads(curl(_line("text_to_video"))[1].read_bytes())["id"])


def _of(*replies: str) -> pytest.MarkDecorator:
    lines = [line for line in CALLS if line.reply in replies]
    return pytest.mark.parametrize("line", lines, ids=lambda line: line.name)


def test_lines_of_all_calls() -> None:
    """Every endpoint of both generations, every status path and the documented deletion have a line."""
    asked = {line.asks() for line in CALLS}
    assert {f"POST {endpoint.path}" for endpoint in (*ENDPOINTS, *V1_ENDPOINTS)} <= asked
    assert {f"GET {path}" for path in VIDEO_STATUS_PATHS} <= asked
    assert {f"DELETE {VIDEO_DELETE_PATHS[0]}", "POST /v2/video/text-to-video", "POST /v2/video/image-to-video"} <= asked
    assert len(CALLS) == LINES.count("\ncurl ") == len({line.name for line in CALLS})
    assert {line.reply for line in CALLS} == {*EXPECTED, "deleted", "refused"}


@_of(*EXPECTED)
def test_line(curl: Callable[[str], tuple[str, Path]], line: Line) -> None:
    """Each line is answered in the documented form."""
    job = _job(curl) if "VIDEO_ID" in line.command else ""
    told, body = curl(line.command.replace("VIDEO_ID", job))
    expected, check = EXPECTED[line.reply]
    assert told == ("200 image/png" if line.name.startswith("v1_") else expected)
    check(body)


@_of("deleted")
def test_deletion(curl: Callable[[str], tuple[str, Path]], line: Line) -> None:
    """A deletion is answered in the documented form, and holds."""
    job = _job(curl)
    told, body = curl(line.command.replace("VIDEO_ID", job))
    assert (told, json.loads(body.read_bytes())) == ("200 application/json", DELETED)
    assert curl(_line("video_status").replace("VIDEO_ID", job))[0].startswith("404")


@_of("refused")
def test_without_a_key(curl: Callable[[str], tuple[str, Path]], line: Line) -> None:
    """A call without a key is answered with the documented error."""
    told, body = curl(line.command)
    assert (told, json.loads(body.read_bytes())) == ("400 application/json", MISSING)


def test_bare_values(curl: Callable[[str], tuple[str, Path]], engine: FlatEngine) -> None:
    """The quotation marks within the parts are for curl: they are not sent."""
    curl(_line("text_to_image"))
    assert engine.calls[-1] == (
        "text_to_image",
        {"prompt": "a red fox in snow", "style": "realistic", "size": (84, 48), "seed": 5},
    )
