"""The examples: run as programs, and taken as middleware with the server's books as judge."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import pickle
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from examples.add_a_header import AddHeaders, request_id
from examples.audit_log import UNFINISHED, AuditLog
from examples.refuse_prompts import PromptRefusedError, RefusePrompts
from imagine_async import (
    AsyncImagine,
    BudgetExceededError,
    Call,
    DeadlineExceededError,
    Event,
    Image,
    Imagine,
    ImagineError,
    Outcome,
    TextToImage,
    Upscale,
)
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.clocks import HurriedClock
from tests.flat_engine import FlatEngine
from tests.pictures import made_image
from tests.samples import png_bytes
from tests.sandbox_books import charged, options

ROOT = Path(__file__).parent.parent
PROMPTS = ["a red fox", "a dragon over a village", "a blue whale", "Dragons", "DRAGON"]
HUGE_SEED = 10**99

in_both_colours = pytest.mark.parametrize("colour", [[], ["--sync"]], ids=["async", "sync"])


@pytest.fixture
def engine() -> FlatEngine:
    return FlatEngine()


@pytest.fixture
def server(engine: FlatEngine) -> Iterator[RunningSandbox]:
    """Run a sandbox that keeps books and paints next to nothing."""
    with running_sandbox(SandboxSettings(side=16, rate_limit=None), engine=engine) as server:
        yield server


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    with contextlib.closing(AuditLog(str(tmp_path / "audit.db"))) as log:
        yield log


def new_call(prompt: str = "a red fox", **facts: Any) -> Call:
    return Call(request=TextToImage(prompt=prompt), deadline=0.0, **facts)


async def unreachable(call: Call) -> Image:
    raise AssertionError("the call went on")


async def succeed(call: Call) -> Image:
    return made_image()


# The programs


def run_program(name: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(ROOT / "examples" / f"{name}.py"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100)


ROW = r"\('(call-\w+)', '{}', [\d.]+, 'text_to_image', 'demo', '7', '647c\w{{60}}', '{}', {}, [\d.e-]+\)"
OUTPUT = {
    "add_a_header": [
        r"sending text_to_image with x-request-id: (call-\w+)-1",
        r"64 x 64 pixels from (call-\w+) in 1 attempt",
    ],
    "refuse_prompts": [
        r"dragon: not_sent; calls in the books: 0",
        r"a red fox: 64 x 64 pixels",
        r"a dragon over a village: refused: prompt: 'dragon' is not wanted here; nothing was sent: leave it out",
        r"a blue whale: 64 x 64 pixels",
        r"calls in the books: 2",
    ],
    "audit_log": [ROW.format("began", "not_sent", 0), ROW.format("finished", "completed", 1), r"without an end:"],
}


@in_both_colours
@pytest.mark.parametrize("name", OUTPUT)
def test_program(name: str, colour: list[str], tmp_path: Path) -> None:
    """Each program ends well in both colours, warns of nothing, and says what it is about, of one and the same call."""
    done = run_program(name, *colour, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout.splitlines()
    # What `generate_many` yields comes in the order in which it is there.
    found = [match for pattern in OUTPUT[name] for line in said if (match := re.fullmatch(pattern, line))]
    assert len(found) == len(said) == len(OUTPUT[name]), done.stdout
    assert len({match[1] for match in found if match.groups()}) <= 1


@in_both_colours
def test_audit_log_after_a_crash(colour: list[str], tmp_path: Path) -> None:
    """A process that ends in mid-call leaves a call without an end, and the next one finds it."""
    crashed = run_program("audit_log", "--crash", *colour, folder=tmp_path)
    assert (crashed.returncode, crashed.stdout) == (1, "")
    *rows, title, without_end = run_program("audit_log", *colour, folder=tmp_path).stdout.splitlines()
    assert (len(rows), title) == (3, "without an end:")
    assert ast.literal_eval(without_end) == ast.literal_eval(rows[0])[:1]


def test_programs_are_short() -> None:
    """A newcomer reads each of them in a minute, and the folder's page leads to all of them."""
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in (ROOT / "examples").glob("*.py")}
    assert lengths.keys() == {f"{name}.py" for name in OUTPUT}
    assert max(lengths.values()) <= 90
    index = (ROOT / "examples" / "README.md").read_text("utf-8")
    assert all(f"[{name}]({name})" in index for name in lengths)


