"""The lines of curl by which the page of the sandbox shows the admin API."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.flat_engine import FlatEngine

TOKEN = "admin-token-of-the-tests"
PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
LINES = re.findall(r"^curl .*ADMIN_TOKEN.*$", PAGE, re.MULTILINE)


def run_line(line: str, sandbox: RunningSandbox, account_id: str) -> Any:
    """Run a line as it stands on the page, but for what its reader has to fill in."""
    filled = line.replace("http://127.0.0.1:8787", sandbox.base_url).replace("ACCOUNT_ID", account_id)
    command = filled.replace("ADMIN_TOKEN", TOKEN).replace("curl ", "curl --silent --show-error --fail ", 1)
    return json.loads(subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True).stdout)


def test_lines_of_the_page() -> None:
    """They list accounts, open one, give it tokens, change its terms, revoke it, and move the clock on."""
    with running_sandbox(SandboxSettings(admin_token=TOKEN), engine=FlatEngine()) as sandbox:
        (known,) = run_line(LINES[0], sandbox, "")["accounts"]
        opened = run_line(LINES[1], sandbox, "")
        given, changed, revoked = (run_line(line, sandbox, opened["id"]) for line in LINES[2:5])
        advanced = run_line(LINES[5], sandbox, "")
    assert known["credits_left"] == 1000
    assert (opened["credits_left"], opened["key"][:3], opened["plan"]["rate_limit"]) == (50, "vk-", "5/s")
    assert given["credits_left"] == 150
    assert changed["plan"]["rate_limit"] is None
    assert revoked["revoked"] is True
    assert advanced == {"advanced": 600}
    assert len(LINES) == 6
