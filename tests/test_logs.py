"""Log lines: one for each call, true to what became of it, without a word of what was asked or answered."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator
from contextlib import suppress
from typing import Any

import anyio
import pytest

from imagine_async import errors
from imagine_async.call import Call, Handler, Result
from imagine_async.errors import ImagineError, Outcome
from imagine_async.middleware.base import Middleware, attempt_steps, call_steps, chain
from imagine_async.middleware.logs import Logging
from imagine_async.middleware.retry import Retry, RetryPolicy
from imagine_async.middleware.retry_budget import RetryBucket, RetryBudget
from imagine_async.requests import Request, TextToImage, VideoStatus
from tests.clocks import FakeClock
from tests.pictures import made_image

IMAGE = made_image()
PROMPT = "a purple okapi on stilts"
PAID = TextToImage(prompt=PROMPT)
FREE = VideoStatus(video_id="job-1")

Step = ImagineError | Exception | None


class Scripted:
    """Stands for credits and transport: each attempt takes a quarter of a second, and ends as it is told."""

    def __init__(self, *steps: Step, leaves: bool = True) -> None:
        self._steps = iter(steps)
        self._leaves = leaves

    async def __call__(self, call: Call) -> Result:
        call.tokens = 5.0
        if self._leaves:
            call.outcome = Outcome.UNKNOWN
        await call.clock.sleep(0.25)
        step = next(self._steps)
        if isinstance(step, Exception):
            call.outcome = getattr(step, "outcome", call.outcome)
            raise step
        call.outcome = Outcome.COMPLETED
        return IMAGE


def new_call(request: Request[Any] = PAID, **facts: Any) -> Call:
    clock = FakeClock()
    return Call(request=request, deadline=clock.now() + 300, clock=clock, **{"id": "call-1", **facts})


def handler_for(send: Handler, *steps: Middleware, retry: Retry | None = None) -> Handler:
    """Nest as the pipeline does."""
    logging_step = Logging()
    tries = retry or Retry(RetryPolicy(first_wait=2.0), chance=lambda: 0.5)
    attempts = chain(attempt_steps([logging_step, *steps]), send)
    return chain(call_steps([logging_step, *steps, tries]), attempts)


async def run(call: Call, *steps: Step, **options: Any) -> None:
    """Make the call; what it raises is no matter here."""
    with suppress(Exception):
        await handler_for(Scripted(*steps), **options)(call)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{record.levelname} {record.getMessage()}" for record in ours(caplog)]


def ours(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "imagine_async"]


@pytest.fixture
def info(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Collect what is written from INFO on."""
    caplog.set_level(logging.INFO)
    return caplog


