"""What a request comes down to: the same for two that ask for the same, however they are sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from imagine_async.testing.cassettes.forms import Part, parts_of
from imagine_async.testing.cassettes.redacting import Aliases, plain_target
from imagine_async.transport import Asked

__all__ = ["CanonicalRequest", "request_of"]


@frozen
class CanonicalRequest:
    """A request without host, headers, boundaries and whatever is ignored.

    Args:
        method: The HTTP method.
        target: Its path and query; for the download of a replayed result, its URL.
        parts: Fields and files by name.
    """

    method: str
    target: str
    parts: tuple[Part, ...]

    @property
    def digest(self) -> str:
        """What it is found by, in hexadecimal. Texts and files count by their own digests."""
        parts = [[part.name, part.is_file, part.digest] for part in self.parts]
        return hashlib.sha256(json.dumps([self.method, self.target, parts]).encode()).hexdigest()

    def as_data(self, redact: Sequence[str] = ()) -> dict[str, Any]:
        """Return it as it stands in the cassette.

        Args:
            redact: Fields of which only the digest is written.
        """
        return {
            "method": self.method,
            "target": self.target,
            "parts": [_part_as_data(part, is_shown=part.name not in redact) for part in self.parts],
        }

    @classmethod
    def from_data(cls, data: Any) -> CanonicalRequest:
        """Read what `as_data` wrote.

        Args:
            data: What stands in the cassette.

        Raises:
            KeyError, TypeError, ValueError: It is something else.
        """
        parts = tuple(map(_part_from_data, data["parts"]))
        return cls(str(data["method"]), str(data["target"]), parts)

    def differences(self, other: CanonicalRequest) -> Iterator[str]:
        """Say what another request has in place of what this one has.

        Args:
            other: The request that is recorded.
        """
        if (self.method, self.target) != (other.method, other.target):
            yield f"it is {self.method} {self.target}, recorded is {other.method} {other.target}"
        mine, theirs = _by_name(self.parts), _by_name(other.parts)
        for name in sorted({*mine, *theirs}):
            asked, recorded = mine.get(name, ["nothing"]), theirs.get(name, ["nothing"])
            if asked != recorded:
                yield f"{name} is {', '.join(asked)}, recorded is {', '.join(recorded)}"


def request_of(asked: Asked, aliases: Aliases, ignore: Sequence[str]) -> CanonicalRequest:
    """Bring a request into its canonical form.

    Args:
        asked: The request.
        aliases: What things are called in the cassette.
        ignore: Fields that do not count.
    """
    content_type = {name.lower(): value for name, value in asked.headers}.get("content-type", "")
    parts = (_scrubbed(part, aliases) for part in parts_of(content_type, asked.body) if part.name not in ignore)
    return CanonicalRequest(asked.method, plain_target(aliases.url(asked.url)), tuple(parts))


def _scrubbed(part: Part, aliases: Aliases) -> Part:
    if part.text is None:
        return part
    text = aliases.text(part.text)
    return part if text == part.text else Part.of(part.name, text.encode(), is_file=False)


def _part_as_data(part: Part, *, is_shown: bool) -> dict[str, Any]:
    if part.text is not None and is_shown:
        return {"name": part.name, "text": part.text}
    return {"name": part.name, _digest_name(is_file=part.is_file): part.digest, "bytes": part.size}


def _digest_name(*, is_file: bool) -> str:
    return "file_sha256" if is_file else "text_sha256"


def _part_from_data(data: Any) -> Part:
    name = str(data["name"])
    if "text" in data:
        return Part.of(name, str(data["text"]).encode(), is_file=False)
    is_file = _digest_name(is_file=True) in data
    return Part(name, None, is_file, str(data[_digest_name(is_file=is_file)]), int(data["bytes"]))


def _by_name(parts: Sequence[Part]) -> dict[str, list[str]]:
    shown: dict[str, list[str]] = {}
    for part in parts:
        shown.setdefault(part.name, []).append(_shown(part))
    return shown


def _shown(part: Part) -> str:
    if part.text is not None:
        return f"{part.text!r:.80}"
    return f"{'a file' if part.is_file else 'a text'} of {part.size} bytes ({part.digest[:12]})"
