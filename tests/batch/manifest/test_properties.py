"""Wild manifests: nothing but a row's error is ever raised, and what was written is read again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.batch.manifest import ManifestError, parse_row, read_manifest
from imagine_async.batch.manifest.members import MEMBERS, fields_of
from imagine_async.batch.rows import Row, RowError
from imagine_async.requests import Request
from imagine_async.serialization import REQUEST_CLASSES, request_to_dict
from tests.batch.manifest.places import outcomes, write
from tests.test_serialization import requests

NAMES = st.sampled_from(
    sorted({*MEMBERS, *(field for name in REQUEST_CLASSES for field in fields_of(name))})
) | st.text(max_size=10)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=20)
    | st.sampled_from(
        ["fox", "../fox.png", "~", "http://", "http://[", "data:", "data:,x", "row:", "file:///etc/x", "/"]
    )
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
PICTURES = st.dictionaries(st.sampled_from(["path", "url", "base64", "row"]), LEAVES, max_size=2)
MAPPINGS: st.SearchStrategy[Mapping[str, Any]] = st.dictionaries(NAMES, VALUES | PICTURES, max_size=6).flatmap(
    lambda members: st.sampled_from([None, *REQUEST_CLASSES]).map(lambda name: {**members, "endpoint": name})
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wild")


def outcome(data: Any, folder: Path) -> Row | RowError:
    try:
        return parse_row(data, line=3, folder=folder)
    except RowError as error:
        return error


def lines(path: Path) -> list[Row | RowError]:
    try:
        return outcomes(path)
    except ManifestError:
        return []


@settings(deadline=None, max_examples=300)
@given(data=MAPPINGS | VALUES)
def test_wild_members(data: Any, place: Path) -> None:
    """Whatever the members are, a row comes back or a `RowError` that tells its line."""
    found = outcome(data, place)
    assert found.line == 3
    assert isinstance(found, Row) or str(found).startswith("line 3: ")


@settings(deadline=None, max_examples=100)
@given(content=st.lists(st.binary(max_size=30) | MAPPINGS.map(lambda data: json.dumps(data).encode())))
def test_wild_lines(content: list[bytes], place: Path) -> None:
    """Whatever bytes a JSONL file holds, every line that is not blank is a row or an error of its own."""
    path = write(place / "a.jsonl", b"\n".join(content))
    whole = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    found = lines(path)
    if whole[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        assert [each.line for each in found] == [
            number for number, line in enumerate(whole.split(b"\n"), 1) if line.strip()
        ]


@settings(deadline=None, max_examples=100)
@given(content=st.binary(max_size=300) | st.text(alphabet=' ,"\r\na1é\0', max_size=60).map(str.encode))
def test_wild_tables(content: bytes, place: Path) -> None:
    """Whatever bytes stand below the header, nothing else is raised; lines go up."""
    found = lines(write(place / "a.csv", b"endpoint,prompt,seed,tags,image,extra.a\n" + content))
    numbers = [each.line or 0 for each in found]
    assert numbers == sorted(set(numbers))


@settings(deadline=None, max_examples=100)
@given(data=VALUES, suffix=st.sampled_from(["yaml", "toml"]))
def test_wild_matrices(data: Any, suffix: str, place: Path) -> None:
    """Whatever a matrix holds, it is refused as a whole, or its rows are rows or errors."""
    text = json.dumps({"matrix": {"prompt": ["a"], "style": data}, "fixed": data})
    lines(write(place / f"a.{suffix}", text if suffix == "yaml" else f"matrix.prompt = {json.dumps(data)}"))


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@settings(deadline=None)
@given(request=requests(), id=st.none() | TEXTS, name=st.none() | TEXTS, tags=st.lists(TEXTS, max_size=3))
def test_what_was_written_is_read(
    request: Request[Any],
    id: str | None,  # noqa: A002
    name: str | None,
    tags: list[str],
    place: Path,
) -> None:
    """Any request as plain data, with a row's members, reads back the same as a line of JSONL."""
    data = {**request_to_dict(request), "id": id, "name": name, "tags": tags}
    (unread,) = read_manifest(write(place / "b.jsonl", json.dumps(data)))
    assert unread.read() == Row(request=request, id=id, name=name, tags=tuple(tags), line=1)
