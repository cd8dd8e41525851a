"""One line in the log for each call, at INFO; what became of its attempts, at DEBUG.

A line holds names and numbers alone. What a server says in an error may repeat the prompt, so that no text of it, no
field of the request, no URL and no header is ever written.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TypeAlias

from imagine_async.call import Call, Handler, Result
from imagine_async.errors import DeadlineExceededError, ImagineError, Outcome
from imagine_async.middleware.base import Middleware

__all__ = ["Logging", "log_decision"]

_logger = logging.getLogger("imagine_async")

_Facts: TypeAlias = "dict[str, str | float | None]"
_PREFIX = "imagine_"
# They stand at the beginning of a line.
_NOT_LISTED = ("imagine_endpoint", "imagine_attempt")
_FREE = (Outcome.NOT_SENT, Outcome.REJECTED)
# The deadline strikes on the event loop's clock, which may be a little ahead of the call's.
_DEADLINE_SECONDS = 0.001
_NO_CODE = 10**9


class Logging(Middleware):
    """Writes one line when a call ends: at WARNING where it may have been charged, and at INFO otherwise.

    The logger is `imagine_async`. Every record carries the facts as attributes as well, for formatters that write
    JSON: `imagine_call_id`, `imagine_endpoint`, `imagine_outcome`, `imagine_error`, `imagine_status`, `imagine_code`,
    `imagine_seconds`, `imagine_attempts` (in lines about an attempt `imagine_attempt`), `imagine_tokens`,
    `imagine_tag`.

    Example:
        logging.basicConfig(level=logging.INFO)
        # text_to_image finished: call_id=call-1 outcome=completed seconds=4.21 attempts=1 tokens=5
    """

    async def around_call(self, call: Call, next: Handler) -> Result:
        """Write down how the call ends."""
        try:
            result = await next(call)
        except BaseException as error:
            _log_call(call, error)
            raise
        _log_call(call, None)
        return result

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        """Write down how the attempt ends."""
        if not _logger.isEnabledFor(logging.DEBUG):
            return await next(call)
        began = call.clock.now()
        try:
            result = await next(call)
        except BaseException as error:
            _log_attempt(call, error, seconds=call.clock.now() - began)
            raise
        _log_attempt(call, None, seconds=call.clock.now() - began)
        return result


def log_decision(call: Call, wait: float | None, reason: str, *, outcome: Outcome) -> None:
    """Write down whether a failed attempt is followed by another.

    It stands at DEBUG, and at WARNING where a call that may have been charged is sent again: both may cost.

    Args:
        call: The call.
        wait: Seconds until the next attempt; `None`: there is none.
        reason: Why.
        outcome: What became of the attempt.
    """
    level = logging.WARNING if wait is not None and _is_in_doubt(call, outcome) else logging.DEBUG
    if not _logger.isEnabledFor(level):
        return
    again = "is not sent again" if wait is None else f"is sent again in {wait:.3f} s"
    facts = _names(call) | {"imagine_outcome": outcome.value, "imagine_attempt": call.attempt}
    _write(level, f"attempt {call.attempt} {again} ({reason})", facts)


def _log_call(call: Call, error: BaseException | None) -> None:
    outcome = _outcome(call, error)
    doubt = _is_in_doubt(call, outcome)
    level = logging.WARNING if doubt else logging.INFO
    if not _logger.isEnabledFor(level):
        return
    facts = _names(call) | _ended(call, error, call.elapsed)
    facts |= {"imagine_attempts": call.attempt, "imagine_tokens": _tokens(call, outcome), "imagine_tag": call.tag}
    _write(level, _ending(call, error) + (", may have been charged" if doubt else ""), facts)


def _log_attempt(call: Call, error: BaseException | None, *, seconds: float) -> None:
    facts = _names(call) | _ended(call, error, seconds) | {"imagine_attempt": call.attempt}
    _write(logging.DEBUG, f"attempt {call.attempt} {_ending(call, error)}", facts)


def _write(level: int, what: str, facts: _Facts) -> None:
    # A paid call must not fail because its line in the log did.
    with suppress(Exception):
        _logger.log(level, f"{facts['imagine_endpoint']} {what}: {_listed(facts)}", extra=facts)


def _listed(facts: _Facts) -> str:
    told = {name: value for name, value in facts.items() if value is not None and name not in _NOT_LISTED}
    return " ".join(f"{name.removeprefix(_PREFIX)}={_shown(name, value)}" for name, value in told.items())


def _shown(name: str, value: str | float) -> str:
    if isinstance(value, str):
        # A tag is the caller's text: it must not break the line.
        return repr(value) if name == "imagine_tag" else value
    return f"{value:.10g}"


def _names(call: Call) -> _Facts:
    return {"imagine_endpoint": call.request.endpoint.name, "imagine_call_id": call.id}


def _ended(call: Call, error: BaseException | None, seconds: float) -> _Facts:
    return {
        "imagine_outcome": _outcome(call, error).value,
        "imagine_error": _error_name(call, error),
        "imagine_status": _number(error, "status"),
        "imagine_code": _number(error, "code"),
        "imagine_seconds": round(seconds, 3),
    }


def _number(error: BaseException | None, name: str) -> int | None:
    """Return a number that an error of ours has; what others keep under that name may be anything."""
    value = getattr(error, name, None) if isinstance(error, ImagineError) else None
    # A server may send a code of a thousand digits.
    return value if isinstance(value, int) and abs(value) < _NO_CODE else None


def _outcome(call: Call, error: BaseException | None) -> Outcome:
    return Outcome.COMPLETED if error is None else call.outcome_after(error)


def _is_in_doubt(call: Call, outcome: Outcome) -> bool:
    return outcome is Outcome.UNKNOWN and call.request.endpoint.paid


def _tokens(call: Call, outcome: Outcome) -> float | None:
    """Return what the call costs, or may cost; nothing where it was refused, or answered before it was attempted."""
    is_free = outcome in _FREE or call.attempt == 0 or not call.request.endpoint.paid
    return 0 if is_free else call.tokens


def _ending(call: Call, error: BaseException | None) -> str:
    if error is None:
        return "finished"
    return "failed" if _error_name(call, error) else "cancelled"


def _error_name(call: Call, error: BaseException | None) -> str | None:
    """Return the class of what went wrong; `None` where nothing did but that somebody cut the call off."""
    if isinstance(error, Exception):
        return type(error).__name__
    struck = error is not None and call.remaining < _DEADLINE_SECONDS
    return DeadlineExceededError.__name__ if struck else None
