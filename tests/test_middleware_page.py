"""The page about middleware: its code is taken from real files, and what it says holds."""

from __future__ import annotations

import ast
import contextvars
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from imagine_async import (
    AsyncImagine,
    Call,
    ConfigurationError,
    ConnectError,
    DeadlineExceededError,
    Event,
    Handler,
    Image,
    Imagine,
    ImagineError,
    InvalidRequestError,
    Middleware,
    Outcome,
    RateLimit,
    Result,
    TextToImage,
)
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.clocks import FakeClock
from tests.flat_engine import FlatEngine
from tests.pictures import made_image
from tests.sandbox_books import charged, options

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "middleware.md").read_text("utf-8")
BLOCKS = [
    pytest.param(source, block, id=f"{place}-{source or 'own'}")
    for place, (source, block) in enumerate(
        re.findall(r"(?:^<!-- from (\S+) -->\n)?^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    )
]


@pytest.fixture
def engine() -> FlatEngine:
    return FlatEngine()


@pytest.fixture
def server(engine: FlatEngine) -> Iterator[RunningSandbox]:
    """Run a sandbox that keeps books and paints next to nothing."""
    with running_sandbox(SandboxSettings(side=16, rate_limit=None), engine=engine) as server:
        yield server


# The code


@pytest.mark.parametrize(("source", "block"), BLOCKS)
def test_block_of_the_page(source: str, block: str) -> None:
    """Each Python block compiles, and what is taken from a file stands there, line by line."""
    compile(textwrap.dedent(block), "middleware.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert not source or f"\n{block}" in (ROOT / source).read_text("utf-8")


def test_page_quotes() -> None:
    """The pattern finds the blocks, every mark belongs to one, and all examples are quoted."""
    marked = [source for source, _ in (block.values for block in BLOCKS) if source]
    assert (len(marked), len(BLOCKS)) == (PAGE.count("<!-- from "), PAGE.count("```python\n"))
    assert {f"examples/{path.name}" for path in (ROOT / "examples").glob("*.py")} < set(marked)


def test_links_of_the_page() -> None:
    """What the page leads to is there."""
    pages = {name: (ROOT / "docs" / name).resolve() for name in re.findall(r"\]\(([^)#]+)", PAGE)}
    assert len(pages) >= 2
    assert all(path.is_file() for path in pages.values())


# The order on the way


class Noting(Middleware):
    """Notes when a call passes, in both directions."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self._name, self._notes = name, notes

    async def around_call(self, call: Call, next: Handler) -> Result:
        return await self._noted("around_call", call, next)

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        return await self._noted("around_attempt", call, next)

    async def _noted(self, method: str, call: Call, next: Handler) -> Result:
        self._notes.append(f"{self._name}.{method}")
        try:
            return await next(call)
        finally:
            self._notes.append(f"{self._name} out")


class FailOnce(Middleware):
    """Has no connection at the first attempt."""

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        if call.attempt == 1:
            raise ConnectError("no route", call_id=call.id)
        return await next(call)


WAY = [
    *("a.around_call", "b.around_call"),
    *("reserved", "a.around_attempt", "b.around_attempt", "b out", "a out"),
    *("retrying", "reserved", "waiting", "a.around_attempt", "b.around_attempt"),
    *("sending", "first_byte", "downloaded", "b out", "a out", "settled"),
    *("b out", "a out", "finished"),
]


def with_notes(server: RunningSandbox, notes: list[str]) -> dict[str, Any]:
    def note(event: Event) -> None:
        notes.append(event.kind)

    steps = Noting("a", notes), Noting("b", notes), FailOnce()
    return options(server, *steps, observers=[note], clock=FakeClock()) | {"rate_limit": RateLimit(1, 1, burst=1)}


@pytest.mark.anyio
async def test_order_on_the_way(server: RunningSandbox) -> None:
    """Yours, retry, credits, limiter, yours, transport; the first of the list is outermost at both levels."""
    notes: list[str] = []
    async with AsyncImagine(**with_notes(server, notes)) as client:
        await client.text_to_image("a red fox")
    assert notes == WAY


def test_order_on_the_way_sync(server: RunningSandbox) -> None:
    """The sync client goes the same way."""
    notes: list[str] = []
    with Imagine(**with_notes(server, notes)) as client:
        client.text_to_image("a red fox")
    assert notes == WAY


def test_figure_of_the_page() -> None:
    """The figure shows the steps in the order in which a call meets them."""
    figure = re.findall(r"^```\n(client\.text_to_image.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)[0]
    second_attempt = WAY[WAY.index("retrying") : WAY.index("downloaded") + 1]
    words = [note.removeprefix("a.") for note in (WAY[0], *second_attempt) if not note.startswith("b.")]
    places = [figure.index(word) for word in words]
    assert len(places) == 8
    assert places == sorted(places)


# What the page says of errors and money


class NeedSeconds(Middleware):
    """Refuses an attempt that could not end in time, rather than pay for a picture that nobody waits for.

    Args:
        seconds: How long an attempt may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        """Look at what is left of the deadline now that the waits are over."""
        if call.remaining < self._seconds:
            raise DeadlineExceededError(f"{call.remaining:.0f} s are too few; nothing was sent", call_id=call.id)
        return await next(call)


class RefuseSmall(Middleware):
    """Refuses pictures that are too small; they are paid for all the same, and booked so."""

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        """Look at what came back."""
        result = await next(call)
        if isinstance(result, Image) and result.width < 512:
            raise ImagineError("the picture is too small", outcome=call.outcome, call_id=call.id)
        return result


@pytest.mark.anyio
async def test_refused_attempt_is_free(server: RunningSandbox) -> None:
    """An attempt that is refused before `next` is made once, releases its tokens, and reaches nobody."""
    events: list[Event] = []
    chosen = options(server, NeedSeconds(10), observers=[events.append], timeout=5)
    async with AsyncImagine(**chosen) as client:
        with pytest.raises(DeadlineExceededError, match="too few"):
            await client.text_to_image("a red fox")
        usage = await client.usage()
        assert (usage.tokens, usage.held, usage.reserved, charged(server)["calls"]) == (0, 0, 0, 0)
        await client.text_to_image("a red fox", timeout=60)
    assert [event.kind for event in events[:2]] == ["reserved", "failed"]
    assert charged(server)["calls"] == 1


@pytest.mark.anyio
async def test_late_error_is_booked(server: RunningSandbox) -> None:
    """An error after `next` that tells the call's outcome leaves books that agree with the server's."""
    async with AsyncImagine(server.key, base_url=server.base_url, middleware=[RefuseSmall()]) as client:
        with pytest.raises(ImagineError, match="too small"):
            await client.text_to_image("a red fox")
        assert (await client.usage()).tokens == charged(server)["tokens"] == 1


def test_late_error_is_booked_sync(server: RunningSandbox) -> None:
    """The sync client books the same."""
    with Imagine(**options(server, RefuseSmall())) as client:
        with pytest.raises(ImagineError, match="too small"):
            client.text_to_image("a red fox")
        assert client.usage().tokens == charged(server)["tokens"] == 1


class Late(Middleware):
    """Raises after the picture is there, and says nothing of what became of the call."""

    def __init__(self, kind: type[Exception]) -> None:
        self._kind = kind

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        await next(call)
        raise self._kind("late")


@pytest.mark.anyio
@pytest.mark.parametrize("kind", [ImagineError, KeyError])
async def test_books_do_not_rely_on_the_error(server: RunningSandbox, kind: type[Exception]) -> None:
    """An error that wrongly says "not sent", or nothing at all, ends the call, and the picture is booked as paid."""
    async with AsyncImagine(**options(server, Late(kind))) as client:
        with pytest.raises(kind, match="late"):
            await client.text_to_image("a red fox")
        assert (await client.usage()).tokens == charged(server)["tokens"] == 1


class Twice(Middleware):
    """Makes each call twice."""

    async def around_call(self, call: Call, next: Handler) -> Result:
        await next(call)
        return await next(call)


@pytest.mark.anyio
async def test_second_next_around_a_call_is_another_paid_call(server: RunningSandbox) -> None:
    """Both are charged and both are booked, and the attempts are counted on."""
    async with AsyncImagine(**options(server, Twice())) as client:
        assert (await client.text_to_image("a red fox")).attempts == 2
        usage = await client.usage()
        assert (usage.calls, usage.tokens) == (charged(server)["calls"], charged(server)["tokens"]) == (2, 2)


class Answering(Middleware):
    """Answers without the API."""

    async def around_call(self, call: Call, next: Handler) -> Result:
        return evolve(made_image(), request=call.request, call_id=call.id, tokens=0.0, cached=True)


@pytest.mark.anyio
async def test_own_answer_is_free(server: RunningSandbox) -> None:
    """A picture that a middleware brings itself is in nobody's books."""
    async with AsyncImagine(**options(server, Answering())) as client:
        assert (await client.text_to_image("a red fox")).cached
        assert ((await client.usage()).rows, charged(server)["calls"]) == ((), 0)


class AnsweringAttempts(Middleware):
    """Answers without the API, but only once the call has waited and its tokens are reserved."""

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        return evolve(made_image(), request=call.request, call_id=call.id, tokens=0.0, cached=True)


@pytest.mark.anyio
async def test_own_answer_to_an_attempt_is_free(server: RunningSandbox) -> None:
    """What was reserved for an attempt is released where nothing was sent."""
    async with AsyncImagine(**options(server, AnsweringAttempts(), budget=1)) as client:
        for _ in range(3):
            assert (await client.text_to_image("a red fox")).cached
        assert ((await client.usage()).calls, charged(server)["calls"]) == (0, 0)


class SendingTwice(Middleware):
    """Sends each attempt twice."""

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        await next(call)
        return await next(call)


@pytest.mark.anyio
async def test_attempt_is_sent_once(server: RunningSandbox) -> None:
    """A second `next` in one attempt sends nothing, ends the call, and leaves books that agree with the server's."""
    async with AsyncImagine(**options(server, SendingTwice())) as client:
        with pytest.raises(ConfigurationError, match=r"await next\(\) once in around_attempt") as caught:
            await client.text_to_image("a red fox")
        assert caught.value.outcome is Outcome.COMPLETED
        assert (await client.usage()).tokens == charged(server)["tokens"] == 1


class Setting(Middleware):
    """Sets a header."""

    def __init__(self, name: str, value: str) -> None:
        self._name, self._value = name, value

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        call.headers[self._name] = self._value
        return await next(call)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "value"), [("authorization", "Bearer vk-other"), ("x-team", "two\r\nx-lines: 2"), ("content-length", "1")]
)
async def test_header_of_a_middleware_is_checked(server: RunningSandbox, name: str, value: str) -> None:
    """A header that a client would refuse is refused from a middleware as well: nothing is sent or booked."""
    async with AsyncImagine(**options(server, Setting(name, value))) as client:
        with pytest.raises(InvalidRequestError, match=name) as caught:
            await client.text_to_image("a red fox")
        assert caught.value.outcome is Outcome.NOT_SENT
        assert ((await client.usage()).calls, charged(server)["calls"]) == (0, 0)


# What the page says of a call's facts


class Rewriting(Middleware):
    """Sets what may be set around a call, and notes what is known there and around the attempt."""

    def __init__(self) -> None:
        self.notes: list[tuple[int, Outcome, float | None]] = []

    async def around_call(self, call: Call, next: Handler) -> Result:
        self._note(call)
        assert isinstance(call.request, TextToImage)
        call.request = evolve(call.request, prompt="a whale", style="anime")
        call.tag, call.batch = "design", "b1"
        result = await next(call)
        self._note(call)
        assert call.quota is not None
        assert call.quota.limit == 50
        return result

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        self._note(call)
        return await next(call)

    def _note(self, call: Call) -> None:
        self.notes.append((call.attempt, call.outcome, call.tokens))


@pytest.mark.anyio
async def test_facts_of_a_call(engine: FlatEngine) -> None:
    """What is set around a call is sent, priced and booked; price, attempt and outcome are known when the page says."""
    rewriting = Rewriting()
    with running_sandbox(SandboxSettings(side=16), engine=engine) as server:
        async with AsyncImagine(**options(server, rewriting)) as client:
            image = await client.text_to_image("a red fox")
            (row,) = (await client.usage(by=["style", "tag", "batch"])).rows
        assert (row.style, row.tag, row.batch, row.tokens) == ("anime", "design", "b1", charged(server)["tokens"])
    assert (engine.calls[0][1]["prompt"], image.request.billed_style) == ("a whale", "anime")
    assert rewriting.notes == [
        (0, Outcome.NOT_SENT, None),
        (1, Outcome.NOT_SENT, row.tokens),
        (1, Outcome.COMPLETED, row.tokens),
    ]


def test_facts_table() -> None:
    """The table names all that a call has, but for what the SDK alone needs, and nothing else."""
    table = PAGE.partition("## Facts of the call")[2].partition("## ")[0]
    named = {
        name for row in re.findall(r"^\| (`.+?`) \|", table, flags=re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    call = Call(request=TextToImage(prompt="a red fox"), deadline=0.0)
    public = {name for name in dir(call) if not name.startswith("_")}
    of_the_sdk = {"before_leaving", "begin_attempt", "begin_to_send", "emit", "make_spool"}
    of_the_sdk |= {"observers", "on_sending", "started", "timeout"}
    assert public - named == of_the_sdk
    assert named <= public


# What the page says of the sync client

REQUEST_OF_THE_WEB = contextvars.ContextVar("REQUEST_OF_THE_WEB", default="none")


class Looking(Middleware):
    """Looks at a context variable, and calls the sync client where that must not be."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.client: Imagine | None = None

    async def around_call(self, call: Call, next: Handler) -> Result:
        self.seen.append(REQUEST_OF_THE_WEB.get())
        if self.client is not None:
            self.client.text_to_image("another fox")
        return await next(call)


def test_sync_client_and_its_loop(server: RunningSandbox) -> None:
    """A middleware sees the caller's context variables, and cannot call the sync client on its own loop."""
    looking = Looking()
    token = REQUEST_OF_THE_WEB.set("request 7")
    try:
        with Imagine(**options(server, looking)) as client:
            client.text_to_image("a red fox")
            list(client.generate_many([TextToImage(prompt="a red fox")]))
            looking.client = client
            with pytest.raises(RuntimeError, match="its own event-loop thread"):
                client.text_to_image("a red fox")
    finally:
        REQUEST_OF_THE_WEB.reset(token)
    assert looking.seen == ["request 7"] * 3
    assert charged(server)["calls"] == 2