# Headers


class Doorkeeper:
    """Stands before a sandbox as a proxy would: notes the headers, and turns the first request away."""

    def __init__(self, app: ASGIApp, seen: list[Headers]) -> None:
        self._app, self._seen = app, seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._seen.append(Headers(scope=scope))
        if len(self._seen) > 1:
            await self._app(scope, receive, send)
        else:
            await Request(scope, receive).body()
            await PlainTextResponse("come again", 503)(scope, receive, send)


@pytest.fixture
def seen(server: RunningSandbox) -> list[Headers]:
    """Return the headers that reach the server, whose first request is refused."""
    seen: list[Headers] = []
    server.app.add_middleware(Doorkeeper, seen=seen)
    return seen


def check_headers(seen: list[Headers], events: list[Event], image: Image) -> None:
    assert [headers["x-team"] for headers in seen] == ["design", "design"]
    arrived = [headers["x-request-id"] for headers in seen]
    assert arrived == [f"{image.call_id}-1", f"{image.call_id}-2"]
    assert arrived == [request_id(each.call_id, each.attempt) for each in events if each.kind == "sending"]


@pytest.mark.anyio
async def test_headers_on_the_wire(server: RunningSandbox, seen: list[Headers]) -> None:
    """Both attempts of a call bring the team and an id of their own, by which its events are found."""
    events: list[Event] = []
    chosen = options(server, AddHeaders("design"), observers=[events.append], clock=HurriedClock())
    async with AsyncImagine(**chosen) as client:
        check_headers(seen, events, await client.text_to_image("a red fox"))
    assert charged(server)["calls"] == 1


def test_headers_on_the_wire_sync(server: RunningSandbox, seen: list[Headers]) -> None:
    """The sync client sends the same."""
    events: list[Event] = []
    chosen = options(server, AddHeaders("design"), observers=[events.append], clock=HurriedClock())
    with Imagine(**chosen) as client:
        check_headers(seen, events, client.text_to_image("a red fox"))
    assert charged(server)["calls"] == 1


# The filter


@pytest.mark.anyio
@pytest.mark.parametrize("prompt", ["A DRAGON", "dragon, red", "the dragon's cave"])
async def test_filter_refuses_a_word(prompt: str) -> None:
    """A word counts in any case and beside any sign; what lies further in is not reached."""
    call = Call(request=TextToImage(prompt=prompt), deadline=0.0)
    with pytest.raises(PromptRefusedError, match="'dragon'") as caught:
        await RefusePrompts(["Dragon"]).around_call(call, unreachable)
    assert (caught.value.word, caught.value.outcome, caught.value.call_id) == ("dragon", Outcome.NOT_SENT, call.id)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "request_", [TextToImage(prompt="dragonfly and snapdragon"), Upscale(image=png_bytes())], ids=["part", "no-prompt"]
)
async def test_filter_lets_others_pass(request_: TextToImage | Upscale) -> None:
    """A part of another word does not count, and a call that has no prompt passes."""
    assert await RefusePrompts(["dragon"]).around_call(Call(request=request_, deadline=0.0), succeed)


def test_refusal_can_be_pickled() -> None:
    """The error goes to another process and back as it is."""
    error = PromptRefusedError("dragon", call_id="call-1")
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (PromptRefusedError, str(error), vars(error))


def check_refusals(results: dict[str, Image | Exception], server: RunningSandbox, events: list[Event]) -> None:
    refused = {prompt: result for prompt, result in results.items() if isinstance(result, PromptRefusedError)}
    assert refused.keys() == {"a dragon over a village", "DRAGON"}
    assert all(isinstance(results[prompt], Image) for prompt in PROMPTS if prompt not in refused)
    assert charged(server)["calls"] == len(PROMPTS) - 2
    # Of a refused call observers learn that it failed, and nothing else: no slot, no reservation, no attempt.
    ids = {error.call_id for error in refused.values()}
    assert [(each.kind, each.attempt) for each in events if each.call_id in ids] == [("failed", 0)] * 2


