"""The guide to faults: its file is read and run, its programs run, and its table says what tests have seen."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import attrs
import pytest
from attrs import evolve

from imagine_async import NO_RETRY, AsyncImagine, ImagineError, TextToImage, TextToPng
from imagine_async.sandbox import SandboxSettings, create_app
from imagine_async.sandbox.faults import Faults
from imagine_async.sandbox.faults.kinds import KINDS
from imagine_async.transport import in_process_client
from tests.flat_engine import FlatEngine
from tests.sandbox.faults.seen import SEEN

PAGE = (Path(__file__).parent.parent / "docs" / "faults.md").read_text("utf-8")
(FILE,) = re.findall(r"^```toml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
CELLS = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("|")]
ROWS = [cells for cells in CELLS if cells[2:3] in (["yes"], ["no"])]
CALLS = 60


def test_file_shows_every_kind() -> None:
    """Each kind of fault stands in the example as a rule of its own, and each of its fields in the page."""
    assert {rule["fault"] for rule in tomllib.loads(FILE)["rules"] if "fault" in rule} == set(KINDS)
    fields = {name for kind in KINDS.values() for name in attrs.fields_dict(kind)} - {"wait"}
    assert [name for name in sorted(fields) if not re.search(rf"\b{name}\b", PAGE)] == []


async def _fates(faults: Faults) -> tuple[list[str], dict[int, int], int]:
    """Make calls one after the other; return what became of them, whom each rule struck, and what was charged."""
    app = create_app(SandboxSettings(side=16, rate_limit=None, credits=None), engine=FlatEngine(), faults=faults)
    fates = []
    async with in_process_client(app) as http_client:
        client = AsyncImagine(
            "vk-sandbox", base_url="http://sandbox.invalid", http_client=http_client, rate_limit=None, retry=NO_RETRY
        )
        for number in range(CALLS):
            request = TextToPng(prompt="a mug") if number % 3 == 0 else TextToImage(prompt="a fox", style="anime")
            try:
                fates.append((await client.send(request)).format)
            except ImagineError as error:
                fates.append(f"{type(error).__name__} {error.outcome}")
    return fates, dict(app.state.faults.struck), app.state.accounts.books()["accounts"][0]["calls"]


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["faults.toml", "faults.json"])
async def test_file_runs(tmp_path: Path, name: str) -> None:
    """The example, as TOML and as JSON, strikes by each of its rules, and the same once more."""

    async def no_sleep(_seconds: float) -> None: ...

    path = tmp_path / name
    path.write_text(FILE if name.endswith("toml") else json.dumps(tomllib.loads(FILE)), "utf-8")
    faults = evolve(Faults.load(path), sleep=no_sleep)
    fates, struck, charged = await _fates(faults)
    assert set(struck) == set(range(1, len(faults.rules) + 1))
    assert fates[4:7] == ["RateLimitedError rejected"] * 3
    assert 0 < charged < CALLS
    assert await _fates(faults) == (fates, struck, charged)


def test_table_says_what_was_seen() -> None:
    """Error, outcome and charge of each word are those that the tests of the client find."""
    told = {word: (error, outcome, int(charged == "yes")) for word, _, charged, error, outcome in ROWS}
    seen = {
        word: (error.__name__ if error else "", str(outcome or ""), charged)
        for word, (error, outcome, charged) in SEEN.items()
        if not word.endswith(":reset")
    }
    assert told == seen


def test_resets_are_the_same_otherwise() -> None:
    """A reset instead of an orderly end changes neither error nor outcome nor charge, as the page says."""
    resets = [word for word in SEEN if word.endswith(":reset")]
    assert [SEEN[word] for word in resets] == [SEEN[word.removesuffix(":reset")] for word in resets]


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_say_what_their_comments_say(program: str) -> None:
    """Each program ends well, and prints what the comments behind its prints begin with."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], env=os.environ, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    comments = re.findall(r"print\(.*\)  # ([^:\n]+)", program)
    assert comments
    assert done.stdout.splitlines() == comments
