"""Both handles of a batch are the same but for awaiting."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from imagine_async import AsyncBatch, AsyncImagine, Batch, ConfigurationError, Imagine

_RENAMED = {
    "aclose": "close",
    "__anext__": "__next__",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
}


def _public(cls: type) -> dict[str, Any]:
    return {
        name: member
        for name, member in vars(cls).items()
        if callable(member) or isinstance(member, property)
        if not name.startswith("_") or name in (*_RENAMED, *_RENAMED.values(), "__repr__")
    }


def test_the_same_names() -> None:
    """Each method and property has its sync form."""
    assert {_RENAMED.get(name, name) for name in _public(AsyncBatch)} == set(_public(Batch))


@pytest.mark.parametrize("name", sorted(_public(AsyncBatch)))
def test_the_same_signatures_and_docstrings(name: str) -> None:
    """They take the same, return the same, and say the same."""
    member, other = _public(AsyncBatch)[name], _public(Batch)[_RENAMED.get(name, name)]
    if isinstance(member, property):
        member, other = member.fget, other.fget
    assert inspect.getdoc(other) == inspect.getdoc(member)
    taken, as_taken = inspect.signature(member), inspect.signature(other)
    assert list(as_taken.parameters.values()) == list(taken.parameters.values())
    expected = str(taken.return_annotation).replace("AsyncIterator", "Iterator")
    assert as_taken.return_annotation == expected


def test_the_same_class_docstring() -> None:
    """What the classes say of themselves differs in what they are called from."""
    said = inspect.getdoc(AsyncBatch) or ""
    expected = said.replace("`aclose`", "`close`").replace("from any task of its event loop", "from any thread")
    assert inspect.getdoc(Batch) == expected


def test_the_same_method_of_the_clients() -> None:
    """Both clients make a batch from the same arguments."""
    made, other = inspect.signature(AsyncImagine.batch), inspect.signature(Imagine.batch)
    assert made.parameters == other.parameters
    assert (made.return_annotation, other.return_annotation) == ("AsyncBatch", "Batch")
    said, other_said = inspect.getdoc(AsyncImagine.batch) or "", inspect.getdoc(Imagine.batch) or ""
    assert (
        re.sub(r"\basync (with|for)\b", r"\1", said).replace("await ", "").split("Example:")[0]
        == (other_said.split("Example:")[0])
    )


def test_tags_that_are_none() -> None:
    """Labels that are no texts are refused at once, as a setting of the batch."""
    tags: list[Any] = [3]
    with pytest.raises(ConfigurationError, match=r"tags=\[3\]: pass a list of texts"):
        AsyncImagine.sandbox().batch([], tags=tags)