@pytest.mark.anyio
async def test_refused_prompts_cost_nothing(server: RunningSandbox) -> None:
    """A refused call stands in nobody's books, and `generate_many` goes on with the others."""
    events: list[Event] = []
    async with AsyncImagine(**options(server, RefusePrompts(["dragon"]), observers=[events.append])) as client:
        with pytest.raises(PromptRefusedError):
            await client.text_to_image("a dragon")
        assert ((await client.usage()).rows, charged(server)["calls"]) == ((), 0)
        events.clear()
        requests = [TextToImage(prompt=prompt) for prompt in PROMPTS]
        results = {request.prompt: result async for request, result in client.generate_many(requests)}
        check_refusals(results, server, events)
        assert (await client.usage()).tokens == charged(server)["tokens"]


def test_refused_prompts_cost_nothing_sync(server: RunningSandbox) -> None:
    """The sync client refuses the same."""
    events: list[Event] = []
    with Imagine(**options(server, RefusePrompts(["dragon"]), observers=[events.append])) as client:
        with pytest.raises(PromptRefusedError):
            client.text_to_image("a dragon")
        assert (client.usage().rows, charged(server)["calls"]) == ((), 0)
        events.clear()
        requests = [TextToImage(prompt=prompt) for prompt in PROMPTS]
        check_refusals({request.prompt: result for request, result in client.generate_many(requests)}, server, events)
        assert client.usage().tokens == charged(server)["tokens"]


# The audit log


def rows(log: AuditLog, columns: str = "step, outcome, tokens") -> list[tuple[object, ...]]:
    return log.execute(f"SELECT {columns} FROM audit ORDER BY rowid")


@pytest.mark.anyio
async def test_log_of_a_success(server: RunningSandbox, log: AuditLog, tmp_path: Path) -> None:
    """Two rows tell of a call: who, what, at what price; of the prompt the file holds the digest alone."""
    async with AsyncImagine(**options(server, log)) as client:
        image = await client.text_to_image("a secret fox", seed=HUGE_SEED, tag="design", style="anime")
    digest = hashlib.sha256(b"a secret fox").hexdigest()
    facts = (image.call_id, "text_to_image", "design", str(HUGE_SEED), digest)
    assert rows(log, "id, endpoint, tag, seed, prompt_sha256") == [facts, facts]
    assert rows(log) == [("began", "not_sent", 0), ("finished", "completed", charged(server)["tokens"])]
    ((began_after, began), (ended_after, ended)) = rows(log, "seconds, at")
    assert 0 <= began_after < ended_after < 60  # type: ignore[operator]
    assert began <= ended  # type: ignore[operator]
    assert b"secret" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.anyio
async def test_log_of_failures(server: RunningSandbox, engine: FlatEngine, log: AuditLog) -> None:
    """A failed call's end says what became of it: refused by the budget it cost nothing, unknown it may have cost."""
    engine.failure = RuntimeError("broken")
    async with AsyncImagine(**options(server, log, budget=5)) as client:
        with pytest.raises(BudgetExceededError):
            await client.text_to_image("a red fox", style="flux-dev")
        with pytest.raises(ImagineError) as caught:
            await client.text_to_image("a red fox")
        held = (await client.usage()).held
    assert rows(log)[1] == ("failed", "not_sent", 0)
    assert rows(log)[3] == ("failed", caught.value.outcome, held)


@pytest.mark.anyio
async def test_log_of_a_cancelled_call(server: RunningSandbox, engine: FlatEngine, log: AuditLog) -> None:
    """A call that is cancelled on the wire has an end as well, which says that it may have been charged."""
    engine.gate = threading.Event()
    try:
        async with AsyncImagine(**options(server, log)) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(client.text_to_image, "a red fox")
                await anyio.to_thread.run_sync(engine.entered.wait, 10)
                group.cancel_scope.cancel()
            assert (await client.usage()).held == 1
    finally:
        engine.gate.set()
    assert rows(log) == [("began", "not_sent", 0), ("cancelled", "unknown", 1)]


