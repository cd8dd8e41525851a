"""The file of a cassette: sorted JSON that names its bodies by digest, and the bodies beside it."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from imagine_async.errors import ImagineError
from imagine_async.sniff import SUFFIXES, sniff_bytes
from imagine_async.testing.cassettes.canonical import digest_of, key_of
from imagine_async.transport import PlainReply

__all__ = ["CassetteError", "Recorded", "read_tape", "write_tape"]

_VERSION = 1
_BODIES = "bodies"
_BODY_NAME = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,5}")
_LONGEST_TEXT = 64 * 1024
_MAX_BYTES = 64 * 2**20


class CassetteError(ImagineError):
    """A cassette is damaged, or does not hold what was asked for: it refuses the call, and nothing is sent."""


@frozen
class Recorded:
    """One request and its reply.

    Args:
        form: The request's canonical form.
        reply: What came back.
    """

    form: Mapping[str, Any]
    reply: PlainReply


def read_tape(path: Path) -> list[Recorded]:
    """Read a cassette.

    Args:
        path: Its file.

    Raises:
        CassetteError: It is not there, is damaged, or one of its bodies is.
    """
    try:
        tape = json.loads(_content(path))
        if tape["version"] != _VERSION:
            raise CassetteError(f"{path}: is of version {tape['version']!r}, not {_VERSION}: record it anew")
        return [Recorded(call["request"], _reply(path, call["reply"])) for call in tape["calls"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CassetteError(f"{path}: is no cassette, or damaged ({error!r}): record it anew") from None


def write_tape(path: Path, calls: Iterable[Recorded]) -> None:
    """Write a cassette, whole or not at all; the same calls in any order make the same bytes.

    Args:
        path: Its file; its folder is made if it is not there.
        calls: What it holds. Equal requests keep their order.
    """
    ordered = sorted(calls, key=lambda call: key_of(call.form))
    rows = [{"request": call.form, "reply": _written(path, call.reply)} for call in ordered]
    text = json.dumps({"version": _VERSION, "calls": rows}, sort_keys=True, indent=1, ensure_ascii=False)
    _replace(path, text.encode() + b"\n")


def _reply(path: Path, row: Mapping[str, Any]) -> PlainReply:
    headers = [(str(name), str(value)) for name, value in row["headers"]]
    if "text" in row:
        return PlainReply(int(row["status"]), headers, str(row["text"]).encode())
    name = row["body"]
    if not _BODY_NAME.fullmatch(name):
        raise CassetteError(f"{path}: {name!r} is no name of a body: record it anew")
    body = _content(path.parent / _BODIES / name)
    if digest_of(body) != name.partition(".")[0]:
        raise CassetteError(f"{path}: the body {name} is not what was recorded: record it anew")
    return PlainReply(int(row["status"]), headers, body)


def _written(path: Path, reply: PlainReply) -> dict[str, Any]:
    row: dict[str, Any] = {"status": reply.status, "headers": [list(header) for header in reply.headers]}
    text = _as_text(reply.body)
    if text is not None:
        return {**row, "text": text}
    picture = sniff_bytes(reply.body)
    name = f"{digest_of(reply.body)}{SUFFIXES[picture.format] if picture else '.bin'}"
    place = path.parent / _BODIES / name
    if not place.exists():
        _replace(place, reply.body)
    return {**row, "body": name}


def _as_text(body: bytes) -> str | None:
    if len(body) > _LONGEST_TEXT or b"\0" in body:
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise CassetteError(f"{path}: is larger than {_MAX_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise CassetteError(f"{path}: {error.strerror or error}: record it first, or anew") from None


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