@pytest.fixture
def debug(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Collect everything."""
    caplog.set_level(logging.DEBUG)
    return caplog


def busy() -> ImagineError:
    return errors.RateLimitedError(f"too many: {PROMPT}", status=429, code=1202, body=PROMPT)


def refused() -> ImagineError:
    return errors.BadRequestError(f"bad prompt: {PROMPT}", status=400, code=1103, body=PROMPT)


def broken() -> ImagineError:
    return errors.DisconnectedError(f"the connection broke: {PROMPT}")


# For each call: what becomes of its attempts, the beginning of its line, and the facts behind the call's id.
GOLDEN: dict[str, tuple[dict[str, Any], list[Step], str, str]] = {
    "success": (
        {"tag": "design"},
        [None],
        "INFO text_to_image finished",
        "outcome=completed seconds=0.25 attempts=1 tokens=5 tag='design'",
    ),
    "success after another try": (
        {},
        [busy(), None],
        "INFO text_to_image finished",
        "outcome=completed seconds=1.5 attempts=2 tokens=5",
    ),
    "refused": (
        {},
        [refused()],
        "INFO text_to_image failed",
        "outcome=rejected error=BadRequestError status=400 code=1103 seconds=0.25 attempts=1 tokens=0",
    ),
    "attempts used up": (
        {},
        [busy(), busy(), busy()],
        "INFO text_to_image failed",
        "outcome=rejected error=RateLimitedError status=429 code=1202 seconds=3.75 attempts=3 tokens=0",
    ),
    "unknown": (
        {},
        [broken()],
        "WARNING text_to_image failed, may have been charged",
        "outcome=unknown error=DisconnectedError seconds=0.25 attempts=1 tokens=5",
    ),
    "unknown, and free": (
        {"request": FREE},
        [broken(), broken(), broken()],
        "INFO video_status failed",
        "outcome=unknown error=DisconnectedError seconds=3.75 attempts=3 tokens=0",
    ),
    "not sent": (
        {},
        [errors.BudgetExceededError(needed=5, spent=48, limit=50)],
        "INFO text_to_image failed",
        "outcome=not_sent error=BudgetExceededError seconds=0.25 attempts=1 tokens=0",
    ),
    "made and not received": (
        {},
        [errors.TruncatedReplyError("the picture is cut", status=200)],
        "INFO text_to_image failed",
        "outcome=completed error=TruncatedReplyError status=200 seconds=0.25 attempts=1 tokens=5",
    ),
    "an error of somebody else's": (
        {},
        [KeyError(PROMPT)],
        "WARNING text_to_image failed, may have been charged",
        "outcome=unknown error=KeyError seconds=0.25 attempts=1 tokens=5",
    ),
    "a tag that breaks lines": (
        {"tag": "a\nINFO forged % %s"},
        [None],
        "INFO text_to_image finished",
        r"outcome=completed seconds=0.25 attempts=1 tokens=5 tag='a\nINFO forged % %s'",
    ),
}


@pytest.mark.anyio
@pytest.mark.parametrize("name", GOLDEN)
async def test_line_of_a_call(name: str, info: pytest.LogCaptureFixture) -> None:
    """At INFO each call writes exactly one line, with what became of it."""
    about, steps, beginning, facts = GOLDEN[name]
    await run(new_call(**about), *steps)
    assert lines(info) == [f"{beginning}: call_id=call-1 {facts}"]


@pytest.mark.anyio
async def test_attempts_are_told_at_debug(debug: pytest.LogCaptureFixture) -> None:
    """At DEBUG every attempt tells what became of it, and why and when it is sent again or not."""
    await run(new_call(), busy(), refused())
    assert lines(debug) == [
        (
            "DEBUG text_to_image attempt 1 failed: call_id=call-1 outcome=rejected error=RateLimitedError status=429 "
            "code=1202 seconds=0.25"
        ),
        "DEBUG text_to_image attempt 1 is sent again in 1.000 s (too many requests): call_id=call-1 outcome=rejected",
        (
            "DEBUG text_to_image attempt 2 failed: call_id=call-1 outcome=rejected error=BadRequestError status=400 "
            "code=1103 seconds=0.25"
        ),
        "DEBUG text_to_image attempt 2 is not sent again (refused for good): call_id=call-1 outcome=rejected",
        (
            "INFO text_to_image failed: call_id=call-1 outcome=rejected error=BadRequestError status=400 code=1103 "
            "seconds=1.5 attempts=2 tokens=0"
        ),
    ]


@pytest.mark.anyio
async def test_attempt_that_succeeds_is_told_at_debug(debug: pytest.LogCaptureFixture) -> None:
    """A good attempt has its line as well."""
    await run(new_call(), None)
    assert lines(debug)[0] == "DEBUG text_to_image attempt 1 finished: call_id=call-1 outcome=completed seconds=0.25"


@pytest.mark.anyio
async def test_empty_retry_budget_is_told_at_debug(debug: pytest.LogCaptureFixture) -> None:
    """That the retry budget was used up stands in the log alone: the error is the server's."""
    retry = Retry(RetryPolicy(), RetryBucket(RetryBudget(0)))
    await run(new_call(), errors.ServiceUnavailableError("down", status=503), retry=retry)
    (line,) = [line for line in lines(debug) if "sent again" in line]
    assert line.endswith("attempt 1 is not sent again (the retry budget is used up): call_id=call-1 outcome=rejected")


@pytest.mark.anyio
async def test_resending_what_may_have_been_charged_is_a_warning(info: pytest.LogCaptureFixture) -> None:
    """Where a paid call is repeated after an unknown outcome, the log says so: both attempts may cost."""
    await run(new_call(resend_unknown=True), broken(), None)
    assert lines(info) == [
        (
            "WARNING text_to_image attempt 1 is sent again in 1.000 s "
            "(may have been charged, and resend_unknown is set): call_id=call-1 outcome=unknown"
        ),
        "INFO text_to_image finished: call_id=call-1 outcome=completed seconds=1.5 attempts=2 tokens=5",
    ]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("leaves", "line"),
    [
        (False, "INFO text_to_image cancelled: call_id=call-1 outcome=not_sent seconds=0 attempts=1 tokens=0"),
        (
            True,
            (
                "WARNING text_to_image cancelled, may have been charged: call_id=call-1 outcome=unknown seconds=0 "
                "attempts=1 tokens=5"
            ),
        ),
    ],
    ids=["before-sending", "after-sending"],
)
async def test_cancelled_call_has_its_line(leaves: bool, line: str, info: pytest.LogCaptureFixture) -> None:
    """A call that is cut off says how far it had come, once."""

    async def hang(call: Call) -> Result:
        call.tokens = 5.0
        if leaves:
            call.outcome = Outcome.UNKNOWN
        await anyio.sleep_forever()
        return IMAGE

    with anyio.move_on_after(0.01) as scope:
        await handler_for(hang)(new_call())
    assert scope.cancelled_caught
    assert lines(info) == [line]


