"""The async client: what each call sends, what bad input says, and what options do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import HTTP
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import respx

from imagine_async import (
    AsyncImagine,
    BudgetExceededError,
    Call,
    ConfigurationError,
    DeadlineExceededError,
    Event,
    Handler,
    Image,
    InsufficientCreditsError,
    InvalidRequestError,
    Middleware,
    Outcome,
    Result,
    TextToImage,
    UnpricedCallError,
)
from imagine_async.clock import Clock
from tests.samples import png_bytes

pytestmark = pytest.mark.anyio

PNG = png_bytes()
MASK = png_bytes(colour="white")


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    """Stand in for the API, and answer every call with a picture."""
    with respx.mock(base_url="https://api.vyro.ai", assert_all_called=False) as router:
        router.post(path__startswith="/v2/").respond(200, content=PNG)
        yield router


@pytest.fixture
async def client() -> AsyncIterator[AsyncImagine]:
    """Make a client without pacing."""
    async with AsyncImagine("vk-test", rate_limit=None) as client:
        yield client


def form_of(request: httpx.Request) -> dict[str, bytes]:
    """Read a multipart form with the standard library's parser."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = message_from_bytes(head + request.content, policy=HTTP)
    return dict(_named(part) for part in message.iter_parts())


def _named(part: Message[str, str]) -> tuple[str, bytes]:
    name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
    assert isinstance(name, str)
    assert isinstance(content, bytes)
    return name, content


CALLS: dict[str, tuple[Callable[[AsyncImagine], Awaitable[Image]], str, dict[str, bytes]]] = {
    "text_to_image": (
        lambda client: client.text_to_image("a fox", style="anime", aspect_ratio="16:9", seed=5),
        "/v2/image/generations",
        {"prompt": b"a fox", "style": b"anime", "aspect_ratio": b"16:9", "seed": b"5"},
    ),
    "text_to_image by default": (
        lambda client: client.text_to_image("a fox", seed=5),
        "/v2/image/generations",
        {"prompt": b"a fox", "style": b"imagine-turbo", "aspect_ratio": b"1:1", "seed": b"5"},
    ),
    "text_to_png": (
        lambda client: client.text_to_png("a fox", seed=5),
        "/v2/image/generations/transparent",
        {"prompt": b"a fox", "aspect_ratio": b"1:1", "seed": b"5"},
    ),
    "remove_background": (
        lambda client: client.remove_background(PNG),
        "/v2/image/background/remover",
        {"image": PNG},
    ),
    "upscale": (lambda client: client.upscale(PNG), "/v2/image/enhance", {"image": PNG}),
    "generative_fill": (
        lambda client: client.generative_fill(PNG, MASK, "a hat"),
        "/v2/image/edits/generative-fill",
        {"prompt": b"a hat", "image": PNG, "mask": MASK},
    ),
    "ai_resize": (
        lambda client: client.ai_resize(PNG, prompt="more sky", mask=MASK, extra={"width": 64}),
        "/v2/image/edits/ai-resize",
        {"image": PNG, "prompt": b"more sky", "mask": MASK, "width": b"64"},
    ),
    "ai_resize of a picture alone": (
        lambda client: client.ai_resize(PNG),
        "/v2/image/edits/ai-resize",
        {"image": PNG},
    ),
    "retouch": (
        lambda client: client.retouch(PNG, MASK),
        "/v2/image/edits/remove",
        {"image": PNG, "mask": MASK},
    ),
    "ai_background": (
        lambda client: client.ai_background(PNG, "a table", seed=3),
        "/v2/image/generations/ai-background",
        {"prompt": b"a table", "image": PNG, "style": b"product-shoot", "seed": b"3"},
    ),
}


@pytest.mark.parametrize(("call", "path", "form"), CALLS.values(), ids=list(CALLS))
async def test_call_sends_its_form(
    api: respx.MockRouter,
    client: AsyncImagine,
    call: Callable[[AsyncImagine], Awaitable[Image]],
    path: str,
    form: dict[str, bytes],
) -> None:
    """Each method posts the documented fields to the documented path, and gives the picture back."""
    image = await call(client)
    request = api.calls.last.request
    assert request.url.path == path
    assert form_of(request) == form
    assert (image.content, image.format, image.width, image.height) == (PNG, "png", 16, 16)


