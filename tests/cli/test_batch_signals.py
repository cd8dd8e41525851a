"""`imagine batch` and signals: real processes, real signals, and what the journal says afterwards."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.batches import GatedSandbox, environment, events, gated_sandbox, manifest, start, states

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process gets no signals there")

ROWS = 12
WIDE = 4
OPTIONS = ("--concurrency", WIDE, "--rate", "none", "--out", "out", "--no-gallery")
JOURNAL = Path("out", "batch.sqlite")


@pytest.fixture
def sandbox() -> Iterator[GatedSandbox]:
    """A sandbox that keeps calls waiting."""
    with gated_sandbox() as sandbox:
        yield sandbox


def _line_with(process: subprocess.Popen[str], text: str) -> str:
    """Read what a process says up to a line with a text."""
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return line
    raise AssertionError(process.communicate())


def _wait_for_rows(process: subprocess.Popen[str], sandbox: GatedSandbox) -> None:
    """Wait until as many rows are under way as there may be."""
    sandbox.wait_for_call()
    _line_with(process, f'"running": {WIDE},')


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_first_signal_lets_the_running_rows_end(sandbox: GatedSandbox, tmp_path: Path, number: signal.Signals) -> None:
    """It says how many it waits for, ends them, begins no more, and ends with 130; run again, it goes on from there."""
    env = environment(sandbox.running)
    command = ("batch", manifest(tmp_path, ROWS), *OPTIONS, "--json")
    with start(*command, env=env, cwd=tmp_path) as process:
        _wait_for_rows(process, sandbox)
        process.send_signal(number)
        assert f"Finishing {WIDE} running rows; press Ctrl-C again to stop at once." in _line_with(process, "stopped")
        sandbox.gate.set()
        output, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (130, "")
    summary = events(output)[-1]
    assert (summary["event"], summary["done"], summary["exit_code"]) == ("summary", WIDE, 130)
    assert states(tmp_path / JOURNAL) == {"done": WIDE}
    with start(*command, env=env, cwd=tmp_path) as process:
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, events(output)[-1]["skipped"]) == (0, WIDE)
    assert states(tmp_path / JOURNAL) == {"done": ROWS}
    # Nothing was paid for twice.
    assert len(sandbox.engine.calls) == ROWS


def test_second_ctrl_c_stops_at_once(sandbox: GatedSandbox, tmp_path: Path) -> None:
    """The rows that were sent stand in the journal as unknown, each with its call, and are not sent again."""
    env = environment(sandbox.running)
    command = ("batch", manifest(tmp_path, ROWS), *OPTIONS, "--json")
    with start(*command, env=env, cwd=tmp_path) as process:
        _wait_for_rows(process, sandbox)
        process.send_signal(signal.SIGINT)
        _line_with(process, '"interrupted"')
        with _pressing(process):
            _line_with(process, '"cancelled"')
        output, complaints = process.communicate()
    assert (process.returncode, complaints) == (130, "")
    assert events(output)[-1]["unknown"] == WIDE
    assert states(tmp_path / JOURNAL) == {"unknown": WIDE}
    sandbox.gate.set()
    with start(*command, env=env, cwd=tmp_path) as process:
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, events(output)[-1]["unknown"]) == (1, WIDE)
    assert states(tmp_path / JOURNAL) == {"done": ROWS - WIDE, "unknown": WIDE}
    with start("batch", "unknown", "out", "--json", env=env, cwd=tmp_path) as process:
        output, _ = process.communicate(timeout=60)
    assert all(row["call_id"] and row["attempts"] == 1 for row in events(output))
    with start("batch", "retry", "out", "--resend-unknown", "--quiet", env=env, cwd=tmp_path) as process:
        assert process.communicate(timeout=60) == ("", "")
    assert (process.returncode, states(tmp_path / JOURNAL)) == (0, {"done": ROWS})


@contextlib.contextmanager
def _pressing(process: subprocess.Popen[str]) -> Iterator[None]:
    """Press Ctrl-C again and again while a block runs: what comes at once after the first counts as the same."""
    is_enough = threading.Event()

    def press() -> None:
        while not is_enough.wait(0.1):
            process.send_signal(signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    yield
    is_enough.set()
    thread.join()


def test_the_same_ctrl_c_twice_counts_once(sandbox: GatedSandbox, tmp_path: Path) -> None:
    """A signal that comes twice in an instant, as where another program passes it on, does not stop the rows."""
    with start(
        "batch", manifest(tmp_path, ROWS), *OPTIONS, "--json", env=environment(sandbox.running), cwd=tmp_path
    ) as process:
        _wait_for_rows(process, sandbox)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
        _line_with(process, '"interrupted"')
        sandbox.gate.set()
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert states(tmp_path / JOURNAL) == {"done": WIDE}


def test_sigterm_never_stops_rows(sandbox: GatedSandbox, tmp_path: Path) -> None:
    """However often it comes, the running rows end."""
    with start(
        "batch", manifest(tmp_path, ROWS), *OPTIONS, "--json", env=environment(sandbox.running), cwd=tmp_path
    ) as process:
        _wait_for_rows(process, sandbox)
        process.send_signal(signal.SIGTERM)
        _line_with(process, '"interrupted"')
        for _ in range(5):
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        sandbox.gate.set()
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert states(tmp_path / JOURNAL) == {"done": WIDE}


def test_ignored_signals_stay_ignored(sandbox: GatedSandbox, tmp_path: Path) -> None:
    """Where whoever started it has it ignore signals, as `nohup` does, the batch runs to its end."""
    main = (
        "import signal; [signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, "
        "signal.SIGHUP)]; from imagine_async.cli import main; main()"
    )
    command = ("batch", manifest(tmp_path, ROWS), *OPTIONS, "--json")
    with start(*command, env=environment(sandbox.running), cwd=tmp_path, main=main) as process:
        _wait_for_rows(process, sandbox)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process.send_signal(number)
        sandbox.gate.set()
        output, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, "")
    assert events(output)[-1]["done"] == ROWS


def test_kill_leaves_a_journal_that_goes_on(sandbox: GatedSandbox, tmp_path: Path) -> None:
    """After `kill -9` the rows that were sent are unknown, and the others are done by the next run."""
    env = environment(sandbox.running)
    command = ("batch", manifest(tmp_path, ROWS), *OPTIONS, "--json")
    with start(*command, env=env, cwd=tmp_path) as process:
        _wait_for_rows(process, sandbox)
        process.kill()
        process.communicate(timeout=60)
    sandbox.gate.set()
    with start(*command, env=env, cwd=tmp_path) as process:
        process.communicate(timeout=60)
    assert process.returncode == 1
    assert states(tmp_path / JOURNAL) == {"done": ROWS - WIDE, "unknown": WIDE}


def test_ctrl_c_on_a_terminal(sandbox: GatedSandbox, tmp_path: Path) -> None:
    """Typed on a terminal, the first one shows below the figures what is waited for, and the cursor comes back."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    env = {**environment(sandbox.running), "TERM": "xterm"}
    ends: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), its)
    ends |= {"preexec_fn": _take_terminal, "start_new_session": True}
    with start("batch", manifest(tmp_path, ROWS), *OPTIONS, env=env, cwd=tmp_path, **ends) as process:
        os.close(its)
        said = _typed_and_said(ours, f"running {WIDE}")
        os.write(ours, b"\x03")
        said += _typed_and_said(ours, f"Finishing {WIDE} running rows; press Ctrl-C again to stop at once.")
        sandbox.gate.set()
        said += _typed_and_said(ours, None)
        assert process.wait(60) == 130
    os.close(ours)
    assert said.count("\x1b[?25l") == said.count("\x1b[?25h") == 1
    assert f"{WIDE} of {ROWS} rows (33 %)" in said
    assert "To go on, run the same command again" in said
    assert states(tmp_path / JOURNAL) == {"done": WIDE}


def _take_terminal() -> None:
    """Make the standard input the terminal of the session, so that what is typed there is a signal."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _typed_and_said(terminal: int, text: str | None) -> str:
    """Read a terminal up to a text, or to its end."""
    said = ""
    while text is None or text not in said:
        try:
            said += os.read(terminal, 65_536).decode(errors="replace")
        except OSError:
            # So Linux tells that the other side was closed.
            assert text is None, said
            break
    return said
