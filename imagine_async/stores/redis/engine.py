"""What talks to the server: one round trip for each batch of jobs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from attrs import define, field, frozen

from imagine_async.errors import ImagineError, StoreError
from imagine_async.stores.jobs import Engine, Job, StoreAwayError
from imagine_async.stores.redis.failures import meaning_of

if TYPE_CHECKING:
    import redis

__all__ = ["Known", "RedisEngine", "Work"]

_CONNECT_SECONDS = 2.0
_REPLY_SECONDS = 5.0
_WRITE_LIMITS = ("reserve_slot", "push_back", "leave")
_TOLD_IF_KNOWN = ("reserve_slot", "confirm_slot")
_KEYS = ("limit", "slots", "entries", "leases", "lines", "spent", "budgets", "notes")
_LOST = (
    "the books of this account were lost or replaced while in use, as by a restart without persistence or FLUSHALL; "
    "nothing was sent: switch appendonly on, and make a new client to begin with what is there"
)


@define
class Known:
    """What a store knows of the server's state, so that a loss of it does not pass unnoticed.

    Args:
        epochs: What the books of an account were begun under.
        used_until: Until when an account's slots matter, in seconds on the monotonic clock.
    """

    epochs: dict[str, str] = field(factory=dict)
    used_until: dict[str, float] = field(factory=dict)

    def keep_in_mind(self, account: str, seconds: float) -> None:
        """Note that an account's slots matter for a while.

        Args:
            account: Whose.
            seconds: How long from now.
        """
        self.used_until[account] = max(time.monotonic() + seconds, self.used_until.get(account, 0.0))


@frozen
class Work:
    """An operation of the script.

    Args:
        operation: Its name.
        account: Whose limit or books.
        arguments: What it takes.
        read: Turns its answer into the result.
        now: The time for tests; empty: the server's.
        is_on_books: Whether it is on books; otherwise on a limit.
        window: Seconds in which the slots of the limit matter.
    """

    operation: str
    account: str
    arguments: tuple[str, ...]
    read: Callable[[list[Any]], Any] = field(repr=False)
    now: str = ""
    is_on_books: bool = True
    window: float = 0.0

    def __str__(self) -> str:
        return f"{self.operation} {self.arguments[:1]}"


class RedisEngine(Engine[Work]):
    """Runs jobs on the server; one for each process and store.

    Args:
        url: Where the server is.
        known: What is known of its state.
    """

    def __init__(self, url: str, known: Known) -> None:
        self._url = url
        self._known = known
        self._client: redis.Redis | None = None
        self._sha = ""
        self._script = files("imagine_async.stores.redis").joinpath("account.lua").read_text("utf-8")
        self._epoch = uuid4().hex

    def run(self, jobs: Sequence[Job[Work]]) -> None:
        """Do jobs in one round trip.

        Args:
            jobs: What to do.

        Raises:
            StoreAwayError: The server cannot be reached, or is not ready; doing the jobs again does no harm.
            StoreError: The server cannot be used; what concerns one job alone becomes that job's error.
        """
        import redis

        try:
            answers = self._ask([job.work for job in jobs if job.work is not None])
            for job, answer in zip(jobs, answers, strict=True):
                assert job.work is not None
                _note_answer(job, job.work, answer, self._known)
                if job.work.operation == "accounts":
                    job.result = self._accounts()
        except redis.RedisError as error:
            self.close()
            raise meaning_of(error) from None

    def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _ask(self, works: Sequence[Work]) -> list[Any]:
        from redis.exceptions import NoScriptError

        if self._client is None:
            self._client = self._connect()
        if not self._sha:
            self._sha = str(self._client.script_load(self._script))
        answers = self._send(works)
        unknown = [place for place, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            # The server was restarted, and has done none of these.
            self._client.script_load(self._script)
            for place, answer in zip(unknown, self._send([works[place] for place in unknown]), strict=True):
                answers[place] = answer
        for answer in answers:
            self._refuse_to_go_on(answer)
        return answers

    def _refuse_to_go_on(self, answer: Any) -> None:
        """Give up on the whole batch where what refused one job will soon let all of them pass."""
        meaning = meaning_of(answer) if isinstance(answer, Exception) else None
        if isinstance(meaning, StoreAwayError):
            # Whoever takes writes again may be another server behind the same name.
            self.close()
            raise meaning

    def _send(self, works: Sequence[Work]) -> list[Any]:
        assert self._client is not None
        pipeline = self._client.pipeline(transaction=False)
        for work in works:
            keys = [f"imagine:{{{work.account}}}:{name}" for name in _KEYS]
            pipeline.evalsha(self._sha, len(keys), *keys, *self._arguments(work))
        answers: list[Any] = pipeline.execute(raise_on_error=False)
        return answers

    def _accounts(self) -> tuple[str, ...]:
        """Find the accounts that have books: no script may look for keys that it was not given."""
        assert self._client is not None
        keys = sorted(self._client.scan_iter(match="imagine:{*}:notes", count=1000))
        # A mere look into books that there are not begins them, but does not mark them.
        return tuple(key[len("imagine:{") : -len("}:notes")] for key in keys if self._client.hexists(key, "is_used"))

    def _arguments(self, work: Work) -> tuple[str, ...]:
        if not work.is_on_books:
            is_known = time.monotonic() < self._known.used_until.get(work.account, 0.0)
            known = (str(int(is_known)),) if work.operation in _TOLD_IF_KNOWN else ()
            return work.operation, "", work.now, *work.arguments, *known
        epoch = self._known.epochs.get(work.account, "")
        return work.operation, epoch, work.now, self._epoch, *work.arguments

    def _connect(self) -> redis.Redis:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        client: redis.Redis = redis.Redis.from_url(
            self._url,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_REPLY_SECONDS,
        )
        return client


def _note_answer(job: Job[Work], work: Work, answer: Any, known: Known) -> None:
    if isinstance(answer, Exception):
        job.error = meaning_of(answer)
        return
    if not work.is_on_books:
        if work.operation in _WRITE_LIMITS:
            known.keep_in_mind(work.account, work.window + (float(answer[1]) if answer else 0.0))
        job.result = work.read([answer])
        return
    if answer[0] == "lost":
        job.error = StoreError(_LOST)
        return
    known.epochs.setdefault(work.account, answer[1])
    try:
        job.result = work.read([answer[0], *answer[2:]])
    except ImagineError as error:
        job.error = error