async def test_seed_is_chosen_and_reported(api: respx.MockRouter, client: AsyncImagine) -> None:
    """Where the caller gives no seed, the SDK sends one and reports it."""
    image = await client.text_to_image("a fox")
    assert form_of(api.calls.last.request)["seed"] == str(image.seed).encode()
    assert image.request == TextToImage(prompt="a fox", seed=image.seed)


async def test_chosen_seeds_differ(api: respx.MockRouter, client: AsyncImagine) -> None:
    """Two calls without a seed are two pictures."""
    first, second = await client.text_to_image("a fox"), await client.text_to_image("a fox")
    assert first.seed != second.seed


async def test_picture_of_a_call_is_the_input_of_the_next(api: respx.MockRouter, client: AsyncImagine) -> None:
    """An `Image` can be handed to an edit as it is."""
    await client.upscale(await client.text_to_image("a fox"))
    assert form_of(api.calls.last.request) == {"image": PNG}


def _missing(_: Path) -> Any:
    return "no-such-file.png"


def _text_file(folder: Path) -> Any:
    (folder / "notes.png").write_text("this is no picture")
    return folder / "notes.png"


BAD_INPUT: dict[str, tuple[Callable[[AsyncImagine, Path], Awaitable[Image]], str]] = {
    "empty prompt": (lambda client, _: client.text_to_image(""), r"prompt='': pass a text"),
    "blank prompt": (lambda client, _: client.text_to_image(" \n"), r"prompt=.*pass a text"),
    "seed 0": (lambda client, _: client.text_to_image("a fox", seed=0), r"seed=0: .*at least 1"),
    "unreadable path": (lambda client, folder: client.upscale(_missing(folder)), r"image='no-such-file.png': .*read"),
    "folder": (lambda client, folder: client.upscale(folder), r"image=.*: "),
    "text file": (lambda client, folder: client.upscale(_text_file(folder)), r"notes.png': this is no JPEG, PNG"),
    "empty bytes": (lambda client, _: client.upscale(b""), r"image=<0 bytes>: this is no JPEG"),
    "text for a picture": (lambda client, _: client.upscale(BytesIO(b"<html>")), r"image=.*: this is no JPEG"),
    "mask of another size": (
        lambda client, _: client.retouch(PNG, png_bytes(8, 16)),
        r"mask='8x16': the mask must have the image's size, 16x16 pixels",
    ),
    "extra that is an argument": (
        lambda client, _: client.text_to_image("a fox", extra={"seed": 3}),
        r"extra\['seed'\]='3': pass it as the argument seed=",
    ),
}


@pytest.mark.parametrize(("call", "message"), BAD_INPUT.values(), ids=list(BAD_INPUT))
async def test_bad_input_is_refused_before_sending(
    api: respx.MockRouter,
    client: AsyncImagine,
    tmp_path: Path,
    call: Callable[[AsyncImagine, Path], Awaitable[Image]],
    message: str,
) -> None:
    """The error names the field, the value and the way out; nothing is sent and nothing booked."""
    with pytest.raises(InvalidRequestError, match=message) as caught:
        await call(client, tmp_path)
    assert caught.value.outcome is Outcome.NOT_SENT
    assert len(api.calls) == 0
    assert (await client.usage()).calls == 0


async def test_unknown_keyword_is_named(api: respx.MockRouter, client: AsyncImagine) -> None:
    """A misspelt argument is Python's own error, which names it; nothing is sent."""
    wrong: Any = {"stile": "anime"}
    with pytest.raises(TypeError, match="unexpected keyword argument 'stile'"):
        await client.text_to_image("a fox", **wrong)
    assert len(api.calls) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": 0}, "timeout=0"),
        ({"timeout": "5"}, "timeout='5'"),
        ({"rate_limit": "fast"}, "rate_limit='fast'"),
        ({"rate_limit": "0/60s"}, "rate_limit=0/60"),
        ({"budget": -1}, "budget=-1"),
        ({"max_connections": 0}, "max_connections=0"),
        ({"max_connections": 0.5}, "max_connections=0.5"),
        ({"max_reply_bytes": float("inf")}, "max_reply_bytes=inf"),
        ({"base_url": "api.vyro.ai"}, "base_url='api.vyro.ai'"),
        ({"base_url": "https://api.vyro.ai/v2"}, "leave the version out"),
    ],
    ids=str,
)
def test_setting_out_of_range_is_refused(options: dict[str, Any], message: str) -> None:
    """A wrong setting is named when the client is made."""
    with pytest.raises(ConfigurationError, match=message):
        AsyncImagine("vk-test", **options)


