"""The exception tree: its shape, its defaults, and that every error survives a trip to another process."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from typing import Any

import pytest

import imagine_async
from imagine_async import errors
from imagine_async.errors import APIError, ImagineError, InvalidRequestError, Outcome, ReplyError
from imagine_async.video import VideoJob

NODE = re.compile(r"^    (?P<branches>[│├└─ ]*)(?P<name>\w+Error)(?:.*\((?P<foreign>\w+)\))?")
API_FACTS: dict[str, Any] = {
    "status": 418,
    "code": 1999,
    "name": "Teapot",
    "body": "short and stout",
    "retry_after": 1.5,
    "outcome": Outcome.UNKNOWN,
    "call_id": "call-1",
}
REPLY_FACTS: dict[str, Any] = {"status": 200, "body": "<html>", "outcome": Outcome.UNKNOWN, "call_id": "call-1"}
URL = "https://cdn.example.com/fox.png?signature=abc"
JOB = VideoJob(id="7c9e", word="processing", urls=(URL,))
SPECIAL: dict[str, ImagineError] = {
    "DownloadError": errors.DownloadError("gone", url=URL, status=403, outcome=Outcome.UNKNOWN, call_id="call-1"),
    "UnsafeUrlError": errors.UnsafeUrlError("private", url=URL, status=302, call_id="call-1"),
    "VideoFailedError": errors.VideoFailedError(JOB, call_id="call-1"),
    "VideoNotReadyError": errors.VideoNotReadyError("not yet", job=JOB, call_id="call-1"),
    "MissingExtraError": errors.MissingExtraError("to_pil()", "images"),
    "InvalidRequestError": InvalidRequestError("seed", -1, "pass more"),
    "BudgetExceededError": errors.BudgetExceededError(needed=5, spent=48.5, limit=50, call_id="call-1"),
    "UnpricedCallError": errors.UnpricedCallError("upscale", call_id="call-1"),
    "StoreError": errors.StoreError("it is locked", store="books.db", call_id="call-1"),
}


def classes() -> list[type[ImagineError]]:
    found = [item for item in vars(errors).values() if inspect.isclass(item) and issubclass(item, ImagineError)]
    return sorted(found, key=lambda each: each.__name__)


def sample(cls: type[ImagineError]) -> ImagineError:
    """Make an error whose attributes all differ from their defaults."""
    if cls.__name__ in SPECIAL:
        return SPECIAL[cls.__name__]
    if issubclass(cls, APIError):
        return cls("no tea", **API_FACTS)
    if issubclass(cls, ReplyError):
        return cls("no picture", **REPLY_FACTS)
    return cls("it failed", outcome=Outcome.UNKNOWN, call_id="call-1")


def drawn_tree() -> dict[str, tuple[str | None, str | None]]:
    """Read the docstring's drawing: each class with its parent there and the built-in class in brackets."""
    tree: dict[str, tuple[str | None, str | None]] = {}
    ancestors: list[str] = []
    for match in filter(None, map(NODE.match, str(errors.__doc__).splitlines())):
        depth = len(match["branches"]) // 4
        ancestors[depth:] = [match["name"]]
        tree[match["name"]] = (ancestors[depth - 1] if depth else None, match["foreign"])
    return tree


every_class = pytest.mark.parametrize("cls", classes(), ids=lambda cls: cls.__name__)


@every_class
@pytest.mark.parametrize("protocol", range(2, 6))
def test_pickling_keeps_everything(cls: type[ImagineError], protocol: int) -> None:
    """A pickled error comes back with its class, attributes, message and text."""
    error = sample(cls)
    again = pickle.loads(pickle.dumps(error, protocol))
    assert (type(again), vars(again)) == (cls, vars(error))
    assert (str(again), again.args) == (str(error), error.args)


@every_class
def test_copying_keeps_everything(cls: type[ImagineError]) -> None:
    """A copied error has the same class, attributes and text."""
    error = sample(cls)
    again = copy.copy(error)
    assert (type(again), vars(again), str(again)) == (cls, vars(error), str(error))


@every_class
def test_outcome_stays_an_outcome_when_pickled(cls: type[ImagineError]) -> None:
    """What decides about retries is an `Outcome` on the other side too, not a plain text."""
    assert isinstance(pickle.loads(pickle.dumps(sample(cls))).outcome, Outcome)


