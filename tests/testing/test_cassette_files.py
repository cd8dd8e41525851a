"""Cassettes on disk: damage is named, names stay in the folder, and a write is whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imagine_async import Outcome
from imagine_async.testing import Cassette, CassetteDamagedError, in_process_sandbox
from tests.testing.conftest import Run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Record one picture."""
    path = tmp_path / "fox.json"
    with in_process_sandbox() as sandbox, Cassette(path, mode="once", forward_to=sandbox.http_client()) as cassette:
        with cassette.sync_client(api_key=sandbox.key, base_url=sandbox.base_url) as client:
            client.text_to_image("a red fox")
    return path


def body_of(path: Path) -> Path:
    (body,) = (path.parent / "bodies").iterdir()
    return body


def replay(path: Path) -> None:
    with Cassette(path) as cassette, cassette.sync_client() as client:
        client.text_to_image("a red fox")


def edit(change: Callable[[Any], object]) -> Callable[[Path], object]:
    """Change what a cassette's JSON says."""

    def apply(path: Path) -> None:
        data = json.loads(path.read_bytes())
        change(data)
        path.write_text(json.dumps(data))

    return apply


def first_reply(data: Any) -> Any:
    return data["calls"][0]["replies"][0]


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "it is no JSON"),
    "binary": (lambda path: path.write_bytes(b"\xff\x00"), "it is no JSON"),
    "deep": (lambda path: path.write_text("[" * 100_000), "it is no JSON"),
    "list": (lambda path: path.write_text("[]"), "TypeError"),
    "format": (edit(lambda data: data.update(format="vcr/1")), "its format is 'vcr/1'"),
    "calls": (edit(lambda data: data.pop("calls")), "KeyError: 'calls'"),
    "no replies": (edit(lambda data: data["calls"][0].update(replies=[])), "a call has no replies"),
    "request": (edit(lambda data: data["calls"][0].update(request=3)), "TypeError"),
    "status": (edit(lambda data: first_reply(data).update(status="200")), "a status is a number from 100 to 599"),
    "headers": (edit(lambda data: first_reply(data).update(headers=[])), "AttributeError"),
    "outside": (
        edit(lambda data: first_reply(data).update(body="../../etc/passwd")),
        "a body is a digest with a suffix, not '../../etc/passwd'",
    ),
    "body gone": (lambda path: body_of(path).unlink(), r"the body bodies/\w+\.jpg cannot be read \(No such file"),
    "body changed": (lambda path: body_of(path).write_bytes(b"x"), r"is not what was recorded: its digest is another"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGES.values(), ids=DAMAGES)
def test_damage_is_named(path: Path, damage: Callable[[Path], object], message: str) -> None:
    """A cassette that was damaged is refused with its path and the reason, and nothing is sent."""
    damage(path)
    with pytest.raises(CassetteDamagedError, match=message) as caught:
        replay(path)
    assert str(path) in str(caught.value)
    assert "record it anew" in str(caught.value)
    assert caught.value.outcome is Outcome.NOT_SENT


def test_files_that_are_too_large(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is larger than any cassette is not read to its end."""
    monkeypatch.setattr("imagine_async.testing.cassettes.files._MAX_FILE_BYTES", 100)
    with pytest.raises(CassetteDamagedError, match="larger than 100 bytes"):
        replay(path)


def test_a_replay_writes_nothing(path: Path) -> None:
    """A cassette that only replays leaves its folder as it was, and may be read-only."""
    before = {each: each.stat().st_mtime_ns for each in path.parent.rglob("*")}
    replay(path)
    assert {each: each.stat().st_mtime_ns for each in path.parent.rglob("*")} == before


def test_a_failed_write_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the new file cannot be put in place, the old one is still whole, and no temporary one is left."""
    kept = path.read_bytes()
    move = Path.replace

    def refuse(source: Path, target: Path) -> Path:
        if target == path:
            raise OSError("no room")
        return move(source, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with in_process_sandbox() as sandbox, pytest.raises(OSError, match="no room"):
        with Cassette(path, mode="all", forward_to=sandbox.http_client()) as cassette:
            with cassette.sync_client(api_key=sandbox.key, base_url=sandbox.base_url) as client:
                client.text_to_image("a blue fox")
    assert path.read_bytes() == kept
    assert [each.name for each in path.parent.iterdir() if each.is_file()] == ["fox.json"]
    replay(path)


SESSION = """
    import pytest
    from pathlib import Path
    from imagine_async.testing import Cassette

    @pytest.fixture
    def options(imagine_server, imagine_cassette):
        if imagine_cassette.is_recording:
            return {"api_key": imagine_server.key, "base_url": imagine_server.base_url}
        return {}

    @pytest.mark.parametrize("prompt", ["a fox", "../../a fox", "x" * 200])
    def test_fox(imagine_cassette, options, prompt):
        with imagine_cassette.sync_client(**options) as client:
            client.text_to_image(prompt)
        assert imagine_cassette.path.parent == Path(__file__).parent / "cassettes" / Path(__file__).stem

    @pytest.mark.imagine_cassette("shared.json", redact=["prompt"], ignore=["seed", "style"])
    def test_shared(imagine_cassette, options):
        with imagine_cassette.sync_client(**options) as client:
            client.text_to_image("a fox", style="anime" if imagine_cassette.is_recording else "realistic")
        assert imagine_cassette.path == Path(__file__).parent / "cassettes" / "shared.json"
    """


def test_fixture(run: Run) -> None:
    """Each test has a cassette of its own beside it, which the session's option records."""
    missing = run(SESSION)
    missing.assert_outcomes(errors=4)
    missing.stdout.fnmatch_lines(
        ["*NotRecordedError: there is no cassette *; record it once with*--imagine-record=once*"]
    )
    run(SESSION, "--imagine-record=once").assert_outcomes(passed=4)
    run(SESSION).assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("'../fox.json'", "leaves the folder"),
        ("'/tmp/fox.json'", "leaves the folder"),
        ("'a.json', 'once'", "pass one file; all else has a name"),
        ("colour='red'", "marker imagine_cassette: colour: there are file, mode, ignore, redact"),
        ("mode='sometimes'", "mode='sometimes': pass one of"),
    ],
)
def test_markers_that_cannot_be_followed(run: Run, arguments: str, message: str) -> None:
    """A marker that leaves the folder, or names what does not exist, is an error of that test."""
    result = run(f"import pytest\n\n@pytest.mark.imagine_cassette({arguments})\ndef test(imagine_cassette): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{message}*"])
