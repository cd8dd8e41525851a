"""The imports of what the generator writes."""

from __future__ import annotations

import pytest

from tests.codegen_sources import client_text, imports_of, source_of


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("async def a(self) -> None: ...", ["from imagine_async.bridge.calls import run"]),
        ("async def a(self) -> Picture: ...", ["from imagine_async.results import Image as Picture"]),
        (
            "async def a(self, x: Call) -> int: ...",
            ["from typing import TYPE_CHECKING", "    from imagine_async.call import Call"],
        ),
        ("def a(self) -> AsyncIterator[int]: ...", ["from collections.abc import Iterator"]),
        ("def a(self) -> AsyncGenerator[int, None]: ...", ["from collections.abc import Generator"]),
        ("def a(self, x: int = squeeze.Z_BEST_SPEED) -> int: ...", ["import zlib as squeeze"]),
        ("def a(self, x: int = anyio.X) -> int: ...", ["import anyio"]),
        ("def a(self, x: TimeoutError) -> int: ...", ["from imagine_async.errors import TimeoutError"]),
        (
            "def a(self, x: TimeoutError, y: ImagineError) -> int: ...",
            ["from imagine_async.errors import ImagineError, TimeoutError"],
        ),
        (
            "def a(self, x: int = LIMIT, y: Options | None = None) -> int: ...",
            ["from imagine_async.client import LIMIT, AsyncImagine, Options"],
        ),
    ],
)
def test_imports(method: str, expected: list[str]) -> None:
    """What the sync client uses is imported from where the async one has it, and nothing else is."""
    always = {
        "from imagine_async.bridge.loop_thread import PerProcess",
        "from imagine_async.client import AsyncImagine",
    }
    imports = imports_of(method)
    assert set(expected) <= set(imports)
    ours = [
        line for line in imports if line not in always and not line.startswith(("from imagine_async.bridge", "if "))
    ]
    assert set(ours) <= set(expected)


def test_order_of_imports() -> None:
    """Standard library, others, this package; modules before names from modules."""
    method = "async def a(self, x: Mapping[str, Any], y: int = anyio.X, z: int = squeeze.Y) -> Picture: ..."
    assert imports_of(method) == [
        "import zlib as squeeze",
        "from collections.abc import Mapping",
        "from typing import Any",
        "import anyio",
        "from imagine_async.bridge.calls import run",
        "from imagine_async.bridge.loop_thread import PerProcess",
        "from imagine_async.client import AsyncImagine",
        "from imagine_async.results import Image as Picture",
    ]


def test_long_imports_are_one_name_a_line() -> None:
    """As a formatter would write them."""
    names = [f"Name{number}{'x' * 20}" for number in range(5)]
    source = source_of(f"def a(self, x: {' | '.join(names)}) -> int: ...")
    text = client_text(source.replace("import anyio", f"import anyio\nfrom models import {', '.join(reversed(names))}"))
    assert "from models import (\n" + "".join(f"    {name},\n" for name in names) + ")\n" in text
