"""One cassette: records what a client sends and gets, or gives it back."""

from __future__ import annotations

import json
import os
import re
import threading
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, get_args

from attrs import evolve

from imagine_async.errors import Outcome
from imagine_async.testing.cassettes.canonical import PROMPTS, canonical_form, form_texts, key_of
from imagine_async.testing.cassettes.tape import CassetteError, Recorded, read_tape, write_tape
from imagine_async.transport import PlainReply, PlainRequest, ask_onward, handed_client

if TYPE_CHECKING:
    import httpx

__all__ = ["Cassette", "Mode"]

Mode = Literal["none", "once", "new", "all"]
"""`none` only replays; `once` records if there is no file; `new` adds what is missing; `all` records all anew."""

_KEPT_HEADERS = ("content-type", "retry-after")
_KEPT_PREFIX = "x-ratelimit-"
_KEY_HEADERS = ("authorization", "bearer")
_SIGNATURES = re.compile(rb"(X-Amz-(?:Signature|Credential|Security-Token)=)[^&\"\s]+")
_REDACTED = b"redacted"


class Cassette:
    """Records calls with their replies in a file, and replays them. Use it as a context manager.

    Keys and signatures never reach the file. Requests are told apart by method, path and form, whatever order or
    boundary their parts have; equal ones are replayed in the order in which they were recorded.

    Args:
        path: The file, ending in `.json`; pictures lie in `bodies` beside it.
        mode: What is recorded.
        redact_prompts: Whether prompts are kept as digests alone.

    Raises:
        ValueError: The mode is not known.
        CassetteError: The file is damaged, or, in mode `none`, not there.

    Example:
        with Cassette("tests/cassettes/fox.json") as cassette:
            client = AsyncImagine("vk-any", http_client=cassette.http_client())
            image = await client.text_to_image("a red fox", seed=7)
    """

    def __init__(self, path: str | os.PathLike[str], *, mode: Mode = "none", redact_prompts: bool = False) -> None:
        if mode not in get_args(Mode):
            raise ValueError(f"mode: one of {', '.join(get_args(Mode))}, not {mode!r}")
        self.path = Path(path)
        self._redact_prompts = redact_prompts
        self._lock = threading.Lock()
        there = self.path.exists()
        self._records = mode in ("new", "all") or (mode == "once" and not there)
        replays = mode == "none" or (there and mode != "all")
        self._known = read_tape(self.path) if replays else []
        self._new: list[Recorded] = []
        self._played: Counter[str] = Counter()
        self._hidden: set[bytes] = set()

    def http_client(self, through: httpx.AsyncClient | None = None) -> httpx.AsyncClient:
        """Return what a client takes as `http_client=`; it needs no closing.

        Args:
            through: What sends requests that are to be recorded; a client of its own by default.
        """

        async def handle(request: PlainRequest) -> PlainReply:
            form = canonical_form(request, redact_prompts=self._redact_prompts)
            reply = self._replayed(key_of(form))
            if reply is not None:
                return reply
            if not self._records:
                raise self._missing(form)
            reply = await ask_onward(request, through)
            with self._lock:
                self._hidden |= self._secrets(request)
                self._new.append(Recorded(form, reply))
            return reply

        return handed_client(handle)

    @property
    def calls(self) -> int:
        """How many calls the cassette holds."""
        with self._lock:
            return len(self._known) + len(self._new)

    def close(self) -> None:
        """Write what was recorded."""
        with self._lock:
            if self._new:
                self._known += [evolve(call, reply=self._cleaned(call.reply)) for call in self._new]
                self._new = []
                write_tape(self.path, self._known)

    def __enter__(self) -> Self:
        """Use it for a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Write what was recorded, unless the block failed."""
        if kind is None:
            self.close()

    def _replayed(self, key: str) -> PlainReply | None:
        with self._lock:
            equal = [call.reply for call in self._known if key_of(call.form) == key]
            if self._played[key] >= len(equal):
                return None
            self._played[key] += 1
            return equal[self._played[key] - 1]

    def _secrets(self, request: PlainRequest) -> set[bytes]:
        """Return what no reply may repeat in the file."""
        secrets = [value.rpartition(" ")[2] for name, value in request.headers if name in _KEY_HEADERS]
        if self._redact_prompts:
            secrets += form_texts(request, PROMPTS)
        return {form.encode() for text in secrets if text for form in (text, json.dumps(text)[1:-1])}

    def _cleaned(self, reply: PlainReply) -> PlainReply:
        """Return what of a reply may be kept."""
        headers = [(name, value) for name, value in reply.headers if _is_kept(name)]
        body = reply.body
        if _may_speak(body):
            body = _SIGNATURES.sub(rb"\1" + _REDACTED, body)
            for secret in sorted(self._hidden, key=len, reverse=True):
                body = body.replace(secret, _REDACTED)
        return evolve(reply, headers=headers, body=body)

    def _missing(self, form: dict[str, object]) -> CassetteError:
        key = key_of(form)
        recorded = sum(key_of(call.form) == key for call in self._known)
        if recorded:
            said = f"{form['method']} {form['path']} was recorded {recorded} times and asked for once more"
        else:
            said = f"{form['method']} {form['path']} is not recorded{self._nearest(form)}"
        advice = "record it with mode 'new', or 'all' for everything"
        return CassetteError(f"{self.path}: {said}: {advice}", outcome=Outcome.REJECTED)

    def _nearest(self, form: dict[str, object]) -> str:
        """Name what differs from the recorded call that is most like a missing one."""
        alike = [call.form for call in self._known if call.form["path"] == form["path"]]
        differing = sorted((_differences(form, known) for known in alike), key=len)
        return f"; the nearest call differs in {', '.join(differing[0])}" if differing else ""


def _is_kept(name: str) -> bool:
    return name in _KEPT_HEADERS or name.startswith(_KEPT_PREFIX)


def _may_speak(body: bytes) -> bool:
    """Tell whether a body is text, in which a server may repeat what it was sent."""
    return b"\0" not in body[:1024]


def _differences(form: dict[str, object], known: object) -> list[str]:
    asked, recorded = _by_field(form), _by_field(known)
    return sorted(name for name in {*asked, *recorded} if asked.get(name) != recorded.get(name)) or ["their number"]


def _by_field(form: object) -> dict[str, list[object]]:
    assert isinstance(form, dict)
    fields: dict[str, list[object]] = {}
    for part in form.get("form", []):
        fields.setdefault(part["name"], []).append(part)
    for name in ("method", "query", "body_sha256"):
        if name in form:
            fields[name] = [form[name]]
    return fields
