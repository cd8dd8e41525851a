"""Derived clients, and the options of single calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import respx
from httpx import Request as HttpRequest
from httpx import Response

from imagine_async import NO_RETRY, AsyncImagine, Imagine, Middleware, TextToImage, Timeout, errors
from imagine_async.call import Call, Event, Handler, Result
from imagine_async.catalog import DEFAULT_BASE_URL, TEXT_TO_IMAGE
from tests.samples import png_bytes

pytestmark = pytest.mark.anyio
URL = DEFAULT_BASE_URL + TEXT_TO_IMAGE.path


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    """Answer every call with a picture."""
    with respx.mock(assert_all_called=False) as router:
        router.post(URL).mock(return_value=Response(200, content=png_bytes()))
        yield router


def sent(api: respx.MockRouter) -> list[HttpRequest]:
    return [call.request for call in api.calls]


class Tag(Middleware):
    """Adds a header to every attempt."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        call.headers[self.name] = "seen"
        return await next(call)


async def test_headers_of_client_derived_client_and_call(api: respx.MockRouter) -> None:
    """Headers add up, the nearest to the call wins, and they stay with whom they were given to."""
    async with AsyncImagine("vk-test", headers={"X-Team": "design", "x-a": "client"}) as client:
        derived = client.with_options(headers={"x-a": "derived", "x-b": "derived"})
        await derived.text_to_image("a fox", headers={"x-b": "call"})
        await client.text_to_image("a fox")
    first, second = sent(api)
    assert (first.headers["x-team"], first.headers["x-a"], first.headers["x-b"]) == ("design", "derived", "call")
    assert (second.headers["x-team"], second.headers["x-a"]) == ("design", "client")
    assert "x-b" not in second.headers


async def test_headers_that_cannot_be_sent(api: respx.MockRouter) -> None:
    """A header that would replace the key, or break the request, is refused before anything is sent."""
    async with AsyncImagine("vk-test") as client:
        for wrong in ({"authorization": "Bearer other"}, {"x-a": "one\r\ntwo"}):
            with pytest.raises(errors.InvalidRequestError, match="headers"):
                await client.text_to_image("a fox", headers=wrong)
            with pytest.raises(errors.InvalidRequestError, match="headers"):
                client.with_options(headers=wrong)
            with pytest.raises(errors.InvalidRequestError, match="headers"):
                AsyncImagine("vk-test", headers=wrong)
    assert sent(api) == []


async def test_ledger_budget_and_limit_are_shared(api: respx.MockRouter) -> None:
    """What a derived client spends is spent for all, and the budget stops all."""
    async with AsyncImagine("vk-test", budget=2) as client:
        derived = client.with_options(timeout=5).with_options(retry=NO_RETRY)
        await derived.text_to_image("a fox")
        await client.text_to_image("a fox")
        assert (await client.usage()) == await derived.usage()
        assert (await client.usage()).tokens == 2
        with pytest.raises(errors.BudgetExceededError):
            await derived.text_to_image("a fox")
    assert derived._shared is client._shared


async def test_middleware_and_observers_take_the_place_of_the_clients(api: respx.MockRouter) -> None:
    """A derived client has its own steps and watchers, or, if none are given, those of its parent."""
    events: list[Event] = []
    async with AsyncImagine("vk-test", middleware=[Tag("x-one")], observers=[events.append]) as client:
        await client.with_options(timeout=5).text_to_image("a fox")
        assert events
        events.clear()
        await client.with_options(middleware=[Tag("x-two")], observers=[]).text_to_image("a fox")
    assert "x-one" in sent(api)[0].headers
    assert "x-two" in sent(api)[1].headers
    assert "x-one" not in sent(api)[1].headers
    assert events == []


async def test_retry_of_its_own(api: respx.MockRouter) -> None:
    """Where the parent sends a refusal again, the derived client may not."""
    api.post(URL).mock(return_value=Response(429, headers={"retry-after": "0"}))
    async with AsyncImagine("vk-test", rate_limit=None) as client:
        with pytest.raises(errors.RateLimitedError):
            await client.with_options(retry=NO_RETRY).text_to_image("a fox")
        assert len(sent(api)) == 1
        with pytest.raises(errors.RateLimitedError):
            await client.text_to_image("a fox")
    assert len(sent(api)) == 4


async def test_closing_a_derived_client_closes_nobody_else(api: respx.MockRouter) -> None:
    """Its block ends; the connections go on, until their owner is closed."""
    async with AsyncImagine("vk-test") as client:
        async with client.with_options(timeout=5) as derived:
            await derived.text_to_image("a fox")
        with pytest.raises(errors.ClientClosedError):
            await derived.text_to_image("a fox")
        await client.text_to_image("a fox")
        other = client.with_options()
    with pytest.raises(errors.ClientClosedError):
        await other.text_to_image("a fox")


@pytest.mark.parametrize(
    ("options", "message"),
    [({"timeout": 0}, "timeout=0"), ({"timeout": "5"}, "timeout='5'"), ({"timeout": True}, "timeout=True")],
)
async def test_bad_options(options: dict[str, Any], message: str) -> None:
    """A wrong option is named, for a derived client as for a call."""
    async with AsyncImagine("vk-test") as client:
        with pytest.raises(errors.ConfigurationError, match=message):
            client.with_options(**options)
        with pytest.raises(errors.ConfigurationError, match=message):
            await client.text_to_image("a fox", **options)


async def test_timeout_reaches_the_wire(api: respx.MockRouter) -> None:
    """The parts of a `Timeout` bound the parts of the exchange; a bare number leaves them as they are."""
    async with AsyncImagine("vk-test", timeout=Timeout(100, connect=1, read=2, write=3)) as client:
        await client.text_to_image("a fox")
        await client.send(TextToImage(prompt="a fox"), timeout=Timeout(9, connect=4))
    bounds = [request.extensions["timeout"] for request in sent(api)]
    assert [{name: each[name] for name in ("connect", "read", "write")} for each in bounds] == [
        {"connect": 1, "read": 2, "write": 3},
        {"connect": 4, "read": None, "write": None},
    ]


async def test_unknown_dialect_is_refused() -> None:
    """There are two dialects of v1."""
    with pytest.raises(errors.ConfigurationError, match="v1_dialect='klingon'"):
        AsyncImagine("vk-test", v1_dialect="klingon")  # type: ignore[arg-type]


def test_sync_clients_are_derived_too(api: respx.MockRouter) -> None:
    """The sync client's derived clients are sync clients that share its books."""
    with Imagine("vk-test", budget=2) as client:
        derived = client.with_options(headers={"x-a": "derived"})
        assert isinstance(derived, Imagine)
        derived.text_to_image("a fox")
        assert client.usage().tokens == 1
    assert sent(api)[0].headers["x-a"] == "derived"
