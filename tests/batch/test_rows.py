"""Rows, and what is known of them."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from imagine_async import Row, RowError, TextToImage
from imagine_async.batch.records import BatchProgress, BatchSummary, RowRecord, RowState
from imagine_async.batch.results import RowResult
from imagine_async.batch.rows import to_tags


@pytest.mark.parametrize(
    ("given", "tags"),
    [("fox", ("fox",)), (["a", "b"], ("a", "b")), ((), ()), (iter("ab"), ("a", "b")), ("x" * 200, ("x" * 200,))],
)
def test_tags(given: Any, tags: tuple[str, ...]) -> None:
    """A label, or several."""
    assert to_tags(given) == tags
    assert Row(request=TextToImage(prompt="fox"), tags=tags).tags == tags


@pytest.mark.parametrize("given", [7, None, [7], [""], ["x" * 201], "", ["a", None]])
def test_bad_tags(given: Any) -> None:
    """Anything else is refused, and the field is named."""
    with pytest.raises(RowError, match="^tags: pass a list of texts of 1 to 200 characters$") as caught:
        Row(request=TextToImage(prompt="fox"), tags=given)
    assert caught.value.field == "tags"


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ({}, "no"),
        ({"line": 7}, "line 7: no"),
        ({"field": "style"}, "style: no"),
        ({"line": 7, "field": "style"}, "line 7: style: no"),
    ],
)
def test_what_an_error_of_a_row_says(named: dict[str, Any], text: str) -> None:
    """It names line and field, as far as there are any, and may be pickled."""
    error = RowError("no", **named)
    assert str(error) == str(pickle.loads(pickle.dumps(error))) == text
    assert (error.reason, error.line, error.field) == ("no", named.get("line"), named.get("field"))
    assert isinstance(error, ValueError)


def test_what_a_record_tells_of_its_request() -> None:
    """Endpoint, prompt and style are the request's; a row that could not be read has none."""
    request = {"endpoint": "text_to_image", "prompt": "fox", "style": "anime"}
    record = RowRecord(position=0, key="k", state=RowState.DONE, request=request)
    assert (record.endpoint, record.prompt, record.style) == ("text_to_image", "fox", "anime")
    bare = RowRecord(position=0, key="k", state=RowState.FAILED)
    assert (bare.endpoint, bare.prompt, bare.style) == (None, None, None)


def test_progress() -> None:
    """The time to finish follows from the pace, where there is one and the end is known."""
    assert BatchProgress(total=10, done=2, failed=1, unknown=1, rate=2.0).seconds_left == 3
    assert BatchProgress(total=2, done=4, rate=2.0).seconds_left == 0
    assert BatchProgress(total=10).seconds_left is None
    assert BatchProgress(rate=2.0).seconds_left is None
    assert BatchProgress(done=1, failed=2, unknown=3).ended == 6


@pytest.mark.parametrize(
    ("summary", "is_complete"),
    [
        (BatchSummary(progress=BatchProgress(done=3)), True),
        (BatchSummary(progress=BatchProgress(done=3, failed=1)), False),
        (BatchSummary(progress=BatchProgress(done=3, unknown=1)), False),
        (BatchSummary(progress=BatchProgress(done=3), stopped_by="StoreError: no"), False),
    ],
)
def test_whether_a_batch_is_complete(summary: BatchSummary, is_complete: bool) -> None:
    """It is if no row failed, none is unknown, and nothing stopped it."""
    assert summary.is_complete == is_complete


def test_the_record_of_a_result_is_put_together_once() -> None:
    """And only if somebody wants it."""
    made: list[RowRecord] = []

    def read() -> RowRecord:
        made.append(RowRecord(position=3, key="k", state=RowState.DONE))
        return made[-1]

    result = RowResult(state=RowState.DONE, position=3, read_record=read)
    assert result.is_done
    assert made == []
    assert result.record is result.record
    assert len(made) == 1
    assert not RowResult(state=RowState.FAILED, position=3, read_record=read).is_done
