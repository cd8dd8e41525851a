"""A cassette's file, and the bodies beside it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from imagine_async.files import write_whole
from imagine_async.sniff import SUFFIXES, sniff_bytes
from imagine_async.testing.cassettes.errors import CassetteDamagedError
from imagine_async.testing.cassettes.requests import CanonicalRequest
from imagine_async.video.sniff import VIDEO_SUFFIXES, sniff_video

__all__ = ["Recording", "Reply", "body_name", "read_body", "read_cassette", "write_cassette"]

_FORMAT = "imagine-cassette/1"
_BODIES = "bodies"
_MAX_FILE_BYTES = 64 * 1024 * 1024
_MAX_BODY_BYTES = 1024 * 1024 * 1024
_BODY_NAME = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,5}")
_BY_TYPE = (("json", ".json"), ("html", ".html"), ("text/", ".txt"))


@frozen
class Reply:
    """A reply as it is kept.

    Args:
        status: The HTTP status.
        headers: Those of its headers that are kept.
        body: The name of the file that holds its body; `None` for an empty one.
    """

    status: int
    headers: Mapping[str, str]
    body: str | None


@frozen
class Recording:
    """A request, and what it was answered each time.

    Args:
        request: The request.
        replies: Its replies by number, from 1.
    """

    request: CanonicalRequest
    replies: dict[int, Reply] = field(factory=dict[int, Reply])


def read_cassette(path: Path) -> list[Recording]:
    """Read a cassette.

    Args:
        path: Its file.

    Raises:
        FileNotFoundError: There is none.
        CassetteDamagedError: It holds something else.
    """
    data = _json(path)
    try:
        if data["format"] != _FORMAT:
            raise ValueError(f"its format is {data['format']!r}, not {_FORMAT!r}")
        return [_recording(each) for each in data["calls"]]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from None


def write_cassette(
    path: Path, recordings: Sequence[Recording], bodies: Mapping[str, bytes], redact: Sequence[str]
) -> None:
    """Write a cassette, and the bodies that it names: first these, each of them whole or not at all.

    Args:
        path: Its file; its folder is made where there is none.
        recordings: What was recorded, in any order.
        bodies: Bodies by name.
        redact: Fields of which only the digest is written.
    """
    folder = path.parent / _BODIES
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in bodies.items():
        write_whole(folder / name, [content], overwrite=True)
    ordered = sorted(recordings, key=lambda each: (each.request.target, each.request.method, each.request.digest))
    data = {"format": _FORMAT, "calls": [_as_data(each, redact) for each in ordered]}
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    write_whole(path, [text.encode()], overwrite=True)


def body_name(content: bytes, content_type: str) -> str:
    """Return the name of a body's file: its digest, with a suffix that fits.

    Args:
        content: The body.
        content_type: What it is said to be.
    """
    return hashlib.sha256(content).hexdigest() + _suffix(content, content_type)


def read_body(path: Path, name: str) -> bytes:
    """Read a body.

    Args:
        path: The cassette's file.
        name: The body's.

    Raises:
        CassetteDamagedError: It is missing, or not what was recorded.
    """
    place = path.parent / _BODIES / name
    try:
        with place.open("rb") as file:
            content = file.read(_MAX_BODY_BYTES)
    except OSError as error:
        raise _damaged(path, f"the body {_BODIES}/{name} cannot be read ({error.strerror})") from None
    if hashlib.sha256(content).hexdigest() != name.partition(".")[0]:
        raise _damaged(path, f"the body {_BODIES}/{name} is not what was recorded: its digest is another")
    return content


def _json(path: Path) -> Any:
    with path.open("rb") as file:
        content = file.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise _damaged(path, f"it is larger than {_MAX_FILE_BYTES} bytes")
    try:
        return json.loads(content)
    except (RecursionError, ValueError) as error:
        raise _damaged(path, f"it is no JSON ({error})") from None


def _recording(data: Any) -> Recording:
    replies = [_reply(each) for each in data["replies"]]
    if not replies:
        raise ValueError("a call has no replies")
    return Recording(CanonicalRequest.from_data(data["request"]), dict(enumerate(replies, 1)))


def _reply(data: Any) -> Reply:
    body = data["body"]
    if body is not None and not _BODY_NAME.fullmatch(body):
        raise ValueError(f"a body is a digest with a suffix, not {body!r:.100}")
    status = data["status"]
    if type(status) is not int or not 100 <= status <= 599:
        raise ValueError(f"a status is a number from 100 to 599, not {status!r:.100}")
    return Reply(status, {str(name): str(value) for name, value in data["headers"].items()}, body)


def _as_data(recording: Recording, redact: Sequence[str]) -> dict[str, Any]:
    replies = [recording.replies[number] for number in sorted(recording.replies)]
    return {
        "request": recording.request.as_data(redact),
        "replies": [{"status": reply.status, "headers": dict(reply.headers), "body": reply.body} for reply in replies],
    }


def _suffix(content: bytes, content_type: str) -> str:
    picture = sniff_bytes(content)
    if picture is not None:
        return SUFFIXES[picture.format]
    film = sniff_video(content)
    if film is not None:
        return VIDEO_SUFFIXES[film]
    return next((suffix for word, suffix in _BY_TYPE if word in content_type.lower()), ".bin")


def _damaged(path: Path, reason: str) -> CassetteDamagedError:
    return CassetteDamagedError(f"the cassette {path} is damaged: {reason}; record it anew")
