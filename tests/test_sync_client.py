"""The generated client at work: calls, iterations, derived clients, v1, forks."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable, Iterator

import anyio
import pytest
import respx
from httpx import Request as HttpRequest
from httpx import Response

from imagine_async.call import Event
from imagine_async.catalog import DEFAULT_BASE_URL, TEXT_TO_IMAGE
from imagine_async.config import Secret
from imagine_async.errors import ClientClosedError, ConfigurationError, DeadlineExceededError
from imagine_async.requests import TextToImage
from imagine_async.results import Image
from imagine_async.sync import Imagine
from tests.samples import png_bytes
from tests.sandbox_process import REAL_ENGINE, SandboxProcess, sandbox_process

PNG = png_bytes()
URL = DEFAULT_BASE_URL + TEXT_TO_IMAGE.path
KEY = "vk-nobody-may-see-this"


@pytest.fixture
def server() -> Iterator[respx.MockRouter]:
    """Answer every call with a picture."""
    with respx.mock(assert_all_called=False) as router:
        router.post(URL).mock(return_value=Response(200, content=PNG, headers={"content-type": "image/png"}))
        yield router


@pytest.fixture
def client(server: respx.MockRouter) -> Iterator[Imagine]:
    """Make a client without pacing."""
    with Imagine("vk-test", rate_limit=None) as client:
        yield client


def test_a_call(client: Imagine) -> None:
    """A picture comes back, and the books know of it."""
    image = client.text_to_image("a red fox", seed=7)
    assert isinstance(image, Image)
    assert image.content == PNG
    assert client.usage().calls == 1
    assert repr(client).startswith("<Imagine http")


def test_wrong_settings_are_reported_at_once() -> None:
    """The constructor raises what the async client's does."""
    with pytest.raises(ConfigurationError):
        Imagine("vk-test", timeout=0)


def test_many_calls_from_a_generator(client: Imagine) -> None:
    """A generator of requests runs in the caller's thread, and may use the client itself."""
    threads = set()

    def requests() -> Iterator[TextToImage]:
        for number in range(20):
            threads.add(threading.get_ident())
            client.text_to_image(f"before {number}")
            yield TextToImage(prompt=f"fox {number}")

    pairs = list(client.generate_many(requests(), concurrency=4))
    assert sorted(request.prompt for request, _ in pairs) == sorted(f"fox {number}" for number in range(20))
    assert all(isinstance(result, Image) for _, result in pairs)
    assert threads == {threading.get_ident()}
    assert client.usage().calls == 40


def test_leaving_the_loop_early_cancels_the_calls(client: Imagine, server: respx.MockRouter) -> None:
    """Calls on the wire are cancelled when the caller has enough, and the client goes on working."""
    inside = 0

    async def answer(request: HttpRequest) -> Response:
        nonlocal inside
        inside += 1
        try:
            if b"fox 0" not in await request.aread():
                await anyio.sleep_forever()
        finally:
            inside -= 1
        return Response(200, content=PNG, headers={"content-type": "image/png"})

    server.post(URL).mock(side_effect=answer)
    for request, _ in client.generate_many([TextToImage(prompt=f"fox {number}") for number in range(8)]):
        assert request.prompt == "fox 0"
        break
    assert inside == 0
    assert client.text_to_image("fox 0").content == PNG


def derived(client: Imagine) -> Imagine:
    """Make a client with other options."""
    return client.with_options(timeout=20)


def test_derived_client_shares_and_differs() -> None:
    """It has options of its own; books and connections are those of the client that it came from."""
    events: list[Event] = []
    with Imagine.sandbox(side=64) as client:
        other = client.with_options(observers=[events.append])
        client.text_to_image("a red fox")
        assert events == []
        assert other.text_to_image("a red fox").content
        assert events
        assert client.usage() == other.usage()
        assert client.usage().calls == 2
        assert repr(other).startswith("<Imagine http")


def test_options_of_a_derived_client_hold() -> None:
    """A timeout that cannot be met is the derived client's alone, also through `v1`."""
    with Imagine.sandbox(side=64) as client:
        hurried = client.with_options(timeout=1e-9)
        for call in (hurried.text_to_image, hurried.v1.generations):
            with pytest.raises(DeadlineExceededError):
                call("a red fox")
        assert client.text_to_image("a red fox").content


def test_wrong_options_are_reported_at_once() -> None:
    """`with_options` raises what the async client's does, not the first call afterwards."""
    with Imagine.sandbox(side=64) as client, pytest.raises(ConfigurationError):
        client.with_options(timeout=0)


def test_closing_a_derived_client_leaves_the_first_open() -> None:
    """Each refuses calls only after its own close; what it derived from goes on."""
    with Imagine.sandbox(side=64) as client:
        with derived(client) as other:
            assert other.text_to_image("a red fox").content
        with pytest.raises(ClientClosedError):
            other.text_to_image("a red fox")
        assert client.text_to_image("a red fox").content
        assert derived(client).text_to_image("a red fox").content


