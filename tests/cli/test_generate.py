"""`imagine generate`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import PIL.Image
import pytest

from imagine_async.cli.app import run
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox

RunImagine = Callable[..., subprocess.CompletedProcess[str]]
SMALL = SandboxSettings(side=64, keys=("vk-secret-key",))


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[RunningSandbox, None, None]:
    """A sandbox that the environment names, and an empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    with running_sandbox(SMALL) as running:
        monkeypatch.setenv("IMAGINE_BASE_URL", running.base_url)
        monkeypatch.setenv("IMAGINE_API_KEY", running.key)
        yield running


def _calls(sandbox: RunningSandbox) -> int:
    return int(sandbox.books()["accounts"][0]["calls"])


def _size(path: str | Path) -> tuple[int, int]:
    with PIL.Image.open(path) as picture:
        picture.load()
        return picture.size


def test_with_the_sandbox_needs_no_key(imagine: RunImagine, tmp_path: Path) -> None:
    """`--sandbox` paints a picture on this machine, and says where it lies and what it cost."""
    result = imagine(
        "generate", "a red fox", "--sandbox", "--style", "anime", "--seed", "7", "--out", "fox.jpg", cwd=tmp_path
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "fox.jpg  size 1024x1024  tokens 5  seed 7\n"
    assert _size(tmp_path / "fox.jpg") == (1024, 1024)


def test_without_a_key(imagine: RunImagine, tmp_path: Path) -> None:
    """Without a key it ends with exit code 2, and tells where keys are made and how to do without."""
    result = imagine("generate", "a red fox", cwd=tmp_path)
    assert result.returncode == 2
    for text in ("platform.imagine.art", "Keys tab", "IMAGINE_API_KEY", "--sandbox"):
        assert text in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_with_key_and_base_url_from_the_environment(
    sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    """The environment's key and base URL are used; a name is chosen in the current folder."""
    assert run(["generate", "a red fox", "--aspect-ratio", "16:9", "--seed", "3"]) == 0
    (path,) = Path().iterdir()
    assert capsys.readouterr().out == f"{path}  size 84x48  tokens 1  seed 3\n"
    assert _size(path) == (84, 48)


def test_seed_is_chosen_and_makes_the_picture_again(
    sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a seed one is chosen and printed, and with it the same picture is made."""
    run(["generate", "a red fox", "--out", "first.jpg"])
    seed = capsys.readouterr().out.split()[-1]
    run(["generate", "a red fox", "--out", "again.jpg", "--seed", seed])
    assert Path("first.jpg").read_bytes() == Path("again.jpg").read_bytes()


def test_json(sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints the facts as one JSON object, and nothing else."""
    run(["generate", "a red fox", "--style", "flux-dev", "--seed", "3", "--out", "fox.jpg", "--json"])
    facts = json.loads(capsys.readouterr().out)
    wanted = {"path": "fox.jpg", "prompt": "a red fox", "style": "flux-dev", "aspect_ratio": "1:1", "seed": 3}
    assert wanted.items() <= facts.items()
    assert (facts["tokens"], facts["width"], facts["height"]) == (15, 64, 64)
    assert facts["bytes"] == Path("fox.jpg").stat().st_size


@pytest.mark.parametrize("out", ["fox.jpg", "fox"])
def test_file_that_exists_is_found_before_anything_is_paid(
    sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str], out: str
) -> None:
    """A file in the way ends the command before anything is sent, with a word on --overwrite."""
    Path("fox.jpg").write_text("mine")
    assert run(["generate", "a red fox", "--out", out]) == 1
    assert "fox.jpg exists: add --overwrite" in capsys.readouterr().err
    assert Path("fox.jpg").read_text() == "mine"
    assert _calls(sandbox) == 0


def test_overwrite(sandbox: RunningSandbox) -> None:
    """With --overwrite a file is replaced."""
    Path("fox.jpg").write_text("mine")
    assert run(["generate", "a red fox", "--out", "fox.jpg", "--overwrite"]) == 0
    assert _size("fox.jpg") == (64, 64)


def test_missing_folder_is_found_before_anything_is_paid(
    sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that does not exist ends the command before anything is sent."""
    assert run(["generate", "a red fox", "--out", "no/fox.jpg"]) == 1
    assert "create it first" in capsys.readouterr().err
    assert _calls(sandbox) == 0


def test_locked_folder_is_found_before_anything_is_paid(
    sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that cannot be written to ends the command before anything is sent."""
    monkeypatch.setattr("os.access", lambda _path, _mode: False)
    assert run(["generate", "a red fox"]) == 1
    assert "cannot be written to" in capsys.readouterr().err
    assert _calls(sandbox) == 0


def test_paid_picture_is_kept_when_its_file_turns_out_to_be_taken(
    sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the suffix of the reply makes of the name may be taken: then the picture is kept elsewhere."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Path("fox.jpg").write_text("mine")
    assert run(["generate", "a red fox", "--out", "fox.png"]) == 1
    message = capsys.readouterr().err
    assert "--overwrite" in message
    kept = Path(message.rpartition("kept as ")[2].strip())
    assert _size(kept) == (64, 64)
    assert Path("fox.jpg").read_text() == "mine"


def test_refused_key(
    sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the API is two lines: what happened, and that it cost nothing; the key is not among them."""
    monkeypatch.setenv("IMAGINE_API_KEY", "vk-another-key")
    assert run(["generate", "a red fox"]) == 1
    output = capsys.readouterr()
    happened, charged = output.err.splitlines()
    assert happened.startswith("imagine: ")
    assert "Not charged" in charged
    assert "vk-another-key" not in output.err + output.out


def test_server_that_is_not_there(imagine: RunImagine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection: one line, the outcome, exit code 1, no traceback."""
    monkeypatch.setenv("IMAGINE_API_KEY", "vk-key")
    monkeypatch.setenv("IMAGINE_BASE_URL", "http://127.0.0.1:9")
    result = imagine("generate", "a red fox", cwd=tmp_path)
    assert result.returncode == 1
    assert "Not charged: nothing was sent." in result.stderr
    assert "Traceback" not in result.stderr
