"""Every error the SDK raises.

    ImagineError
    ├── ConfigurationError            no key, a bad base URL, a setting out of range (ValueError)
    │   └── MissingExtraError         an optional package is not installed (ImportError)
    ├── InvalidRequestError           a field was refused before anything was sent (ValueError)
    ├── ClientClosedError             the client was used after `aclose()` (RuntimeError)
    ├── BudgetExceededError           the call would overrun the budget; nothing was sent
    ├── UnpricedCallError             a budget is set and nobody knows what the call costs; nothing was sent
    ├── StoreError                    where limits and books are kept cannot be used (OSError)
    ├── ResultStorageError            what was made cannot be kept on disk (OSError)
    ├── DeadlineExceededError         the call's deadline passed (TimeoutError)
    │   └── VideoNotReadyError        a video job was not done in time; it runs on
    ├── VideoFailedError              the API gave a video job up
    ├── TransportError                the network failed (ConnectionError)
    │   ├── ConnectError              no connection: nothing was sent
    │   └── DisconnectedError         the connection broke in mid-call
    ├── APIError                      the API answered with an error
    │   ├── AuthenticationError       codes 1000-1007 and 1208, status 401 and 403
    │   ├── InsufficientCreditsError  code 1101, status 402 and 424
    │   ├── BadRequestError           codes 1100 and 1103, other 4xx
    │   ├── NotFoundError             status 404
    │   ├── RateLimitedError          code 1202, status 429
    │   └── ServerError               status 5xx
    │       └── ServiceUnavailableError   codes 1200 and 1201, status 503
    ├── DownloadError                 what was made could not be fetched from its URL
    │   └── UnsafeUrlError            that URL leads to a private address or is not encrypted
    └── ReplyError                    a reply of success that holds no usable picture
        ├── UnexpectedReplyError      HTML, JSON or anything else where a picture belongs
        ├── TruncatedReplyError       the picture is cut
        └── ReplyTooLargeError        the reply is larger than the cap

Every one of them can be pickled, and none holds the API key or an object of the HTTP library.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from attrs import evolve

if TYPE_CHECKING:
    from imagine_async.video import VideoJob

__all__ = [
    "APIError",
    "AuthenticationError",
    "BadRequestError",
    "BudgetExceededError",
    "ClientClosedError",
    "ConfigurationError",
    "ConnectError",
    "DeadlineExceededError",
    "DisconnectedError",
    "DownloadError",
    "ImagineError",
    "InsufficientCreditsError",
    "InvalidRequestError",
    "MissingExtraError",
    "NotFoundError",
    "Outcome",
    "RateLimitedError",
    "ReplyError",
    "ReplyTooLargeError",
    "ResultStorageError",
    "ServerError",
    "ServiceUnavailableError",
    "StoreError",
    "TransportError",
    "TruncatedReplyError",
    "UnexpectedReplyError",
    "UnpricedCallError",
    "UnsafeUrlError",
    "VideoFailedError",
    "VideoNotReadyError",
]


class Outcome(StrEnum):
    """What became of a call at the server, as far as the client can know.

    It decides whether a call may be sent again and how its tokens are booked.
    """

    NOT_SENT = "not_sent"
    """No byte of the form left this machine: nothing was charged, and sending again is safe."""
    REJECTED = "rejected"
    """The server answered that it did not do the work."""
    UNKNOWN = "unknown"
    """The form may have arrived: the work may be done and charged."""
    COMPLETED = "completed"
    """The server did the work; only the result did not get through whole."""


class ImagineError(Exception):
    """The base of every error of the SDK.

    Args:
        message: What happened and what to do about it.
        outcome: What became of the call at the server.
        call_id: The id of the call, as in its events; `None` before there is one.
    """

    default_outcome = Outcome.NOT_SENT

    def __init__(self, message: str, *, outcome: Outcome | None = None, call_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.outcome = self.default_outcome if outcome is None else outcome
        self.call_id = call_id

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by state, so that keyword-only arguments survive."""
        return _rebuild, (type(self), self.message, dict(vars(self)))