@pytest.mark.anyio
async def test_log_of_a_call_that_was_cancelled_before(server: RunningSandbox, log: AuditLog) -> None:
    """In a scope that is cancelled already nothing is sent, and both rows say so."""
    async with AsyncImagine(**options(server, log)) as client:
        with anyio.move_on_after(0):
            await client.text_to_image("a red fox")
    assert rows(log) == [("began", "not_sent", 0), ("cancelled", "not_sent", 0)]
    assert charged(server)["calls"] == 0


def test_log_of_a_deadline_sync(server: RunningSandbox, engine: FlatEngine, log: AuditLog) -> None:
    """A deadline arrives as a cancellation; the caller gets its error, and the observers too."""
    engine.gate = threading.Event()
    events: list[Event] = []
    try:
        with Imagine(**options(server, log, observers=[events.append])) as client:
            with pytest.raises(DeadlineExceededError) as caught:
                client.text_to_image("a red fox", timeout=0.5)
    finally:
        engine.gate.set()
    assert rows(log) == [("began", "not_sent", 0), ("cancelled", "unknown", 1)]
    assert (events[-1].kind, events[-1].error) == ("failed", caught.value)


def test_log_of_an_iteration_that_is_left_early_sync(server: RunningSandbox, engine: FlatEngine, log: AuditLog) -> None:
    """Whoever leaves the loop cancels the call on the wire, and the log says so."""
    gate = threading.Event()

    def shut_after_the_first(event: Event) -> None:
        if event.kind == "finished":
            engine.gate = gate
            engine.entered.clear()

    try:
        with Imagine(**options(server, log, observers=[shut_after_the_first])) as client:
            requests = [TextToImage(prompt=prompt) for prompt in PROMPTS]
            with contextlib.closing(client.generate_many(requests, concurrency=1)) as results:
                next(results)
                assert engine.entered.wait(10)
            assert client.usage().held == 1
    finally:
        gate.set()
    assert [step for (step, *_) in rows(log)] == ["began", "finished", "began", "cancelled"]


@pytest.mark.anyio
async def test_log_of_calls_at_once(server: RunningSandbox, log: AuditLog) -> None:
    """Of thirty calls at once none lacks a row."""
    async with AsyncImagine(**options(server, log)) as client:
        requests = (TextToImage(prompt=f"fox {number}") for number in range(30))
        async for _, result in client.generate_many(requests, concurrency=10):
            assert isinstance(result, Image)
    check_thirty(log, server)


def test_log_of_calls_at_once_sync(server: RunningSandbox, log: AuditLog) -> None:
    """Nor through the sync client."""
    with Imagine(**options(server, log)) as client:
        requests = (TextToImage(prompt=f"fox {number}") for number in range(30))
        assert len(list(client.generate_many(requests, concurrency=10))) == 30
    check_thirty(log, server)


def check_thirty(log: AuditLog, server: RunningSandbox) -> None:
    assert charged(server)["calls"] == 30
    assert log.execute("SELECT step, count(DISTINCT id), sum(tokens) FROM audit GROUP BY step") == [
        ("began", 30, 0),
        ("finished", 30, charged(server)["tokens"]),
    ]
    assert log.execute(UNFINISHED) == []


@pytest.mark.anyio
async def test_call_that_cannot_be_written_down_is_not_made(server: RunningSandbox, log: AuditLog) -> None:
    """Where the first row fails, nothing is sent."""
    log.execute("DROP TABLE audit")
    async with AsyncImagine(**options(server, log)) as client:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await client.text_to_image("a red fox")
        assert ((await client.usage()).rows, charged(server)["calls"]) == ((), 0)


@pytest.mark.anyio
async def test_picture_outlives_its_log(log: AuditLog) -> None:
    """Where the second row fails, the picture that was paid for comes through, and so does an error."""

    async def drop(call: Call) -> Image:
        log.execute("DROP TABLE audit")
        return await (fail if call.tag else succeed)(call)

    async def fail(call: Call) -> Image:
        raise KeyError("mine")

    assert await log.around_call(new_call(), drop) is not None
    log.execute("CREATE TABLE audit (id, step, at, endpoint, tag, seed, prompt_sha256, outcome, tokens, seconds)")
    with pytest.raises(KeyError, match="mine"):
        await log.around_call(new_call(tag="design"), drop)