def test_notes_survive_pickling() -> None:
    """Notes that a caller added travel along."""
    error = ImagineError("it failed")
    error.add_note("row 17")
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["row 17"]


def test_tree_is_as_drawn() -> None:
    """The drawing in the module's docstring shows every class under its real parent."""
    real = {cls.__name__: cls.__bases__[0].__name__ if cls is not ImagineError else None for cls in classes()}
    assert {name: parent for name, (parent, _) in drawn_tree().items()} == real


def test_builtin_bases_are_as_drawn() -> None:
    """The built-in class in brackets is a base, so that `except ValueError` and the like work."""
    foreign = {name: builtin for name, (_, builtin) in drawn_tree().items() if builtin}
    assert foreign
    for name, builtin in foreign.items():
        assert builtin in [base.__name__ for base in getattr(errors, name).__mro__], name


@every_class
def test_exported(cls: type[ImagineError]) -> None:
    """Every class is public in its module and at the top of the package."""
    assert cls.__name__ in errors.__all__
    assert cls.__name__ in imagine_async.__all__
    assert getattr(imagine_async, cls.__name__) is cls


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("ImagineError", "not_sent"),
        ("ConfigurationError", "not_sent"),
        ("InvalidRequestError", "not_sent"),
        ("BudgetExceededError", "not_sent"),
        ("UnpricedCallError", "not_sent"),
        ("DeadlineExceededError", "not_sent"),
        ("TransportError", "unknown"),
        ("ConnectError", "not_sent"),
        ("DisconnectedError", "unknown"),
        ("APIError", "rejected"),
        ("AuthenticationError", "rejected"),
        ("InsufficientCreditsError", "rejected"),
        ("BadRequestError", "rejected"),
        ("NotFoundError", "rejected"),
        ("RateLimitedError", "rejected"),
        ("ServerError", "unknown"),
        ("ServiceUnavailableError", "rejected"),
        ("UnexpectedReplyError", "unknown"),
        ("TruncatedReplyError", "completed"),
        ("ReplyTooLargeError", "completed"),
    ],
)
def test_default_outcome(name: str, outcome: str) -> None:
    """An error that is not told its outcome has the cautious one of its class."""
    assert getattr(errors, name).default_outcome is Outcome(outcome)


def test_given_outcome_wins() -> None:
    """An outcome that is passed stands over the class's own."""
    assert errors.DisconnectedError("broke", outcome=Outcome.NOT_SENT).outcome is Outcome.NOT_SENT


def test_default_outcome_is_used() -> None:
    """Without an outcome and an id, the class's default and `None` stand."""
    error = errors.ServerError("broke", status=500)
    assert (error.outcome, error.call_id, error.code, error.body) == (Outcome.UNKNOWN, None, None, "")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(-1, "-1"), ("x" * 200, "'" + "x" * 78 + "…"), (b"secret bytes", "<12 bytes>"), (bytearray(3), "<3 bytes>")],
    ids=["number", "long-text", "bytes", "bytearray"],
)
def test_refused_value_is_shown_short(value: object, shown: str) -> None:
    """The message names field, value and advice, and never dumps a whole picture."""
    error = InvalidRequestError("image", value, "pass a picture")
    assert (error.field, error.value, error.advice) == ("image", shown, "pass a picture")
    assert str(error) == f"image={shown}: pass a picture"


def test_missing_extra_names_the_command() -> None:
    """The error of a missing package says what to install."""
    assert 'pip install "imagine-async[images]"' in str(SPECIAL["MissingExtraError"])


def test_budget_error_tells_the_sums() -> None:
    """The error of an overrun budget holds what was needed, spent and allowed."""
    error = errors.BudgetExceededError(needed=5, spent=48.5, limit=50)
    assert (error.needed, error.spent, error.limit) == (5, 48.5, 50)
    assert all(number in str(error) for number in ("5 tokens", "48.5", "50"))


def test_unpriced_error_tells_the_key() -> None:
    """The error of an unknown price says which key `prices=` lacks."""
    assert "prices={'upscale': tokens}" in str(SPECIAL["UnpricedCallError"])
