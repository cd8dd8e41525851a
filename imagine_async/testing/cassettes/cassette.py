"""The cassette: it answers requests from its file, or passes them on and remembers the replies."""

from __future__ import annotations

import os
import threading
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, get_args

from imagine_async.client import AsyncImagine
from imagine_async.errors import ConfigurationError
from imagine_async.options import choice
from imagine_async.sync import Imagine
from imagine_async.testing.cassettes.errors import NotRecordedError
from imagine_async.testing.cassettes.files import (
    Recording,
    Reply,
    body_name,
    read_body,
    read_cassette,
    write_cassette,
)
from imagine_async.testing.cassettes.redacting import Aliases, keys_in
from imagine_async.testing.cassettes.requests import CanonicalRequest, request_of
from imagine_async.testing.clocks import NoWaitClock
from imagine_async.transport import Answered, Asked, client_answered_by, pass_on

if TYPE_CHECKING:
    from collections.abc import Iterable

    import httpx

__all__ = ["Cassette", "Mode"]

Mode: TypeAlias = Literal["none", "once", "new", "all"]
"""What is recorded: nothing; all calls, if there is no file yet; calls that are not in it yet; everything anew."""

_KEPT_HEADERS = (
    "content-type",
    "location",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
)
# What clients are told that only replay. The host is not that of the results: what lies there has a target of its own.
_REPLAYED_KEY, _REPLAYED_URL = "vk-replayed", "https://replay.example"


