"""The sub-client `v1`: its six calls against the sandbox in either dialect, and what they pass on."""

from __future__ import annotations

import inspect
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from io import BytesIO
from typing import Any

import attrs
import pytest

from imagine_async.calls.v1 import AsyncV1
from imagine_async.catalog import V1_ENDPOINTS, Invented
from imagine_async.client import AsyncImagine
from imagine_async.errors import (
    AuthenticationError,
    BudgetExceededError,
    ConfigurationError,
    DeadlineExceededError,
    InsufficientCreditsError,
    InvalidRequestError,
    Outcome,
    ServerError,
)
from imagine_async.middleware import NO_RETRY
from imagine_async.requests_v1 import (
    V1Generations,
    V1Guided,
    V1Inpaint,
    V1Remix,
    V1Request,
    V1Upscale,
    V1Variations,
)
from imagine_async.results import Image
from imagine_async.sandbox import SandboxSettings
from imagine_async.sandbox.server import RunningSandbox, running_sandbox
from tests.flat_engine import FlatEngine
from tests.pictures import encode, variety
from tests.scripted_server import Behaviour, read_head, read_request, reply, scripted_server

PNG, MASK = variety("png"), encode("PNG", mode="L")

CALLS: dict[str, tuple[Callable[[AsyncV1], Awaitable[Image]], type[V1Request]]] = {
    "generations": (
        lambda v1: v1.generations(
            "a fox",
            aspect_ratio="3:1",
            negative_prompt="dogs",
            cfg=9.5,
            high_res_results=True,
            extra={"samples": 1},
            style_id=29,
            seed=7,
            steps=40,
        ),
        V1Generations,
    ),
    "variations": (
        lambda v1: v1.variations(
            PNG,
            "a fox",
            aspect_ratio="8:10",
            negative_prompt="dogs",
            cfg=9.5,
            strength=0.25,
            extra={"samples": 1},
            style_id=29,
            seed=7,
            steps=40,
        ),
        V1Variations,
    ),
    "remix": (
        lambda v1: v1.remix(
            PNG,
            "a fox",
            aspect_ratio="3:2",
            negative_prompt="dogs",
            cfg=9.5,
            strength=25,
            control="depth",
            extra={"samples": 1},
            style_id=29,
            seed=7,
            steps=40,
        ),
        V1Remix,
    ),
    "inpaint": (
        lambda v1: v1.inpaint(
            PNG,
            MASK,
            "a hat",
            style_id=1,
            model_version=1,
            negative_prompt="dogs",
            cfg=9.5,
            inpaint_strength=0.5,
            extra={"samples": 1},
        ),
        V1Inpaint,
    ),
    "upscale": (lambda v1: v1.upscale(PNG, model_version=1, extra={"samples": 1}), V1Upscale),
    "guided": (
        lambda v1: v1.guided(
            PNG,
            "a fox",
            aspect_ratio="4:3",
            negative_prompt="dogs",
            generation_bias=0.5,
            artistic_noise=0.15,
            aesthetics_weight=0.75,
            extra={"samples": 1},
            style_id=29,
            seed=7,
            steps=40,
        ),
        V1Guided,
    ),
}
PLAIN: dict[str, Callable[[AsyncV1], Awaitable[Image]]] = {
    "generations": lambda v1: v1.generations("a fox"),
    "variations": lambda v1: v1.variations(PNG, "a fox"),
    "remix": lambda v1: v1.remix(PNG, "a fox"),
    "inpaint": lambda v1: v1.inpaint(PNG, MASK, "a hat"),
    "upscale": lambda v1: v1.upscale(PNG),
    "guided": lambda v1: v1.guided(PNG, "a fox"),
}

every_call = pytest.mark.parametrize("name", CALLS)
every_dialect = pytest.mark.parametrize("dialect", ["javascript", "python"])


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    """A sandbox on a socket, without limits."""
    with running_sandbox(SandboxSettings(side=64, credits=None, rate_limit=None), engine=FlatEngine()) as running:
        yield running


def client_of(base_url: str, key: str = "vk-sandbox", **options: Any) -> AsyncImagine:
    return AsyncImagine(key, base_url=base_url, rate_limit=None, **{"retry": NO_RETRY} | options)


def recording(heads: list[bytes]) -> Behaviour:
    """Answer with a picture, and keep the head of the request."""

    def behave(connection: socket.socket) -> None:
        heads.append(read_request(connection)[0])
        connection.sendall(reply(PNG, headers="Connection: close\r\n"))

    return behave


