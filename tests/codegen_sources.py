"""Small sources of an async client, for the tests of the generator."""

from __future__ import annotations

from textwrap import dedent, indent

from imagine_async.codegen.generator import render

__all__ = ["FAMILY", "HEAD", "PART", "SUB_CLIENT", "client_text", "imports_in", "imports_of", "methods_of", "source_of"]

HEAD = """
from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, overload

import anyio
import zlib as squeeze

from imagine_async.config import Secret
from imagine_async.errors import ImagineError
from imagine_async.errors import TimeoutError
from imagine_async.results import Image as Picture

if TYPE_CHECKING:
    import httpx
    from imagine_async.call import Call

DEFAULT = 3
LIMIT: int = 4


class Options: ...


class AsyncImagine:
"""
INIT = """
def __init__(self) -> None:
    self.size = 1
"""

CLIENT = '''
from __future__ import annotations

from imagine_async.calls.drawing import AsyncDrawingCalls
from imagine_async.calls.old import AsyncOld


class AsyncImagine(AsyncDrawingCalls):
    """An async client."""

    def __init__(self, size: int = 1) -> None:
        """Make a client."""

    @property
    def old(self) -> AsyncOld:
        """The old calls."""
        return AsyncOld(self)
'''
PART = '''
from __future__ import annotations

from imagine_async.calls.base import AsyncCalls
from imagine_async.pens import Pen
from imagine_async.results import Image

__all__ = ["AsyncDrawingCalls"]


class AsyncDrawingCalls(AsyncCalls):
    """The calls that draw."""

    _pen: Pen

    async def draw(self, prompt: str) -> Image:
        """Draw."""
        return await self.send(prompt)
'''
SUB_CLIENT = '''
from __future__ import annotations

from typing import TYPE_CHECKING

from imagine_async.results import Image

if TYPE_CHECKING:
    from imagine_async.client import AsyncImagine


class AsyncOld:
    """The old calls.

    Args:
        client: What sends.
    """

    def __init__(self, client: AsyncImagine) -> None:
        self._client = client

    async def make(self) -> Image:
        """Make."""
        return await self._client.draw("")
'''
FAMILY = {"client.py": CLIENT, "calls/drawing.py": PART, "calls/old.py": SUB_CLIENT}
"""A client that inherits a part and leads to a sub-client."""


def source_of(method: str, *, init: str = INIT) -> str:
    """Return a source with one class, which has one method beside its constructor."""
    return HEAD + indent(dedent(init) + dedent(method), "    ")


def client_text(source: str) -> str:
    """Return what the generator makes of a client alone."""
    return render({"client.py": source})["sync.py"]


def methods_of(method: str) -> str:
    """Return what the generator makes of one method, without the class around it."""
    text = client_text(source_of(method))
    return dedent(text.split("self._client = PerProcess(lambda: AsyncImagine())\n")[1]).strip() + "\n"


def imports_of(method: str) -> list[str]:
    """Return the imports that the generator makes for one method."""
    return imports_in(client_text(source_of(method)))


def imports_in(text: str) -> list[str]:
    """Return the imports of a generated file, without that of the annotations."""
    lines = text.split("__all__")[0].splitlines()
    return [line for line in lines if line.lstrip().startswith(("import ", "from ", "if "))][1:]