@pytest.mark.anyio
async def test_deadline_is_no_cancellation(debug: pytest.LogCaptureFixture) -> None:
    """When the call's own deadline cuts it off, the line names the error that the caller sees."""
    call = new_call()

    async def hang(call: Call) -> Result:
        await call.clock.sleep(300)
        await anyio.sleep_forever()
        return IMAGE

    with anyio.move_on_after(0.01):
        await handler_for(hang)(call)
    assert lines(debug) == [
        "DEBUG text_to_image attempt 1 failed: call_id=call-1 outcome=not_sent error=DeadlineExceededError seconds=300",
        (
            "INFO text_to_image failed: call_id=call-1 outcome=not_sent error=DeadlineExceededError seconds=300 "
            "attempts=1 tokens=0"
        ),
    ]


@pytest.mark.anyio
async def test_interrupt_counts_as_cut_off(info: pytest.LogCaptureFixture) -> None:
    """Ctrl-C cuts a call off, too: it has its line, and goes on its way."""

    async def interrupted(call: Call) -> Result:
        call.outcome = Outcome.UNKNOWN
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await handler_for(interrupted)(new_call())
    (line,) = lines(info)
    assert line.startswith("WARNING text_to_image cancelled, may have been charged: ")


class Answering(Middleware):
    """Answers by itself, as a cache does."""

    async def around_call(self, call: Call, next: Handler) -> Result:
        return IMAGE


class FailingAfterwards(Middleware):
    """Fails with an error of the SDK's when the work is done."""

    async def around_call(self, call: Call, next: Handler) -> Result:
        await next(call)
        raise errors.InvalidRequestError("path", PROMPT, "pass another")


@pytest.mark.anyio
async def test_answer_without_an_attempt(info: pytest.LogCaptureFixture) -> None:
    """A call that a step within answers by itself made no attempt and cost nothing."""
    await handler_for(Scripted(), Answering())(new_call())
    assert lines(info) == [
        "INFO text_to_image finished: call_id=call-1 outcome=completed seconds=0 attempts=0 tokens=0"
    ]


@pytest.mark.anyio
async def test_what_the_call_knows_counts(info: pytest.LogCaptureFixture) -> None:
    """An error that claims that nothing was sent is not believed when the work was done and charged."""
    with pytest.raises(errors.InvalidRequestError):
        await handler_for(Scripted(None), FailingAfterwards())(new_call())
    assert lines(info) == [
        (
            "INFO text_to_image failed: call_id=call-1 outcome=completed error=InvalidRequestError seconds=0.25 "
            "attempts=1 tokens=5"
        )
    ]


@pytest.mark.anyio
async def test_unpriced_call(info: pytest.LogCaptureFixture) -> None:
    """Where nobody knows the price, no number is made up."""

    async def send(call: Call) -> Result:
        return IMAGE

    await handler_for(send)(new_call())
    assert lines(info)[0].endswith("attempts=1")
    assert vars(info.records[0])["imagine_tokens"] is None


