"""What a batch would do, found out without sending anything."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagine_async.batch.manifest import RowProblemsError, plan, read_manifest
from imagine_async.batch.manifest.hash_set import HashSet
from imagine_async.batch.rows import Row, RowError, RowInput, UnreadRow
from imagine_async.errors import InvalidRequestError, MissingExtraError
from imagine_async.estimating import Estimator
from imagine_async.inputs import RowOutput
from imagine_async.prices import PriceList
from imagine_async.requests import RemoveBackground, TextToImage, Upscale
from imagine_async.stores import RateLimit
from tests.batch.manifest.places import write

PRICES = PriceList({}).over({"text_to_image": 5, "upscale": 2})
ROWS = """
{"id": "a", "name": "x/a", "prompt": "a"}
{"id": "b", "endpoint": "upscale", "image": "pictures/fox.png"}
{"endpoint": "upscale", "image": "pictures/fox.png"}
{"endpoint": "remove_background", "image": {"row": "b"}}
{"endpoint": "remove_background", "image": "https://example.com/a.png"}
{"endpoint": "remove_background", "image": {"row": "z"}}
{"endpoint": "generative_fill", "prompt": "a", "image": "nix.png", "mask": "nix.png"}
{"id": "a", "prompt": "again"}
{"name": "x/a", "prompt": "again"}
{"name": "../a", "prompt": "out"}
nonsense
"""


def test_a_plan(folder: Path) -> None:
    """Good rows are summed up, bad rows are told with line and reason, and files count for every row."""
    found = plan(read_manifest(write(folder / "a.jsonl", ROWS)), prices=PRICES, limit=RateLimit(1, 60, margin=0))
    assert (found.rows, found.bad_rows) == (11, 6)
    assert found.by_endpoint == {"text_to_image": 1, "upscale": 2, "remove_background": 2}
    assert (found.tokens, found.unpriced, found.minutes) == (9, {"remove_background": 2}, 4)
    assert found.upload_bytes == 2 * (folder / "pictures" / "fox.png").stat().st_size
    assert (found.from_rows, found.from_urls, found.missing_files) == (1, 1, 2)
    assert (found.ids_twice, found.names_twice, found.names_refused) == (1, 1, 1)
    assert [str(error) for error in found.errors[:1]] == ["line 7: image: no row before this one has the id 'z'"]
    assert [(error.line, error.field) for error in found.errors[1:]] == [
        (8, None),
        (9, "id"),
        (10, "name"),
        (11, "name"),
        (12, None),
    ]


def test_errors_are_capped_and_counted() -> None:
    """Only the first errors are kept."""
    found = plan(({"seed": number} for number in range(50)), prices=PRICES, most_errors=3)
    assert (found.bad_rows, len(found.errors), found.tokens) == (50, 3, 0)


def test_every_kind_of_row() -> None:
    """Requests, rows and mappings can be planned as well, and whatever they raise is a row's error."""

    def refuse() -> Row:
        raise InvalidRequestError("image", "a.png", "gone")

    def lack() -> Row:
        raise MissingExtraError("this", "numpy")

    rows: list[RowInput] = [
        TextToImage(prompt="a"),
        Row(request=RemoveBackground(image=RowOutput("b"))),
        {"prompt": "a", "id": "b"},
        UnreadRow(fingerprint=bytes(16), read=refuse, line=7),
        UnreadRow(fingerprint=bytes(16), read=lack, line=8),
    ]
    found = plan(rows, prices=PRICES)
    assert (found.rows, found.bad_rows, found.minutes) == (5, 3, 0)
    assert [(error.line, error.field) for error in found.errors] == [(None, "image"), (7, "image"), (8, None)]


def test_the_check_of_names_can_be_another() -> None:
    """Names are compared as they are stored, and several wrong things of one row are told together."""

    def lower(name: str) -> str:
        if name == "bad":
            raise RowError("no", field="name")
        return name.lower()

    rows = [{"id": "1", "prompt": "a", "name": name} for name in ("a", "A", "bad")]
    found = plan(rows, prices=PRICES, check_name=lower)
    assert (found.names_twice, found.names_refused, found.ids_twice) == (1, 1, 2)
    assert isinstance(found.errors[0], RowProblemsError)
    assert [problem.field for problem in found.errors[0].problems] == ["name", "id"]


def test_it_agrees_with_the_estimate(folder: Path) -> None:
    """Tokens and time are those that `estimate` tells for the same requests."""
    limit = RateLimit(30, 60)
    requests = [TextToImage(prompt="a"), Upscale(image=folder / "pictures" / "fox.png")] * 50
    assert plan(requests, prices=PRICES, limit=limit).estimate == Estimator(PRICES, limit).of(requests)


def test_memory_hardly_grows_with_the_rows() -> None:
    """A row costs a plan no more than its two hashes."""

    def rows(count: int) -> Iterator[RowInput]:
        request = TextToImage(prompt="a")
        return (Row(request=request, id=f"{number}", name=f"n{number}") for number in range(count))

    peaks = []
    for count in (1_000, 10_000):
        tracemalloc.start()
        assert plan(rows(count), prices=PRICES).bad_rows == 0
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # A table is doubled when it is half full, and both are there while it is copied.
    assert peaks[1] - peaks[0] < 10_000 * 2 * 48


@given(st.lists(st.text(max_size=3)))
def test_a_set_of_hashes_is_a_set(texts: list[str]) -> None:
    """It tells what was added as a set does."""
    hashes, known = HashSet(), set[str]()
    for text in texts:
        assert (text in hashes) == (text in known)
        assert hashes.add(text) == (text not in known)
        known.add(text)
    assert len(hashes) == len(known)


def test_a_set_of_hashes_grows() -> None:
    """Thousands of texts are told apart."""
    hashes = HashSet()
    assert all(hashes.add(str(number)) for number in range(5_000))
    assert not any(hashes.add(str(number)) for number in range(5_000))
    assert len(hashes) == 5_000


@pytest.mark.parametrize("text", ["", "\ud800"])
def test_odd_texts(text: str) -> None:
    """An empty text and a lone surrogate can be remembered."""
    hashes = HashSet()
    assert text not in hashes
    assert hashes.add(text)
    assert text in hashes