def test_missing_key_says_where_to_get_one() -> None:
    """Without a key the error names the argument, the variable, the vendor's page and the sandbox."""
    with pytest.raises(ConfigurationError, match=r"api_key=.*IMAGINE_API_KEY.*platform\.imagine\.art.*sandbox"):
        AsyncImagine()


async def test_key_and_base_url_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both can be set outside the program."""
    monkeypatch.setenv("IMAGINE_API_KEY", "vk-from-outside")
    monkeypatch.setenv("IMAGINE_BASE_URL", "https://imagine.example.com/")
    with respx.mock() as router:
        route = router.post("https://imagine.example.com/v2/image/generations").respond(200, content=PNG)
        async with AsyncImagine() as client:
            await client.text_to_image("a fox")
    assert route.calls.last.request.headers.get_list("authorization") == ["Bearer vk-from-outside"]


async def test_budget_is_kept_by_concurrent_calls(api: respx.MockRouter) -> None:
    """Of 200 calls at once under a budget of 50 tokens exactly 50 are sent; the others say why they were not."""
    requests = [TextToImage(prompt=f"fox {number}") for number in range(200)]
    async with AsyncImagine("vk-test", rate_limit=None, budget=50) as client:
        results = [result async for _, result in client.generate_many(requests, concurrency=200)]
    refused = [result for result in results if not isinstance(result, Image)]
    assert len(api.calls) == (await client.usage()).tokens == 50
    assert [type(result) for result in refused] == [BudgetExceededError] * 150


async def test_unknown_price_is_refused_under_a_budget(api: respx.MockRouter) -> None:
    """A call whose price nobody knows is not sent under a budget, unless the user says what it costs."""
    async with AsyncImagine("vk-test", rate_limit=None, budget=50) as client:
        with pytest.raises(UnpricedCallError, match="upscale"):
            await client.upscale(PNG)
    assert len(api.calls) == 0
    async with AsyncImagine("vk-test", rate_limit=None, budget=50, prices={"upscale": 4}) as client:
        assert (await client.upscale(PNG)).tokens == 4


class HandClock(Clock):
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        await anyio.lowlevel.checkpoint()
        self.slept.append(seconds)
        self.time += seconds


async def test_calls_are_paced_before_they_are_sent(api: respx.MockRouter) -> None:
    """After the burst each call waits for its slot."""
    clock = HandClock()
    async with AsyncImagine("vk-test", rate_limit="10/10s", clock=clock) as client:
        for _ in range(4):
            await client.text_to_image("a fox")
    assert clock.slept == [pytest.approx(1)] * 2


async def test_wait_beyond_the_deadline_is_refused_at_once(api: respx.MockRouter) -> None:
    """A call whose slot comes after its deadline is not sent, and does not wait to find out."""
    clock = HandClock()
    async with AsyncImagine("vk-test", rate_limit="1/60s", clock=clock, timeout=30) as client:
        await client.text_to_image("a fox")
        with pytest.raises(DeadlineExceededError, match="rate limit would hold the call for 60") as caught:
            await client.text_to_image("a fox")
    assert caught.value.outcome is Outcome.NOT_SENT
    assert len(api.calls) == 1
    assert (await client.usage()).calls == 1


async def test_deadline_covers_middleware(api: respx.MockRouter) -> None:
    """A middleware that hangs is ended by the call's own timeout, with the tokens given back."""

    class Hanging(Middleware):
        async def around_attempt(self, call: Call, next: Handler) -> Result:
            await anyio.sleep_forever()
            return await next(call)

    async with AsyncImagine("vk-test", rate_limit=None, budget=1, middleware=[Hanging()]) as client:
        with pytest.raises(DeadlineExceededError) as caught:
            await client.text_to_image("a fox", timeout=0.05)
        assert caught.value.outcome is Outcome.NOT_SENT
        assert (await client.usage()).calls == 0