def test_v1() -> None:
    """The calls of v1 work through the client, and stand in its books."""
    with Imagine.sandbox(side=64) as client:
        calls = client.v1
        image = calls.generations("a red fox", seed=7)
        assert isinstance(image, Image)
        assert isinstance(calls.upscale(image), Image)
        assert {row.endpoint for row in client.usage().rows} == {"v1.generations", "v1.upscale"}


def test_subclasses_make_themselves() -> None:
    """The other constructor and `with_options` make clients of the class that they are called on."""

    class Ours(Imagine):
        """A client of the user's own."""

    with Ours.sandbox(side=64) as client:
        assert type(client) is Ours
        assert type(derived(client)) is Ours
        assert derived(client).text_to_image("a red fox").content


def test_each_process_makes_each_object_once() -> None:
    """A client, one derived from it and its `v1` are made once, not at every call."""
    with Imagine.sandbox(side=64) as client:
        for holder in (client._client, derived(client)._client, client.v1._client):
            assert holder.get() is holder.get()
        assert client.v1._client.get()._client is client._client.get()


def frames_with_the_key(error: BaseException) -> list[str]:
    """Return the functions of ours in whose frames the bare key stands, as tools that show locals see them."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename != __file__]
    assert frames
    return [frame.f_code.co_name for frame in frames if KEY in frame.f_locals.values()]


@pytest.mark.parametrize("key", [KEY, Secret(KEY)])
def test_key_stands_in_no_frame(key: str | Secret) -> None:
    """The bare key is in no frame of a traceback, and not in what the client keeps to make itself anew."""
    with pytest.raises(ConfigurationError) as caught:
        Imagine(key, timeout=0)
    assert frames_with_the_key(caught.value) == []
    kept = Imagine(key)._client._make.__closure__
    assert kept
    assert KEY not in [cell.cell_contents for cell in kept]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    """Run a server in a process of its own."""
    with sandbox_process(*REAL_ENGINE) as server:
        yield server


@pytest.fixture
def warm(sandbox: SandboxProcess) -> Iterator[Imagine]:
    """Make a client that has connections open."""
    with Imagine(sandbox.key, base_url=sandbox.base_url, rate_limit=None) as client:
        client.text_to_image("a red fox")
        yield client


def holds_in_a_child(check: Callable[[], bool]) -> bool:
    """Fork, and tell whether something is so in the child."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if check() else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
# Python 3.12 warns of forks beside threads.
may_fork = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


@needs_fork
@may_fork
def test_forked_child_makes_its_own_client(warm: Imagine) -> None:
    """A client that is warmed up works in a forked child, with books of its own, and in the parent still."""
    assert holds_in_a_child(lambda: bool(warm.text_to_image("a red fox").content) and warm.usage().calls == 1)
    assert warm.text_to_image("a red fox").content
    assert warm.usage().calls == 2


@needs_fork
@may_fork
def test_derived_client_in_a_forked_child(warm: Imagine) -> None:
    """There it comes from the child's client, with which it shares books and connections, and keeps its options."""
    events: list[Event] = []
    other = warm.with_options(observers=[events.append])
    other.text_to_image("a red fox")
    before = len(events)

    def check() -> bool:
        other.text_to_image("a red fox")
        warm.text_to_image("a red fox")
        again = warm.with_options(timeout=20)
        again.text_to_image("a red fox")
        made_once = other._client.get() is other._client.get()
        shared = other._client.get()._shared is warm._client.get()._shared is again._client.get()._shared
        return made_once and shared and len(events) == 2 * before and warm.usage().calls == 3

    assert holds_in_a_child(check)
    assert other.text_to_image("a red fox").content
    assert warm.usage().calls == 3


@needs_fork
@may_fork
def test_v1_in_a_forked_child(warm: Imagine) -> None:
    """There it belongs to the child's client, whether it was asked for before or after the fork."""
    calls = warm.v1
    calls.generations("a red fox")

    def check() -> bool:
        calls.generations("a red fox")
        derived(warm).v1.generations("a red fox")
        made_once = calls._client.get() is calls._client.get()
        return made_once and calls._client.get()._client is warm._client.get() and warm.usage().calls == 2

    assert holds_in_a_child(check)
    assert isinstance(calls.generations("a red fox"), Image)


@needs_fork
@may_fork
def test_grandchildren(warm: Imagine) -> None:
    """Each generation makes what it uses anew."""
    other, calls = derived(warm), warm.v1

    def works() -> bool:
        return bool(other.text_to_image("a red fox").content and calls.generations("a red fox").content)

    assert holds_in_a_child(lambda: works() and holds_in_a_child(works) and works())