@pytest.mark.anyio
@every_dialect
@every_call
async def test_calls_with_every_argument(name: str, dialect: str, sandbox: RunningSandbox) -> None:
    """Every argument of every call reaches the request under its own name, and the server takes the form."""
    call, request_class = CALLS[name]
    async with client_of(sandbox.base_url, v1_dialect=dialect) as client:
        image = await call(client.v1)
    request = image.request
    assert type(request) is request_class
    assert request.dialect.name == dialect
    defaults = {each.name: each.default for each in attrs.fields(request_class) if each.default is not attrs.NOTHING}
    unchanged = {each for each, default in defaults.items() if getattr(request, each) == default}
    assert unchanged <= {"dialect"}
    assert dict(request.form())["samples"] == "1"
    assert image.seed == getattr(request, "seed", None)


@pytest.mark.anyio
@every_dialect
@every_call
async def test_calls_as_short_as_can_be(name: str, dialect: str, sandbox: RunningSandbox) -> None:
    """Without options, the server takes the form of either dialect, and charges what the client books."""
    before = sandbox.books()["accounts"][0]["tokens"]
    async with client_of(sandbox.base_url, v1_dialect=dialect, prices=Invented.PRICES) as client:
        image = await PLAIN[name](client.v1)
        usage = await client.usage()
    assert image.format == "png"
    assert (usage.calls, usage.tokens) == (1, Invented.PRICES[f"v1.{name}"])
    assert sandbox.books()["accounts"][0]["tokens"] - before == usage.tokens


@pytest.mark.anyio
@every_call
async def test_defaults_are_those_of_the_requests(name: str, sandbox: RunningSandbox) -> None:
    """A call without options makes the request that its class makes without them."""
    async with client_of(sandbox.base_url) as client:
        image = await PLAIN[name](client.v1)
    given = {"prompt", "image", "mask", "seed", "extra"}
    for each in attrs.fields(CALLS[name][1]):
        if each.name not in given:
            assert getattr(image.request, each.name) == each.default


@every_call
def test_arguments_are_those_of_the_requests(name: str) -> None:
    """Call and request have the same options, with the same defaults; how a call is made is the call's own."""
    parameters = inspect.signature(getattr(AsyncV1, name)).parameters
    options = {key: each.default for key, each in parameters.items() if each.kind is each.KEYWORD_ONLY}
    fields = {each.name: each.default for each in attrs.fields(CALLS[name][1]) if each.default is not attrs.NOTHING}
    assert set(options) - {"headers", "timeout", "priority", "tag", "resend_unknown"} == set(fields) - {"dialect"}
    assert {key: options[key] for key in fields.keys() & options.keys() - {"extra"}} == {
        key: fields[key] for key in fields.keys() & options.keys() - {"extra"}
    }


def test_there_are_six_calls() -> None:
    """There is one call for each endpoint of v1, and nothing else is public."""
    public = {name for name in vars(AsyncV1) if not name.startswith("_")}
    assert public == set(CALLS) == {endpoint.name.removeprefix("v1.") for endpoint in V1_ENDPOINTS}
    assert all(inspect.iscoroutinefunction(getattr(AsyncV1, name)) for name in public)


@pytest.mark.anyio
@every_dialect
@every_call
async def test_key_and_headers_on_the_wire(name: str, dialect: str) -> None:
    """The key travels as the dialect says and nowhere else, and the call's own headers go along."""
    heads: list[bytes] = []
    with scripted_server(recording(heads)) as server:
        async with client_of(server.url, "vk-secret", v1_dialect=dialect) as client:
            await getattr(client.v1, name)(*required(name), headers={"X-Trace": "7"})
    lines = heads[0].decode().lower().split("\r\n")
    wanted = "bearer: vk-secret" if dialect == "python" else "authorization: bearer vk-secret"
    assert [line for line in lines if "vk-secret" in line] == [wanted]
    assert "x-trace: 7" in lines


def required(name: str) -> list[Any]:
    parameters = inspect.signature(getattr(AsyncV1, name)).parameters
    values = {"image": PNG, "mask": MASK, "prompt": "a fox"}
    return [values[each] for each in parameters if each in values]


def fall_silent(connection: socket.socket) -> None:
    """Never answer."""
    read_head(connection)
    while connection.recv(1 << 16):
        pass