def _rebuild(cls: type[ImagineError], message: str, state: dict[str, Any]) -> ImagineError:
    error = cls.__new__(cls, message)
    # OSError's own constructor, which some classes inherit, keeps no arguments here.
    error.args = (message,)
    vars(error).update(state)
    return error


class ConfigurationError(ImagineError, ValueError):
    """The client cannot be made as asked: no key, a bad base URL, a setting out of range."""


class MissingExtraError(ConfigurationError, ImportError):
    """An optional package is needed and not installed.

    Args:
        feature: What was asked for.
        extra: The extra to install, as in `pip install "imagine-async[extra]"`.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f'{feature} needs an extra that is not installed: pip install "imagine-async[{extra}]"')
        self.extra = extra


class InvalidRequestError(ImagineError, ValueError):
    """A field of a request was refused; nothing was sent.

    Args:
        field: The name of the field.
        value: What was given, shortened.
        advice: What is allowed.
    """

    def __init__(self, field: str, value: object, advice: str) -> None:
        super().__init__(f"{field}={_short(value)}: {advice}")
        self.field = field
        self.value = _short(value)
        self.advice = advice


def _short(value: object, limit: int = 80) -> str:
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes>"
    try:
        text = repr(value)
    except Exception:
        # For example an integer of more digits than Python converts.
        text = f"<{type(value).__name__}>"
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


class ClientClosedError(ImagineError, RuntimeError):
    """The client was closed; make a new one."""


class BudgetExceededError(ImagineError):
    """The call would overrun a budget; nothing was sent.

    Args:
        needed: Tokens that the call would cost.
        spent: Tokens settled, held and reserved so far, in the budget's scope.
        limit: The budget in tokens.
        scope: What the budget holds for: `client`, `batch`, `tag` or `day`.
        name: Which batch, tag or day (as `2026-11-24`, in UTC); `None` for a client's.
    """

    def __init__(
        self,
        *,
        needed: float,
        spent: float,
        limit: float,
        scope: str = "client",
        name: str | None = None,
        call_id: str | None = None,
    ) -> None:
        where = "" if name is None else f" for the {scope} {name!r}"
        super().__init__(
            f"the call costs {needed:g} tokens, and {spent:g} of the budget's {limit:g}{where} are spent or reserved; "
            "nothing was sent: raise the budget or stop here",
            call_id=call_id,
        )
        self.needed = needed
        self.spent = spent
        self.limit = limit
        self.scope = scope
        self.name = name


class UnpricedCallError(ImagineError):
    """A budget is set, and the price of the call is not known; nothing was sent.

    Args:
        price_key: The key that `prices=` lacks.
    """

    def __init__(self, price_key: str, *, call_id: str | None = None) -> None:
        super().__init__(
            f"no price is known for {price_key!r}, so the budget could not be kept; "
            f"nothing was sent: pass prices={{{price_key!r}: tokens}} or unpriced='allow'",
            call_id=call_id,
        )
        self.price_key = price_key


class StoreError(ImagineError, OSError):
    """The place where rate limits and books are kept cannot be used; nothing was sent.

    Args:
        store: Which place, without passwords.
    """

    def __init__(self, message: str, *, store: str = "", call_id: str | None = None) -> None:
        super().__init__(message, call_id=call_id)
        self.store = store


class ResultStorageError(ImagineError, OSError):
    """A result could not be written to the disk on its way in: it was made, and probably charged."""

    default_outcome = Outcome.COMPLETED


class DeadlineExceededError(ImagineError, TimeoutError):
    """The call did not end within its deadline; `outcome` tells whether the form had left."""


class VideoNotReadyError(DeadlineExceededError):
    """A video job was not done in time. It runs on, and can be waited for again.

    Args:
        job: The job as it was last described.
    """

    default_outcome = Outcome.UNKNOWN

    def __init__(self, message: str, *, job: VideoJob, call_id: str | None = None) -> None:
        super().__init__(message, call_id=call_id)
        self.job = evolve(job, request=None)


class VideoFailedError(ImagineError):
    """The API gave a video job up; whether that is charged, no page says.

    Args:
        job: The job as it was last described.
    """

    default_outcome = Outcome.UNKNOWN

    def __init__(self, job: VideoJob, *, call_id: str | None = None) -> None:
        said = job.reason or f"its state is {job.word!r}, and no reason is given"
        super().__init__(f"the video job {job.id} failed: {said}", call_id=call_id)
        self.job = evolve(job, request=None)


class TransportError(ImagineError, ConnectionError):
    """The network failed before a whole reply was there."""

    default_outcome = Outcome.UNKNOWN


class ConnectError(TransportError):
    """No connection could be made: nothing was sent."""

    default_outcome = Outcome.NOT_SENT


class DisconnectedError(TransportError):
    """The connection broke, timed out or spoke no HTTP; `outcome` tells how far the call had come."""


class APIError(ImagineError):
    """The API answered with an error.

    Args:
        message: What the API said, or what its status means.
        status: The HTTP status.
        code: The API's own code, for example 1101; `None` where the body has none.
        name: The API's name for the error, for example `PaymentRequired`.
        body: The beginning of the body as text, 2,000 characters at most.
        retry_after: Seconds that the server asks to wait; `None` where it does not.
    """

    default_outcome = Outcome.REJECTED

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: int | None = None,
        name: str | None = None,
        body: str = "",
        retry_after: float | None = None,
        outcome: Outcome | None = None,
        call_id: str | None = None,
    ) -> None:
        super().__init__(message, outcome=outcome, call_id=call_id)
        self.status = status
        self.code = code
        self.name = name
        self.body = body
        self.retry_after = retry_after


class AuthenticationError(APIError):
    """The key is missing, wrong, expired or not allowed to do this."""


class InsufficientCreditsError(APIError):
    """The account has too few tokens left for the call."""


class BadRequestError(APIError):
    """The API refused the form."""


class NotFoundError(APIError):
    """The API does not know the path or the id."""


class RateLimitedError(APIError):
    """Too many requests with this key; `retry_after` holds what the server asks for."""


class ServerError(APIError):
    """The service failed; unless it says so, the work may have been done and charged."""

    default_outcome = Outcome.UNKNOWN


class ServiceUnavailableError(ServerError):
    """The service is not available and says that it did nothing."""

    default_outcome = Outcome.REJECTED


class ReplyError(ImagineError):
    """The reply says success and holds no usable picture.

    Args:
        message: What was found instead.
        status: The HTTP status.
        body: The beginning of the body as text, 2,000 characters at most; empty for pictures.
    """

    default_outcome = Outcome.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        status: int,
        body: str = "",
        outcome: Outcome | None = None,
        call_id: str | None = None,
    ) -> None:
        super().__init__(message, outcome=outcome, call_id=call_id)
        self.status = status
        self.body = body


class UnexpectedReplyError(ReplyError):
    """Something that is no picture came where a picture belongs."""


class TruncatedReplyError(ReplyError):
    """The picture is cut: it was made, and probably charged."""

    default_outcome = Outcome.COMPLETED


class ReplyTooLargeError(ReplyError):
    """The reply is larger than `max_reply_bytes`: it was made, and probably charged."""

    default_outcome = Outcome.COMPLETED


class DownloadError(ImagineError):
    """What the API made could not be fetched from the URL that it gave.

    Args:
        message: What happened; URLs appear without their signature.
        url: The whole URL, so that what was made is not lost. Whoever knows it can fetch while it is valid.
        status: The HTTP status of the place where it lies; `None` where there was none.
    """

    default_outcome = Outcome.COMPLETED

    def __init__(
        self,
        message: str,
        *,
        url: str,
        status: int | None = None,
        outcome: Outcome | None = None,
        call_id: str | None = None,
    ) -> None:
        super().__init__(message, outcome=outcome, call_id=call_id)
        self.url = url
        self.status = status

    @property
    def expired(self) -> bool:
        """Whether the place refused the URL, as it does when its signature has expired."""
        return self.status == 403


class UnsafeUrlError(DownloadError):
    """The URL leads to a private address or is not encrypted; nothing was fetched."""
