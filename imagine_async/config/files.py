"""Settings files: where they lie, and what they hold."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from imagine_async.config.table import SETTINGS, Setting
from imagine_async.errors import ConfigurationError

__all__ = ["CONFIG_VARIABLE", "FILE_NAME", "SettingsFile", "settings_files"]

CONFIG_VARIABLE = "IMAGINE_CONFIG"
FILE_NAME = "imagine.toml"

_MAX_BYTES = 64 * 1024


@frozen
class SettingsFile:
    """A file of settings.

    Args:
        path: Where it lies.
        values: What it sets, by name.
        is_found_here: Whether it was found in the working directory, which may be somebody else's: a repository that
            was cloned, say. Such a file must not decide where the user's key goes.
    """

    path: Path
    values: Mapping[str, Any] = field(repr=False)
    is_found_here: bool = False


def settings_files() -> tuple[SettingsFile, ...]:
    """Find and read the settings files; the first counts most.

    A file is read once in a process, and again when it has changed.

    Returns:
        The files that exist.

    Raises:
        ConfigurationError: A file cannot be read, or holds what is no setting; names the file, and the line if known.
    """
    return tuple(_found())


def _found() -> Iterator[SettingsFile]:
    named = os.environ.get(CONFIG_VARIABLE)
    if named is not None:
        if named.strip():
            yield _named(_expanded(named.strip()))
        return
    users = _users_path()
    here = _path_here()
    if here is not None and not _is_same(here, users) and (values := _values_of(here)) is not None:
        yield SettingsFile(here, values, is_found_here=True)
    if users is not None and (values := _values_of(users)) is not None:
        yield SettingsFile(users, values)


def _named(path: Path) -> SettingsFile:
    values = _values_of(path)
    if values is None:
        raise ConfigurationError(f"{CONFIG_VARIABLE}={str(path)!r}: there is no such file; set it empty for no files")
    return SettingsFile(path, values)


def _path_here() -> Path | None:
    try:
        return Path.cwd() / FILE_NAME
    except OSError:  # The working directory has been deleted.
        return None


def _users_path() -> Path | None:
    variable = "APPDATA" if sys.platform == "win32" else "XDG_CONFIG_HOME"
    folder = Path(os.environ.get(variable) or "")
    # A relative path would follow the working directory; XDG's specification says to ignore it.
    if not folder.is_absolute() and sys.platform != "win32":
        folder = _expanded("~/.config")
    return folder / "imagine" / FILE_NAME if folder.is_absolute() else None


def _expanded(path: str) -> Path:
    # Unlike `Path.expanduser`, this leaves a path alone where nobody's home is known.
    return Path(os.path.expanduser(path))  # noqa: PTH111


def _is_same(one: Path, other: Path | None) -> bool:
    try:
        return other is not None and one.samefile(other)
    except OSError:
        return False


_read: dict[Path, tuple[tuple[int, int, int], Mapping[str, Any]]] = {}


def _values_of(path: Path) -> Mapping[str, Any] | None:
    """Return what a file sets, or `None` if there is none."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}") from None
    # A pipe would block the event loop for as long as nobody writes to it.
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_BYTES:
        raise ConfigurationError(f"{path}: pass a file of at most {_MAX_BYTES} bytes")
    version = (status.st_mtime_ns, status.st_size, status.st_ino)
    if path not in _read or _read[path][0] != version:
        _read[path] = (version, _parsed(path))
    return _read[path][1]


def _parsed(path: Path) -> Mapping[str, Any]:
    # What is raised here is raised in a frame that never saw the text, in which the key may stand.
    values = _parse(path)
    if isinstance(values, str):
        raise ConfigurationError(f"{path}{values}")
    return values


def _parse(path: Path) -> Mapping[str, Any] | str:
    """Read a file; return its values, or what is wrong, beginning with the line."""
    # Slow to import, and most processes have no file.
    import tomllib

    try:
        text = path.read_text("utf-8")
        values: dict[str, Any] = {}
        for name, value in tomllib.loads(text).items():
            setting = SETTINGS.get(name)
            problem = _take(setting, value, values) if setting else _unknown(name)
            if problem:
                return f"{_place(name, text)}: {problem}"
    except (ValueError, RecursionError) as error:
        return f": this is no TOML: {error}"
    except OSError as error:
        return f": {error.strerror or error}"
    return values


def _take(setting: Setting[Any], value: object, values: dict[str, Any]) -> str | None:
    try:
        values[setting.name] = setting.read(value)
    except ValueError as error:
        shown = repr(value)[:80] if setting.is_shown else f"a {type(value).__name__}"
        return f"{setting.name} is {shown}: {error}"
    return None


def _unknown(name: str) -> str:
    return f"{name[:40]!r} is no setting; the settings, all at the top level, are {', '.join(SETTINGS)}"


def _place(name: str, text: str) -> str:
    """Return the line of a name, as far as it can be found by its looks."""
    match = re.search(rf"^[ \t]*\[*[ \t]*[\"']?{re.escape(name)}[\"' \t]*[=.\]]", text, re.MULTILINE)
    return f", line {text.count(chr(10), 0, match.start()) + 1}" if match else ""