class Cassette:
    """Calls that were made once and are answered from a file from then on, for the length of a `with` block.

    A request is known by method, path, fields and the digests of its files, in whatever order calls are made; equal
    requests get their replies in the order in which they were recorded. Neither the key nor any other header of a
    request is written, and of the URLs in replies nothing. Bodies lie beside the file, in `bodies/`, named by their
    digests; cassettes of one folder share them.

    Args:
        path: The file, for example `tests/cassettes/fox.json`.
        mode: What is recorded.
        ignore: Fields that do not count and are not written. `seed` is among them because the client draws one where a
            call names none.
        redact: Fields of which only the SHA-256 is written, prompts for example. Whoever guesses a text can check it.
        forward_to: The HTTP client by which requests that are recorded reach the server; `None` for one of its own.

    Raises:
        ConfigurationError: There is no such mode.

    Example:
        with Cassette("tests/cassettes/fox.json", mode="once") as cassette:
            client = Imagine(http_client=cassette.http_client())
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        mode: Mode = "none",
        ignore: Iterable[str] = ("seed",),
        redact: Iterable[str] = (),
        forward_to: httpx.AsyncClient | None = None,
    ) -> None:
        self.path = Path(path)
        self.mode = choice("mode", mode, get_args(Mode))
        self._ignore = _names("ignore", ignore)
        self._redact = _names("redact", redact)
        self._forward_to = forward_to
        self._lock = threading.Lock()
        self._aliases = Aliases()
        self._recordings: dict[str, Recording] = {}
        self._asked: Counter[str] = Counter()
        self._bodies: dict[str, bytes] = {}
        self._records = self._changed = self._is_open = False

    @property
    def is_recording(self) -> bool:
        """Whether requests may reach a server."""
        return self._records

    def __enter__(self) -> Self:
        """Read the file.

        Raises:
            NotRecordedError: There is none, and nothing is to be recorded.
            CassetteDamagedError: It holds something else.
        """
        self._is_open = True
        self._records = self.mode in ("new", "all")
        if self.mode != "all":
            self._read()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Write what was recorded, also after an error: it may have been paid for."""
        self._is_open = False
        if self._changed:
            write_cassette(self.path, list(self._recordings.values()), self._bodies, self._redact)

    def http_client(self) -> httpx.AsyncClient:
        """Make what an SDK client takes as `http_client=`; it needs no closing."""
        return client_answered_by(self._answer)

    def client(self, **options: Any) -> AsyncImagine:
        """Make a client on the cassette; one that only replays needs no key, no settings, and does not wait.

        Args:
            **options: As for `AsyncImagine`.
        """
        return AsyncImagine(**self._options(options))

    def sync_client(self, **options: Any) -> Imagine:
        """Make a sync client on the cassette; one that only replays needs no key, no settings, and does not wait.

        Args:
            **options: As for `Imagine`.
        """
        return Imagine(**self._options(options))

    def _options(self, given: dict[str, Any]) -> dict[str, Any]:
        own: dict[str, Any] = {"http_client": self.http_client()}
        if not self._records:
            own |= {"api_key": _REPLAYED_KEY, "base_url": _REPLAYED_URL, "rate_limit": None, "budget": None}
            own |= {"store": "memory", "timeout": 300.0, "v1_dialect": "javascript", "clock": NoWaitClock()}
        return own | given

    def _read(self) -> None:
        try:
            recordings = read_cassette(self.path)
        except FileNotFoundError:
            if self.mode == "none":
                raise NotRecordedError(
                    f"there is no cassette {self.path}; record it once with mode='once', or with "
                    "pytest --imagine-record=once"
                ) from None
            self._records = True
            return
        self._recordings = {each.request.digest: each for each in recordings}

    async def _answer(self, asked: Asked) -> Answered:
        with self._lock:
            request, number = self._take_turn(asked)
            reply = self._reply_to(request, number)
        if reply is not None:
            return self._replayed(reply)
        answered = await pass_on(asked, self._forward_to)
        with self._lock:
            self._record(request, number, answered)
        return answered

    def _take_turn(self, asked: Asked) -> tuple[CanonicalRequest, int]:
        if not self._is_open:
            raise ConfigurationError(f"the cassette {self.path} is closed: make calls within its with block")
        self._aliases.know(keys_in(asked.headers))
        request = request_of(asked, self._aliases, self._ignore)
        self._asked[request.digest] += 1
        return request, self._asked[request.digest]

    def _reply_to(self, request: CanonicalRequest, number: int) -> Reply | None:
        """Return the recorded reply; `None` where it is to be recorded."""
        recording = self._recordings.get(request.digest)
        if recording is not None and number in recording.replies:
            return recording.replies[number]
        if self._records:
            return None
        if recording is not None and request.method == "GET":
            # It costs nothing, and how often a job is asked about depends on how fast time passes.
            return recording.replies[max(recording.replies)]
        raise NotRecordedError(self._missing(request, number))

    def _missing(self, request: CanonicalRequest, number: int) -> str:
        advice = "nothing was sent: record it with mode='new', or everything anew with mode='all'"
        what = f"the cassette {self.path} holds no reply to {request.method} {request.target}"
        if request.digest in self._recordings:
            return f"{what} for the {number}. time; it was recorded {number - 1} times; {advice}"
        if not self._recordings:
            return f"{what}, nor to any other request; {advice}"
        nearest = min(
            (list(request.differences(each.request)) for each in self._recordings.values()),
            key=lambda differences: (differences[0].startswith("it is "), len(differences)),
        )
        return f"{what} with these fields; of the nearest that it holds: {'; '.join(nearest)}; {advice}"

    def _replayed(self, reply: Reply) -> Answered:
        body = b"" if reply.body is None else self._bodies.get(reply.body) or read_body(self.path, reply.body)
        return Answered(reply.status, tuple(reply.headers.items()), body)

    def _record(self, request: CanonicalRequest, number: int, answered: Answered) -> None:
        seed = f"{request.digest}/{number}"
        body = self._aliases.body(answered.body, seed)
        received = dict(answered.headers)
        headers = {name: self._aliases.reply_text(received[name], seed) for name in _KEPT_HEADERS if name in received}
        name = body_name(body, received.get("content-type", "")) if body else None
        if name is not None:
            self._bodies[name] = body
        recording = self._recordings.setdefault(request.digest, Recording(request))
        recording.replies[number] = Reply(answered.status, headers, name)
        self._changed = True


def _names(setting: str, names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise ConfigurationError(f"{setting}={names!r}: pass a list of names of fields")
    return tuple(names)
