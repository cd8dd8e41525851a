"""Writes the sync client from the async one: `python -m imagine_async.codegen`.

`sync.py`, class `Imagine`, comes from `client.py`, class `AsyncImagine`; each file of `sync_calls/` from the one of the
same name in `calls/`. The text leaves nothing for a formatter to change, so no formatter's version shows in it. What is
not understood is an error, never left out. `--check` compares the whole files and writes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path

from imagine_async.codegen.classes import MARK, render_unit
from imagine_async.codegen.errors import errors_of
from imagine_async.codegen.units import CALLS, SOURCE, SYNC_CALLS, find_units

__all__ = ["check", "main", "read_sources", "render", "write"]

FOLDER = Path(__file__).parent.parent

_PACKAGE_TEXT = f'''\
{MARK}{CALLS} by `python -m imagine_async.codegen`; do not edit.
"""What the sync client can do, by kind; it comes from `imagine_async.calls`."""
'''


def render(sources: Mapping[str, str]) -> dict[str, str]:
    """Make the texts of the sync client.

    Args:
        sources: The texts of the async client's files by path, from the package's folder: `client.py`, and those of
            `calls/`.

    Returns:
        The texts of the sync client's files by path.

    Raises:
        CodegenError: The async client has something public that has no sync form yet.
    """
    texts: dict[str, str] = {}
    for unit in find_units(sources):
        with errors_of(unit.path):
            texts[unit.target] = render_unit(unit)
    if len(texts) > 1:
        texts[f"{SYNC_CALLS}__init__.py"] = _PACKAGE_TEXT
    return texts


def read_sources(folder: Path) -> dict[str, str]:
    """Read the async client's files.

    Args:
        folder: The package's.

    Returns:
        Their texts by path.
    """
    paths = [folder / SOURCE, *(folder / CALLS).glob("*.py")]
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in paths}


def write(folder: Path) -> None:
    """Write the sync client beside the async one, and delete generated files that nothing is generated into any more.

    Args:
        folder: The package's.
    """
    texts = render(read_sources(folder))
    for path, text in texts.items():
        target = folder / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, "utf-8")
    for extra in _extras(folder, texts):
        if extra.read_bytes().startswith(MARK.encode()):
            extra.unlink()


def check(folder: Path) -> str:
    """Compare the sync client on disk with what would be written.

    Args:
        folder: The package's.

    Returns:
        The differences, as unified diffs and a line for each file that should not be there; empty if there are none.
    """
    texts = render(read_sources(folder))
    differences = [_difference(folder / path, text) for path, text in texts.items()]
    return "".join(differences) + "".join(
        f"--- {extra}: nothing is generated into it\n" for extra in _extras(folder, texts)
    )


def _difference(target: Path, text: str) -> str:
    found = target.read_text("utf-8").splitlines(keepends=True) if target.exists() else []
    return "".join(unified_diff(found, text.splitlines(keepends=True), str(target), f"{target} (generated)"))


def _extras(folder: Path, texts: Iterable[str]) -> list[Path]:
    """Return the modules and stubs beside the generated ones that are none of them."""
    wanted = {folder / path for path in texts}
    return sorted(path for path in (folder / SYNC_CALLS).glob("*.py*") if path not in wanted)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line, without the program's name; `None` takes the process's.

    Returns:
        The exit status: 1 if `--check` found a difference.
    """
    parser = argparse.ArgumentParser(
        prog="python -m imagine_async.codegen", description="Write sync.py and sync_calls/ from client.py and calls/."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file is not up to date")
    if not parser.parse_args(arguments).check:
        write(FOLDER)
        return 0
    difference = check(FOLDER)
    sys.stdout.write(difference)
    return 1 if difference else 0
