"""One operation on its way through the SDK, and the events that tell of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Container, Sequence
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import define, field, frozen

from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.errors import ImagineError, Outcome
from imagine_async.quota import Quota
from imagine_async.requests import Request
from imagine_async.spool import MakeSpool
from imagine_async.timeout import Timeout

if TYPE_CHECKING:
    from imagine_async.results import Image
    from imagine_async.video import VideoJob

__all__ = ["Call", "Event", "EventKind", "Handler", "Observer", "Result"]

Result: TypeAlias = "Image | VideoJob"
"""What a call gives back: which of them is decided by its request."""

EventKind: TypeAlias = Literal[
    "waiting", "reserved", "sending", "first_byte", "downloaded", "retrying", "settled", "finished", "failed"
]

_logger = logging.getLogger("imagine_async")
# A library says nothing unless its user has set up logging.
_logger.addHandler(logging.NullHandler())


@frozen(kw_only=True)
class Event:
    """Something that happened to a call.

    Args:
        kind: What happened. `waiting`: the rate limiter holds the call for `seconds`, or, without those, the bound of
            calls in flight does until a place is free; `reserved`: `tokens` are set aside for it; `sending`: its form
            begins to leave; `first_byte`: the reply begins; `downloaded`: the reply is whole; `retrying`: `error` is
            followed by another attempt in `seconds`; `settled`: `tokens` are booked; `finished` and `failed`: the call
            has ended after `seconds`.
        call_id: The call's id.
        endpoint: The name of the endpoint, for example `text_to_image`.
        attempt: The number of the attempt, from 1; 0 before the first.
        at: Seconds on the client's clock.
        seconds: A wait or a duration.
        tokens: Tokens concerned.
        error: What went wrong.
    """

    kind: EventKind
    call_id: str
    endpoint: str
    attempt: int
    at: float
    seconds: float | None = None
    tokens: float | None = None
    error: ImagineError | None = None


Observer: TypeAlias = Callable[[Event], object]
"""Takes events as they happen, on the event loop: it must not block. What it raises is logged and dropped.

One that has an attribute `kinds`, a set of `EventKind`, is told of those alone.
"""


def _new_id() -> str:
    return f"call-{token_hex(16)}"


@define(kw_only=True, eq=False)
class Call:
    """One operation: a request, its deadline, and how far it has come.

    Args:
        request: What to do.
        deadline: When it must have ended, in seconds on `clock`.
        clock: The time.
        timeout: What bounds the parts of an attempt.
        observers: Who is told of events.
        headers: Further HTTP headers, which middleware may add to.
        id: The call's id, in events and errors.
        attempt: The number of the running attempt, from 1; 0 before the first.
        outcome: What would have become of the running attempt if it were cut off now.
        tokens: What the call costs; `None` where no price is known.
        priority: Calls of a higher one are let through the rate limit first; 0 is usual.
        tag: What the call is booked under, for example a team or a feature; `None` for nothing.
        batch: The batch that it belongs to, as it is booked; `None` for none.
        resend_unknown: Whether to send again what may have been charged already; `None` leaves it to the policy.
        seed_chosen: Whether the SDK chose the request's seed, because the caller gave none.
        quota: What the newest reply said of the server's rate limit; `None` where it said nothing.
        make_spool: Makes what a result too large for memory is kept on; `None` keeps every result in memory.
        before_leaving: Has to be done before an attempt leaves; the rate limiter has it done while the call waits for
            its turn. Doing it again for the same attempt does nothing.
        on_sending: Is called when the form of an attempt begins to leave; for the rate limiter.
    """

    request: Request[Any]
    deadline: float
    clock: Clock = SYSTEM_CLOCK
    timeout: Timeout = field(factory=Timeout)
    observers: Sequence[Observer] = ()
    headers: dict[str, str] = field(factory=dict)
    id: str = field(factory=_new_id)
    attempt: int = 0
    outcome: Outcome = Outcome.NOT_SENT
    tokens: float | None = None
    priority: int = 0
    tag: str | None = None
    batch: str | None = None
    resend_unknown: bool | None = None
    seed_chosen: bool = False
    quota: Quota | None = None
    make_spool: MakeSpool | None = None
    before_leaving: Callable[[], Awaitable[None]] | None = None
    on_sending: Callable[[], None] | None = None
    started: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.started = self.clock.now()

    @property
    def remaining(self) -> float:
        """Seconds until the deadline; never below zero."""
        return max(0.0, self.deadline - self.clock.now())

    @property
    def elapsed(self) -> float:
        """Seconds since the call was made."""
        return self.clock.now() - self.started

    def begin_attempt(self) -> None:
        """Count another attempt, of which nothing has been sent yet."""
        self.attempt += 1
        self.outcome = Outcome.NOT_SENT

    def begin_to_send(self) -> None:
        """Tell that the form begins to leave, once there is a connection."""
        self.emit("sending")
        if self.on_sending is not None:
            self.on_sending()

    def outcome_after(self, error: BaseException) -> Outcome:
        """Tell what became of the running attempt.

        Args:
            error: What ended it. Where it is no error of the SDK's, as in a task that is cancelled, or says "not sent",
                as a step of the user's may do after the form has left, the call itself knows how far it had come.

        Returns:
            The outcome.
        """
        if isinstance(error, ImagineError) and error.outcome is not Outcome.NOT_SENT:
            return error.outcome
        return self.outcome

    def emit(
        self,
        kind: EventKind,
        *,
        seconds: float | None = None,
        tokens: float | None = None,
        error: ImagineError | None = None,
    ) -> None:
        """Tell the observers.

        Args:
            kind: What happened.
            seconds: A wait or a duration.
            tokens: Tokens concerned.
            error: What went wrong.
        """
        event: Event | None = None
        for observer in self.observers:
            if not _wants(observer, kind):
                continue
            if event is None:
                event = Event(
                    kind=kind,
                    call_id=self.id,
                    endpoint=self.request.endpoint.name,
                    attempt=self.attempt,
                    at=self.clock.now(),
                    seconds=seconds,
                    tokens=tokens,
                    error=error,
                )
            _tell(observer, event)


def _wants(observer: Observer, kind: EventKind) -> bool:
    kinds: Container[EventKind] | None = getattr(observer, "kinds", None)
    return kinds is None or kind in kinds


def _tell(observer: Observer, event: Event) -> None:
    try:
        observer(event)
    except Exception:
        # A paid call must not fail because somebody who watches it did.
        _logger.exception("an observer failed on the event %r", event.kind)


Handler: TypeAlias = "Callable[[Call], Awaitable[Result]]"
"""What a middleware calls next."""
