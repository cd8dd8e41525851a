"""Both clients in a real notebook kernel: sync calls in cells, top-level `await`, and the interrupt button."""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.lifecycle import HangingServer, hanging_server
from tests.sandbox_process import FLAT_ENGINE, SandboxProcess, sandbox_process

SECONDS = 60


@frozen
class Ended:
    """What became of a cell.

    Args:
        text: What it printed, to stdout and stderr.
        result: The text of its last expression.
        error: The name of the error that ended it.
    """

    text: str
    result: str
    error: str


@frozen
class Notebook:
    """A kernel that runs cells."""

    manager: KernelManager
    client: BlockingKernelClient

    def run(self, cell: str) -> Ended:
        """Run a cell to its end."""
        self.client.execute(textwrap.dedent(cell))
        return self.finish()

    def finish(self) -> Ended:
        """Wait for the end of the cell that runs."""
        text, result, error = [], "", ""
        while True:
            message = self.client.get_iopub_msg(timeout=SECONDS)
            content: dict[str, Any] = message["content"]
            match message["msg_type"]:
                case "stream":
                    text.append(content["text"])
                case "execute_result":
                    result = content["data"]["text/plain"]
                case "error":
                    error = content["ename"]
                case "status" if content["execution_state"] == "idle":
                    return Ended("".join(text), result, error)


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxProcess]:
    """Run one sandbox for the module."""
    with sandbox_process(*FLAT_ENGINE) as server:
        yield server


@pytest.fixture(scope="module")
def notebook(server: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """Start one kernel for the module, which has both clients at hand."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(home / name.lower()))
        manager = KernelManager(kernel_name="python3", connection_file=str(home / "kernel.json"))
        assert manager.kernel_spec is not None
        manager.kernel_spec.argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        manager.start_kernel(cwd=str(Path(__file__).parent.parent))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SECONDS)
        notebook = Notebook(manager, client)
        made = notebook.run(f"""
            import warnings
            from imagine_async import AsyncImagine, Imagine, NO_RETRY, TextToImage
            warnings.simplefilter("error")
            options = dict(base_url={server.base_url!r}, rate_limit=None, retry=NO_RETRY)
            sync = Imagine({server.key!r}, **options)
            client = AsyncImagine({server.key!r}, **options)
            foxes = [TextToImage(prompt="a fox")] * 20
            """)
        assert (made.text, made.error) == ("", "")
        yield notebook
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture
def hanging(notebook: Notebook) -> Iterator[HangingServer]:
    """Run a server that answers nothing, with a client of each colour for it in the notebook."""
    with hanging_server(answers=0) as server:
        notebook.run(f"""
            options["base_url"] = {server.url!r}
            hanging_sync = Imagine("vk-1", **options)
            hanging_client = AsyncImagine("vk-1", **options)
            """)
        yield server


def test_cells_of_both_colours(notebook: Notebook, server: SandboxProcess) -> None:
    """Sync calls and awaited ones work in any order in one notebook, and nothing warns."""
    before = server.calls()
    for cell in (
        "sync.text_to_image('a fox').width",
        "(await client.text_to_image('a fox')).width",
        "sync.text_to_image('a fox').width",
        "list(sync.generate_many([foxes[0]]))[0][1].width",
        "[pair async for pair in client.generate_many([foxes[0]])][0][1].width",
    ):
        assert notebook.run(cell) == Ended("", "16", "")
    assert server.calls() - before == 5


def test_both_colours_in_one_cell(notebook: Notebook) -> None:
    """A cell may use the sync client between its awaits."""
    cell = """
        first = await client.text_to_image('a fox')
        second = sync.text_to_image('a fox')
        third = await client.text_to_image('a fox')
        first.width + second.width + third.width
        """
    assert notebook.run(cell) == Ended("", "48", "")


SYNC_CELLS = {
    "call": "hanging_sync.text_to_image('a fox')",
    "iteration": "for _ in hanging_sync.generate_many(foxes, concurrency=1): pass",
}
ASYNC_CELLS = {
    "call": "await hanging_client.text_to_image('a fox')",
    "iteration": "async for _ in hanging_client.generate_many(foxes, concurrency=1): pass",
}


def interrupt(cell: str, notebook: Notebook, server: HangingServer) -> str:
    """Interrupt a cell whose call the server keeps waiting; return the name of the error that ended it."""
    notebook.client.execute(cell)
    server.wait_for_calls(1)
    sent = time.monotonic()
    notebook.manager.interrupt_kernel()
    ended = notebook.finish()
    assert server.wait_until_left() == 1
    assert max(server.left) - sent < 5
    return ended.error


@pytest.mark.parametrize("cell", SYNC_CELLS.values(), ids=SYNC_CELLS)
def test_interrupt_of_a_sync_cell(cell: str, notebook: Notebook, hanging: HangingServer) -> None:
    """The cell ends with KeyboardInterrupt, its call is cancelled at the server, and the next cell works."""
    assert interrupt(cell, notebook, hanging) == "KeyboardInterrupt"
    assert notebook.run("sync.text_to_image('a fox').width").result == "16"


@pytest.mark.parametrize("cell", ASYNC_CELLS.values(), ids=ASYNC_CELLS)
def test_interrupt_of_an_awaiting_cell(cell: str, notebook: Notebook, hanging: HangingServer) -> None:
    """The kernel cancels what the cell awaits, and that cancels the call at the server; the next cell works.

    A kernel hears of an interrupt when something else wakes its loop, whatever the cell awaits: hence the clock.
    """
    notebook.run("""
        import asyncio

        async def tick():
            while True:
                await asyncio.sleep(0.05)

        clock = asyncio.ensure_future(tick())
        """)
    try:
        assert interrupt(cell, notebook, hanging) == "CancelledError"
    finally:
        notebook.run("clock.cancel()")
    assert notebook.run("(await client.text_to_image('a fox')).width").result == "16"