@pytest.mark.anyio
@every_call
async def test_timeout_is_the_calls(name: str) -> None:
    """A call's own timeout bounds it."""
    with scripted_server(fall_silent) as server:
        async with client_of(server.url, timeout=60) as client:
            with pytest.raises(DeadlineExceededError) as caught:
                await getattr(client.v1, name)(*required(name), timeout=0.2)
    assert caught.value.outcome is Outcome.UNKNOWN


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda v1: v1.generations(" "), "prompt"),
        (lambda v1: v1.generations("fox", cfg=2.9), "cfg"),
        (lambda v1: v1.generations("fox", extra={"cfg": 7}), "extra['cfg']"),
        (lambda v1: v1.variations(PNG, "fox", strength=85), "strength"),
        (lambda v1: v1.variations(b"text", "fox"), "image"),
        (lambda v1: v1.remix(PNG, "fox", style_id=27), "style_id"),
        (lambda v1: v1.inpaint(PNG, variety("png-alpha")[:20], "hat"), "mask"),
        (lambda v1: v1.inpaint(PNG, encode("PNG", size=(9, 9)), "hat"), "mask"),
        (lambda v1: v1.upscale(PNG, model_version=0), "model_version"),
        (lambda v1: v1.guided(PNG, "fox", artistic_noise=0.3), "artistic_noise"),
    ],
)
async def test_bad_input_is_not_sent(call: Callable[[AsyncV1], Awaitable[Image]], field: str) -> None:
    """A bad value is refused by its name before any connection is made."""
    with scripted_server(fall_silent) as server:
        async with client_of(server.url) as client:
            with pytest.raises(InvalidRequestError) as caught:
                await call(client.v1)
        assert server.connections == 0
    assert caught.value.field == field


class Watched(BytesIO):
    """A file that notes which threads read it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.readers: set[int] = set()

    def read(self, size: int | None = -1) -> bytes:
        self.readers.add(threading.get_ident())
        return super().read(size)


@pytest.mark.anyio
@pytest.mark.parametrize("name", [name for name in CALLS if name != "generations"])
async def test_pictures_are_read_off_the_loop(name: str, sandbox: RunningSandbox) -> None:
    """Files are looked into in worker threads, never on the event loop."""
    file = Watched(PNG)
    async with client_of(sandbox.base_url) as client:
        await getattr(client.v1, name)(file, *required(name)[1:])
    assert file.readers
    assert threading.get_ident() not in file.readers


@pytest.mark.anyio
async def test_budget_is_shared(sandbox: RunningSandbox) -> None:
    """Calls of v1 count against the client's budget."""
    async with client_of(sandbox.base_url, prices=Invented.PRICES, budget=6) as client:
        await client.v1.generations("a fox")
        with pytest.raises(BudgetExceededError):
            await client.v1.generations("a fox")
        assert (await client.usage()).calls == 1


@pytest.mark.anyio
async def test_price_of_a_single_style(sandbox: RunningSandbox) -> None:
    """A price may be named for a style's number."""
    prices = {"v1.generations": 2, "v1.generations/33": 7}
    async with client_of(sandbox.base_url, prices=prices) as client:
        assert (await client.v1.generations("a fox")).tokens == 2
        assert (await client.v1.generations("a fox", style_id=33)).tokens == 7


@pytest.mark.anyio
@every_dialect
async def test_derived_clients_keep_the_dialect(dialect: str, sandbox: RunningSandbox) -> None:
    """A client with other options speaks as the one that it came from."""
    async with client_of(sandbox.base_url, v1_dialect=dialect) as client:
        image = await client.with_options(timeout=30).v1.upscale(PNG)
    assert isinstance(image.request, V1Upscale)
    assert image.request.dialect.name == dialect


def test_unknown_dialect_is_refused() -> None:
    """A dialect that there is not is refused when the client is made."""
    with pytest.raises(ConfigurationError, match="v1_dialect='ruby'"):
        client_of("http://127.0.0.1:9", v1_dialect="ruby")


@pytest.mark.anyio
@every_dialect
async def test_errors_of_v1_are_typed(dialect: str, sandbox: RunningSandbox) -> None:
    """A wrong key, an empty account and an unlisted ratio are told apart, although v1 answers otherwise than v2."""
    async with client_of(sandbox.base_url, "vk-wrong", v1_dialect=dialect) as client:
        with pytest.raises(AuthenticationError):
            await client.v1.generations("a fox")
    async with client_of(sandbox.base_url, v1_dialect=dialect) as client:
        with pytest.raises(ServerError) as caught:
            await client.v1.generations("a fox", aspect_ratio="21:9")
    assert (caught.value.status, caught.value.outcome) == (500, Outcome.UNKNOWN)
    with running_sandbox(SandboxSettings(side=16, credits=0), engine=FlatEngine()) as poor:
        async with client_of(poor.base_url, v1_dialect=dialect) as client:
            with pytest.raises(InsufficientCreditsError) as refused:
                await client.v1.generations("a fox")
    assert refused.value.status == 424


@pytest.mark.anyio
async def test_missing_seed_is_chosen_and_reported(sandbox: RunningSandbox) -> None:
    """Where no seed is given, the SDK chooses one, sends it, and tells which."""
    async with client_of(sandbox.base_url) as client:
        image = await client.v1.guided(PNG, "a fox")
    assert image.seed is not None
    assert dict(image.request.form())["seed"] == str(image.seed)