async def test_middleware_wraps_call_and_attempt(api: respx.MockRouter) -> None:
    """A middleware of the user's may add headers to every attempt, and sees the call once."""
    seen = []

    class Tag(Middleware):
        async def around_call(self, call: Call, next: Handler) -> Result:
            seen.append("call")
            return await next(call)

        async def around_attempt(self, call: Call, next: Handler) -> Result:
            seen.append("attempt")
            call.headers["x-team"] = "design"
            return await next(call)

    api.post(path__startswith="/v2/").mock(
        side_effect=[httpx.Response(429, headers={"retry-after": "0"}), httpx.Response(200, content=PNG)]
    )
    async with AsyncImagine("vk-test", rate_limit=None, middleware=[Tag()]) as client:
        await client.text_to_image("a fox")
    assert seen == ["call", "attempt", "attempt"]
    assert api.calls.last.request.headers["x-team"] == "design"


async def test_observers_are_told_everything_in_order(api: respx.MockRouter) -> None:
    """One call tells of its reservation, sending, reply, booking and end."""
    events: list[Event] = []
    async with AsyncImagine("vk-test", rate_limit=None, observers=[events.append]) as client:
        image = await client.text_to_image("a fox")
    kinds = [event.kind for event in events]
    assert kinds == ["reserved", "sending", "first_byte", "downloaded", "settled", "finished"]
    assert {event.call_id for event in events} == {image.call_id}


async def test_injected_http_client_is_used_and_left_open() -> None:
    """A client of the caller's carries the calls, form and its own headers, and stays open when ours is closed."""
    forms = []

    def answer(request: httpx.Request) -> httpx.Response:
        forms.append((form_of(request), request.headers["x-proxy"]))
        return httpx.Response(200, content=PNG)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), headers={"x-proxy": "7"}) as http_client:
        async with AsyncImagine("vk-test", http_client=http_client) as client:
            assert (await client.upscale(PNG)).format == "png"
        assert not http_client.is_closed
    assert forms == [({"image": PNG}, "7")]


async def test_repr_tells_where_and_not_the_key(api: respx.MockRouter, client: AsyncImagine) -> None:
    """The client's repr says where calls go."""
    assert repr(client) == "<AsyncImagine https://api.vyro.ai>"


async def test_sandbox_serves_every_endpoint_in_process() -> None:
    """The in-process sandbox paints, edits and charges, with no socket and no key."""
    async with AsyncImagine.sandbox(side=64, server_rate_limit=None, rate_limit=None) as client:
        picture = await client.text_to_image("a red fox", seed=3)
        mask = png_bytes(64, 64, colour="white")
        cut = await client.text_to_png("a blue mug", seed=3)
        results = [
            picture,
            cut,
            await client.remove_background(picture),
            await client.upscale(picture),
            await client.generative_fill(picture, mask, "a tree"),
            await client.ai_resize(picture),
            await client.retouch(picture, mask),
            await client.ai_background(cut, "a table at sunset"),
        ]
    assert [image.format for image in results] == ["jpeg", "png", "png", "jpeg", "jpeg", "jpeg", "jpeg", "jpeg"]
    assert results[3].width == 128
    assert (await client.usage()).calls == 8
    assert (await client.usage()).tokens == sum(image.tokens or 0 for image in results)


@pytest.mark.parametrize("missing", ["starlette", "numpy", "PIL", "python_multipart"])
def test_sandbox_without_its_extra_says_what_to_install(missing: str) -> None:
    """Whichever package of the extra is missing, the error names the extra."""
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from imagine_async import AsyncImagine, MissingExtraError\n"
        "try: AsyncImagine.sandbox()\n"
        "except MissingExtraError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert 'pip install "imagine-async[sandbox]"' in said


async def test_sandbox_out_of_tokens_is_a_clear_error() -> None:
    """An account of the sandbox that is empty answers as the API does."""
    async with AsyncImagine.sandbox(side=16, credits=0) as client:
        with pytest.raises(InsufficientCreditsError, match="code 1101") as caught:
            await client.text_to_image("a fox")
    assert caught.value.outcome is Outcome.REJECTED
    assert (await client.usage()).calls == 0


async def test_same_seed_gives_the_same_picture() -> None:
    """Prompt, style and seed make a picture again, byte for byte."""
    async with AsyncImagine.sandbox(side=32) as client:
        first = await client.text_to_image("a red fox", style="anime", seed=9)
        again = await client.send(first.request)
        other = await client.text_to_image("a red fox", style="anime", seed=10)
    assert first.content == again.content != other.content