@pytest.mark.anyio
@pytest.mark.parametrize("code", [10**400, -(10**400), True, "1202"])
async def test_odd_codes_do_no_harm(code: Any, info: pytest.LogCaptureFixture) -> None:
    """Whatever a server sends as its code, the error that comes out is the call's own."""
    error = errors.BadRequestError("bad", status=400, code=code)
    with pytest.raises(errors.BadRequestError):
        await handler_for(Scripted(error))(new_call())
    (line,) = lines(info)
    assert len(line) < 200


@pytest.mark.anyio
async def test_facts_for_formatters(debug: pytest.LogCaptureFixture) -> None:
    """Every record carries its facts as plain attributes, which JSON can take; a line's names are always the same."""
    await run(new_call(tag="design"), busy(), None)
    told = [
        {name: value for name, value in vars(record).items() if name.startswith("imagine_")} for record in ours(debug)
    ]
    json.dumps(told)
    assert told[-1] == {
        "imagine_call_id": "call-1",
        "imagine_endpoint": "text_to_image",
        "imagine_outcome": "completed",
        "imagine_error": None,
        "imagine_status": None,
        "imagine_code": None,
        "imagine_seconds": 1.5,
        "imagine_attempts": 2,
        "imagine_tokens": 5,
        "imagine_tag": "design",
    }
    assert told[0]["imagine_attempt"] == 1
    assert (told[0]["imagine_status"], told[0]["imagine_code"]) == (429, 1202)


@pytest.mark.anyio
async def test_nothing_is_written_below_the_level(caplog: pytest.LogCaptureFixture) -> None:
    """Unless it is asked for, the log holds warnings alone, and nothing is put together for it."""
    caplog.set_level(logging.WARNING)
    await run(new_call(), busy(), None)
    await run(new_call(), refused())
    assert lines(caplog) == []
    await run(new_call(), broken())
    assert len(lines(caplog)) == 1
    caplog.set_level(logging.CRITICAL)
    caplog.clear()
    await run(new_call(), broken())
    assert lines(caplog) == []


class Breaking(logging.Handler):
    """A handler that cannot write."""

    def handle(self, record: logging.LogRecord) -> bool:
        raise OSError("the disk is full")


@pytest.mark.anyio
async def test_broken_handler_costs_no_picture(caplog: pytest.LogCaptureFixture) -> None:
    """A call does not fail because its line could not be written."""
    logger, handler = logging.getLogger("imagine_async"), Breaking()
    caplog.set_level(logging.DEBUG)
    logger.addHandler(handler)
    try:
        assert await handler_for(Scripted(busy(), None))(new_call()) is IMAGE
        with pytest.raises(errors.BadRequestError):
            await handler_for(Scripted(refused()))(new_call())
    finally:
        logger.removeHandler(handler)


def test_abandoned_call_is_closed_in_silence(info: pytest.LogCaptureFixture) -> None:
    """A call that is collected when its event loop is gone has its line and raises nothing of its own."""

    class Waiting:
        def __await__(self) -> Generator[None, None, None]:
            yield

    async def hang(call: Call) -> Result:
        await Waiting()
        return IMAGE

    coroutine: Any = handler_for(hang)(new_call())
    coroutine.send(None)
    coroutine.close()
    assert lines(info) == [
        "INFO text_to_image cancelled: call_id=call-1 outcome=not_sent seconds=0 attempts=1 tokens=0"
    ]


def test_cost_is_small_where_nothing_is_written(caplog: pytest.LogCaptureFixture) -> None:
    """A call whose line is not wanted pays for a look at the level, not for the line."""
    looks: list[float] = []

    class Watched(FakeClock):
        def now(self) -> float:
            looks.append(self.time)
            return self.time

    call = Call(request=PAID, deadline=2000, clock=Watched())
    looks.clear()
    caplog.set_level(logging.CRITICAL)
    anyio.run(chain(call_steps([Logging()]), chain(attempt_steps([Logging()]), Scripted(None))), call)
    assert looks == []
