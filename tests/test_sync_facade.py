"""The generated client: up to date, and what the async client is, name by name."""

from __future__ import annotations

import importlib
import inspect
import re
from abc import ABC
from collections.abc import Iterator
from typing import Any

import pytest

from imagine_async.calls.base import AsyncCalls
from imagine_async.calls.v1 import AsyncV1
from imagine_async.client import AsyncImagine
from imagine_async.codegen import generator
from imagine_async.codegen.docstrings import to_sync_code
from imagine_async.sync import Imagine
from imagine_async.sync_calls.v1 import V1
from tests.facade import PAIRS, RENAMED, function, public

NAMES = {
    f"Async{name}": name
    for name in ("Imagine", "V1", "GenerationCalls", "EditingCalls", "VideoCalls", "BatchCalls", "Accounting", "Batch")
}
MEMBERS = [
    pytest.param(theirs[name], ours.get(name), id=f"{title}.{name}")
    for title, (theirs, ours) in PAIRS.items()
    for name in theirs
]


def test_files_are_up_to_date() -> None:
    """The whole texts are what the generator writes; `python -m imagine_async.codegen` makes it so."""
    assert generator.check(generator.FOLDER) == ""


def test_every_part_is_generated() -> None:
    """Each class that the async client inherits or leads to has its file."""
    assert set(generator.render(generator.read_sources(generator.FOLDER))) == {
        "sync.py",
        *(
            f"sync_calls/{name}.py"
            for name in ("__init__", "accounting", "batch", "editing", "generation", "v1", "video")
        ),
    }


def test_same_bases() -> None:
    """The sync client inherits what the async one does, in the same order."""
    theirs = [base.__name__ for base in AsyncImagine.__mro__ if base not in (AsyncCalls, ABC, object)]
    assert [base.__name__ for base in Imagine.__mro__[:-1]] == [NAMES[name] for name in theirs]


@pytest.mark.parametrize("title", PAIRS)
def test_same_names(title: str) -> None:
    """Neither class offers what the other does not, inherited or its own, and in the same order."""
    theirs, ours = PAIRS[title]
    assert list(ours) == list(theirs)
    assert len(theirs) > 5


def test_abstract_base_offers_nothing_else() -> None:
    """Nothing that the async client can do stands where the generator does not look."""
    assert public(AsyncCalls).keys() == {"send"}


@pytest.mark.parametrize(("theirs", "ours"), MEMBERS)
def test_same_parameters(theirs: Any, ours: Any) -> None:
    """Names, kinds, order, defaults and annotations agree, and the kind of attribute."""
    assert parameters(ours) == parameters(theirs)
    assert isinstance(ours, property) == isinstance(theirs, property)
    assert isinstance(ours, classmethod) == isinstance(theirs, classmethod)


def parameters(member: Any) -> list[tuple[object, ...]]:
    """Describe the parameters of a method or property."""
    found = inspect.signature(function(member)).parameters.values()
    return [(each.name, each.kind, each.default, each.annotation) for each in found]


@pytest.mark.parametrize(("theirs", "ours"), MEMBERS)
def test_same_results(theirs: Any, ours: Any) -> None:
    """Return annotations agree, but for the types that sync code cannot use."""
    wanted = returns(theirs)
    if wanted.startswith("AsyncGenerator["):
        wanted = wanted.replace("AsyncGenerator[", "Generator[").replace(", None]", ", None, None]")
    wanted = wanted.replace("AsyncIterator[", "Iterator[")
    assert returns(ours) == re.sub(r"\w+", lambda word: NAMES.get(word[0], word[0]), wanted)
    assert not inspect.iscoroutinefunction(function(ours))
    assert not inspect.isasyncgenfunction(function(ours))


def returns(member: Any) -> str:
    """Return the text of a return annotation."""
    annotation = inspect.signature(function(member)).return_annotation
    assert isinstance(annotation, str)
    return annotation


@pytest.mark.parametrize(("theirs", "ours"), MEMBERS)
def test_same_docstrings(theirs: Any, ours: Any) -> None:
    """Docstrings agree, line by line, but for the code in examples."""
    for line, other in zip(docstring(theirs), docstring(ours), strict=True):
        assert other in (line, to_sync_code(line, NAMES))
        assert not re.search(r"\bawait \w+\.|\basync (with|for|def) |\.a(close|save)\(", other)


def docstring(member: Any) -> list[str]:
    """Return the lines of a docstring."""
    return (inspect.getdoc(member) or "").split("\n")


def test_class_docstring_keeps_every_argument() -> None:
    """From its sections on, the docstring of the class is the async client's."""
    theirs, ours = (inspect.cleandoc(str(client.__doc__)) for client in (AsyncImagine, Imagine))
    arguments = theirs.partition("\nArgs:\n")[2]
    assert ours.partition("\nArgs:\n")[2] == "\n".join(to_sync_code(line, NAMES) for line in arguments.split("\n"))


@pytest.mark.parametrize("theirs", [*AsyncImagine.__bases__, AsyncV1])
def test_docstrings_of_the_parts(theirs: type) -> None:
    """The parts and sub-clients are described as the async ones; how a sub-client is made is left out."""
    name = NAMES[theirs.__name__]
    ours = getattr(importlib.import_module(theirs.__module__.replace(".calls.", ".sync_calls.")), name)
    assert inspect.getdoc(ours) == str(inspect.getdoc(theirs)).partition("\n\nArgs:\n")[0]


def test_instances_offer_what_their_classes_do() -> None:
    """What a real client leads to is the same as well: `v1`, and a client with other options."""
    sync_client, async_client = Imagine("vk-test"), AsyncImagine("vk-test")
    assert type(sync_client.v1) is V1
    assert type(async_client.v1) is AsyncV1
    assert type(sync_client.with_options()) is Imagine
    for theirs, ours in ((async_client.v1, sync_client.v1), (async_client.with_options(), sync_client.with_options())):
        assert set(offered(ours)) == {RENAMED.get(name, name) for name in offered(theirs)}


def offered(client: object) -> Iterator[str]:
    """Iterate over what an instance shows to its user."""
    return (name for name in dir(client) if not name.startswith("_"))


@pytest.mark.parametrize("name", ["text_to_image", "upscale", "watch_video", "generate_many"])
def test_parity_sees_what_is_missing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that one side alone has shows in the comparison, wherever it is inherited from."""
    before = public(Imagine)
    owner = next(base for base in Imagine.__mro__ if name in vars(base))
    monkeypatch.delattr(owner, name)
    assert before.keys() - public(Imagine).keys() == {name}
