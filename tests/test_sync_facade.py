"""The generated client: up to date, complete, and working."""

from __future__ import annotations

import inspect
import os
import threading
from collections.abc import Iterator
from typing import Any, cast

import anyio
import pytest
import respx
from httpx import Request as HttpRequest
from httpx import Response

from imagine_async.bridge.loop_thread import PerProcess
from imagine_async.catalog import DEFAULT_BASE_URL, TEXT_TO_IMAGE
from imagine_async.client import AsyncImagine
from imagine_async.codegen import generator as codegen
from imagine_async.codegen.docstrings import to_sync_code
from imagine_async.errors import ConfigurationError
from imagine_async.requests import TextToImage
from imagine_async.results import Image
from imagine_async.sync import Imagine
from tests.samples import png_bytes

PNG = png_bytes()
URL = DEFAULT_BASE_URL + TEXT_TO_IMAGE.path

RENAMED = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}
SPECIAL = {"__init__", "__repr__", *RENAMED, *RENAMED.values()}


def public(client: type) -> dict[str, Any]:
    """Return what a client offers, by name."""
    return {name: value for name, value in vars(client).items() if name in SPECIAL or not name.startswith("_")}


def function(value: Any) -> Any:
    return value.fget if isinstance(value, property) else getattr(value, "__func__", value)


ASYNC = {RENAMED.get(name, name): value for name, value in public(AsyncImagine).items()}
SYNC = public(Imagine)


def test_file_is_up_to_date() -> None:
    """The whole text is what the generator writes; `python -m imagine_async.codegen` makes it so."""
    assert codegen.TARGET.read_text("utf-8") == codegen.render(codegen.SOURCE.read_text("utf-8"))
    assert codegen.check() == ""


def test_same_names() -> None:
    """Neither client offers what the other does not, and in the same order."""
    assert list(SYNC) == list(ASYNC)


@pytest.mark.parametrize("name", ASYNC)
def test_same_parameters(name: str) -> None:
    """Names, kinds, order, defaults and annotations agree, and the kind of attribute."""
    theirs, ours = (inspect.signature(function(side[name])).parameters for side in (ASYNC, SYNC))
    assert list(ours) == list(theirs)
    for key, parameter in theirs.items():
        assert ours[key].kind is parameter.kind
        assert ours[key].default == parameter.default
        assert ours[key].annotation == parameter.annotation
    assert isinstance(SYNC[name], (classmethod, property)) == isinstance(ASYNC[name], (classmethod, property))


@pytest.mark.parametrize("name", ASYNC)
def test_same_results(name: str) -> None:
    """Return annotations agree, but for the types that sync code cannot use."""
    theirs, ours = (inspect.signature(function(side[name])).return_annotation for side in (ASYNC, SYNC))
    if theirs.startswith("AsyncGenerator["):
        theirs = theirs.replace("AsyncGenerator[", "Generator[").replace(", None]", ", None, None]")
    assert ours == theirs.replace("AsyncIterator[", "Iterator[").replace("AsyncImagine", "Imagine")
    assert not inspect.iscoroutinefunction(SYNC[name])


@pytest.mark.parametrize("name", ASYNC)
def test_same_docstrings(name: str) -> None:
    """Docstrings agree, line by line, but for the code in examples."""
    theirs, ours = (inspect.getdoc(side[name]) for side in (ASYNC, SYNC))
    for line, other in zip((theirs or "").split("\n"), (ours or "").split("\n"), strict=True):
        assert line in (other, other) or other == to_sync_code(line)


def test_class_docstring_keeps_every_argument() -> None:
    """From its sections on, the docstring of the class is the async client's."""
    theirs, ours = (inspect.cleandoc(str(client.__doc__)) for client in (AsyncImagine, Imagine))
    assert ours.partition("\nArgs:\n")[2] == to_sync_code(theirs.partition("\nArgs:\n")[2])


class Recorder:
    """Stands for the async client, and remembers the one call that it gets."""

    def __init__(self) -> None:
        self.call: tuple[str, tuple[Any, ...], dict[str, Any]] | None = None

    def __getattr__(self, name: str) -> Any:
        async def method(*args: Any, **kwargs: Any) -> str:
            self.call = (name, args, kwargs)
            return "the result"

        return method


@pytest.mark.parametrize("name", [name for name in ASYNC if inspect.iscoroutinefunction(function(ASYNC[name]))])
def test_arguments_reach_the_async_client(name: str) -> None:
    """Every argument arrives under its own name, and the result comes back."""
    client = Imagine.__new__(Imagine)
    recorder = Recorder()
    client._client = PerProcess(lambda: cast("AsyncImagine", recorder))
    signature = inspect.signature(function(SYNC[name]))
    given = {key: object() for key in list(signature.parameters)[1:]}
    bound = signature.bind(client, **given)
    SYNC[name](*bound.args, **bound.kwargs)
    assert recorder.call is not None
    target, args, kwargs = recorder.call
    assert RENAMED.get(target, target) == name
    theirs = inspect.signature(function(ASYNC[name])).bind(None, *args, **kwargs).arguments
    assert {key: value for key, value in theirs.items() if key != "self"} == given


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


def test_subclasses_make_themselves() -> None:
    """The other constructor makes a client of the class that it is called on."""
    pytest.importorskip("imagine_async.sandbox")

    class Ours(Imagine):
        """A client of the user's own."""

    client = Ours.sandbox(side=64)
    try:
        assert type(client) is Ours
        assert client.text_to_image("a red fox").content
    finally:
        client.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 warns of forks beside threads.
def test_forked_child_makes_its_own_client(client: Imagine) -> None:
    """A client that is warmed up works in a forked child."""
    client.text_to_image("a red fox")
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if client.text_to_image("a red fox").content == PNG and client.usage().calls == 1 else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
