"""Values of which every event loop has its own."""

from __future__ import annotations

import anyio
import anyio.to_thread
import pytest

from imagine_async.loop_local import LoopLocal


@pytest.mark.anyio
async def test_a_loop_keeps_its_value() -> None:
    """It is made once for a loop, whichever task asks for it."""
    values = LoopLocal("of_this_test", list[int])
    found: list[list[int]] = [values.get()]

    async def ask() -> None:
        found.append(values.get())

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
    assert found[0] is found[1]


def test_another_loop_has_another(anyio_backend: str) -> None:
    """Loops that run one after the other, or side by side, share nothing."""
    values = LoopLocal("of_this_test", list[int])

    async def get() -> list[int]:
        return values.get()

    async def beside() -> tuple[list[int], list[int]]:
        mine = values.get()
        return mine, await anyio.to_thread.run_sync(lambda: anyio.run(get, backend=anyio_backend))

    first, (second, third) = anyio.run(get, backend=anyio_backend), anyio.run(beside, backend=anyio_backend)
    assert len({id(first), id(second), id(third)}) == 3


def test_no_loop_is_an_error() -> None:
    """Where no loop runs, there is no value: it says so, and none is made."""
    made: list[object] = []
    values = LoopLocal("of_this_test", lambda: made.append(None))
    with pytest.raises(RuntimeError, match="async"):
        values.get()
    assert not made
