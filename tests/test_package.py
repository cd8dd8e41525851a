"""The package as a whole: its names, its imports, and what importing it costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import imagine_async

ROOT = Path(imagine_async.__file__).parent
CORE = sorted(
    path
    for path in ROOT.rglob("*.py")
    if path.relative_to(ROOT).parts[0] not in ("cli", "sandbox", "codegen", "transport")
)
# Painting needs Pillow; nothing imports this before it paints.
LOADED_ON_USE = ("batch/gallery/sheet_painting.py",)


def imported_names(path: Path) -> Iterator[str]:
    """Yield the full names of the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def top_level_imports(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports when it is loaded itself."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def names(paths: list[Path]) -> list[str]:
    """Make test ids."""
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("name", imagine_async.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """Each name of `__all__` can be had from the package."""
    assert getattr(imagine_async, name) is not None


def test_names_are_listed() -> None:
    """`dir()` shows the public names, loaded or not."""
    assert set(imagine_async.__all__) <= set(dir(imagine_async))


def test_unknown_name_is_an_attribute_error() -> None:
    """A name that does not exist says so, as with any module."""
    with pytest.raises(AttributeError, match="no attribute 'Imagin'"):
        _ = imagine_async.Imagin


def test_importing_does_no_work() -> None:
    """Importing the package loads neither httpx nor attrs nor any other dependency."""
    heavy = {"anyio", "attr", "attrs", "cattrs", "httpx", "ssl"}
    program = f"import sys, imagine_async; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_using_the_client_loads_no_extra() -> None:
    """A client that makes no sandbox needs none of the optional packages."""
    extras = ["PIL", "numpy", "starlette", "uvicorn", "cyclopts"]  # rich is loaded by httpx, for its own command
    program = (
        f"import sys, imagine_async; imagine_async.Imagine('vk-x'); print(sorted(set({extras}) & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("path", CORE, ids=names(CORE))
def test_core_knows_neither_asyncio_nor_the_http_library(path: Path) -> None:
    """Only the transport imports httpx, and nothing imports asyncio; a type in a signature does not count."""
    typed = path.name in ("client.py", "in_process.py", "sync.py", "sandboxes.py", "cassette.py")
    known = set(top_level_imports(path) if typed else imported_names(path))
    assert not {"asyncio", "httpx", "httpcore"} & {name.split(".")[0] for name in known}


@pytest.mark.parametrize("path", CORE, ids=names(CORE))
def test_core_loads_no_extra_by_itself(path: Path) -> None:
    """The core imports neither the sandbox nor the command, nor an optional package, when it is loaded."""
    optional = {
        "PIL",
        "numpy",
        "starlette",
        "uvicorn",
        "cyclopts",
        "rich",
        "imagine_async.sandbox",
        "imagine_async.cli",
    }
    if path.relative_to(ROOT).as_posix() in LOADED_ON_USE:
        module = f"imagine_async.{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}"
        assert not [other for other in CORE if module in top_level_imports(other)]
        return
    loaded = set(top_level_imports(path))
    assert not optional & (loaded | {name.split(".")[0] for name in loaded} | {first_two(name) for name in loaded})


def first_two(name: str) -> str:
    """Cut a module's name after its second part."""
    return ".".join(name.split(".")[:2])


@pytest.mark.parametrize("path", sorted((ROOT / "sandbox").rglob("*.py")), ids=lambda path: path.name)
def test_sandbox_does_not_know_the_client(path: Path) -> None:
    """The server imports the catalog and the words of broken connections, and nothing of what calls it."""
    mine = {name for name in imported_names(path) if name.startswith("imagine_async")}
    allowed = ("imagine_async.sandbox", "imagine_async.catalog", "imagine_async.drop_points", "imagine_async.version")
    assert not [name for name in mine if not name.startswith(allowed)]
