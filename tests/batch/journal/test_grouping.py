"""One statement for many rows does what the row-by-row operations do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.batch.journal import inheriting, lookups, moving, operations, owners
from imagine_async.batch.journal.claims import Claim, Ending, RowTakenError
from imagine_async.batch.journal.grouping import step
from imagine_async.batch.records import RowState
from imagine_async.batch.rows import RowError
from imagine_async.errors import StoreError
from imagine_async.stores.sqlite.transaction import Transaction
from tests.batch.journal.making import claim_for, owner_named, table_of, transaction

_TEXTS = st.sampled_from(["fox", "füchse 狐", "a\x00b", "\ud800", "'; DROP TABLE rows --", '"', "\\"])
_ENDINGS = st.builds(
    Ending,
    state=st.sampled_from([RowState.DONE, RowState.FAILED, RowState.UNKNOWN, RowState.PENDING]),
    file=st.none() | st.sampled_from(["1.jpg", "é.png"]),
    size=st.none() | st.integers(0, 2**40),
    digest=st.none() | st.just("d" * 64),
    width=st.none() | st.integers(1, 9),
    height=st.none() | st.integers(1, 9),
    elapsed=st.none() | st.floats(0, 1e6),
    error=st.none() | _TEXTS.filter(lambda text: text != "\ud800"),
    kept=st.none() | st.just("/kept/1.jpg"),
)
_ROWS = st.fixed_dictionaries(
    {
        "position": st.integers(0, 6),
        "owner": st.sampled_from(["me", "me", "me", "other"]),
        "id": st.none() | st.sampled_from(["a", "b"]),
        "stem": st.sampled_from(["0", "1", "2", "3", "4", "5", "6"]),
        "is_named": st.booleans(),
        "tags": st.sampled_from([(), ("one",), ("one", "zwei")]),
        "line": st.none() | st.integers(1, 9),
        "data": st.none() | st.fixed_dictionaries({"endpoint": st.just("text_to_image"), "prompt": _TEXTS}),
        "inputs": st.none() | st.just('[["/a", 1, 2]]'),
        "attempts": st.integers(0, 3),
        "tokens": st.none() | st.floats(0, 100),
        "call_id": st.none() | st.just("call-1"),
        "job": st.none() | st.just("job-1"),
        "met": st.none() | st.sampled_from([("failed", 1), ("done", 2)]),
    }
)
_STEPS = st.lists(
    st.tuples(st.lists(_ROWS, max_size=5), st.sets(st.integers(0, 30)), st.lists(_ENDINGS, min_size=1, max_size=4)),
    min_size=1,
    max_size=5,
)


@contextmanager
def _opened() -> Iterator[Transaction]:
    """Open the tables of a journal, with workers."""
    with transaction() as opened:
        for name in ("me", "other", "dead"):
            owners.enter(opened, owner_named(name), 30)
        yield opened


@given(steps=_STEPS)
@settings(max_examples=150, deadline=None)
def test_grouped_and_one_by_one(steps: list[tuple[list[dict[str, Any]], set[int], list[Ending]]]) -> None:
    """Whatever is sent and ends in whatever order, both ways leave the same rows, and the same told on the claims."""
    with _opened() as grouped, _opened() as single:
        mine: list[tuple[Claim, Claim]] = []
        for rows, ending, endings in steps:
            pairs = [(claim_for(**row), claim_for(**row)) for row in _of_one_claim_each(rows, mine)]
            over = [pair for place, pair in enumerate(mine) if place in ending]
            mine = [*(pair for pair in mine if pair not in over), *pairs]
            ends = [endings[place % len(endings)] for place in range(len(over))]
            together = [(claim, each) for (claim, _), each in zip(over, ends, strict=True)]
            step(grouped, together, [claim for claim, _ in pairs])
            _one_by_one(single, [(claim, each) for (_, claim), each in zip(over, ends, strict=True)], pairs)
            assert _told(table_of(grouped)) == _told(table_of(single))
            for one, other in mine:
                assert (one.is_leased, str(one.problem), one.stem) == (other.is_leased, str(other.problem), other.stem)


def _of_one_claim_each(rows: list[dict[str, Any]], mine: list[tuple[Claim, Claim]]) -> list[dict[str, Any]]:
    """Leave out what no worker does: to have two claims of a row at once."""
    taken = {(claim.position, claim.owner) for claim, _ in mine}
    first = {(row["position"], row["owner"]): row for row in reversed(rows)}
    return [row for place, row in first.items() if place not in taken]


def _one_by_one(opened: Transaction, ended: list[tuple[Claim, Ending]], pairs: list[tuple[Claim, Claim]]) -> None:
    for claim, ending in ended:
        operations.end(opened, claim, ending)
    for _, claim in pairs:
        try:
            operations.mark_sent(opened, claim)
        except (RowError, RowTakenError):
            assert claim.problem is not None


def _told(table: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Leave out how lists and requests are spelled as JSON: only what they say counts."""
    return [
        tuple(json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value for value in row)
        for row in table
    ]


def test_a_row_in_the_way_keeps_nobody_else() -> None:
    """One row that cannot be had is told so; the others of its step are sent."""
    with _opened() as opened:
        operations.claim(opened, claim_for(1, "other"))
        claims = [claim_for(position) for position in range(3)]
        step(opened, (), claims)
        assert [str(claim.problem) for claim in claims] == ["None", "row 1: another worker has it", "None"]
        assert opened.rows("SELECT owner, state FROM rows ORDER BY position") == [
            ("me", "sent"),
            ("other", "leased"),
            ("me", "sent"),
        ]


def test_leftovers_end_as_well() -> None:
    """Rows out of the journal end in the same statement."""
    with _opened() as opened:
        step(opened, (), [claim_for(0, "dead")])
        opened.change("UPDATE owners SET until = 0 WHERE owner = 'dead'")
        found = inheriting.inherit(opened, owner_named("me"))
        step(opened, [(row, Ending(state=RowState.UNKNOWN, error="it died")) for row in found], ())
        assert opened.rows("SELECT state, owner, error FROM rows") == [("unknown", None, "it died")]


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_steps_of_any_size(count: int) -> None:
    """None, one and very many rows go in one step."""
    with _opened() as opened:
        claims = [claim_for(position) for position in range(count)]
        step(opened, (), claims)
        assert all(claim.is_leased for claim in claims)
        step(opened, [(claim, Ending(state=RowState.DONE, size=claim.position)) for claim in claims], ())
        assert lookups.count_states(opened) == ({RowState.DONE: count} if count else {})
        assert opened.rows("SELECT coalesce(sum(size), 0) FROM rows") == [(sum(range(count)),)]


def test_names_are_numbered() -> None:
    """A name that the batch made gives way to one that is taken; a row's own name does not."""
    with _opened() as opened:
        claims = [claim_for(position, stem="fox") for position in range(3)]
        own = claim_for(3, stem="fox", is_named=True, line=7)
        step(opened, (), [*claims, own])
        assert [claim.stem for claim in claims] == ["fox", "fox-2", "fox-3"]
        assert str(own.problem) == "line 7: name: 'fox' is the name of row 0 already: give each row its own"


def test_names_of_rows_that_are_left_over() -> None:
    """What is no longer in the input gives its name and its id to what is."""
    with _opened() as opened:
        step(opened, (), [claim_for(0, stem="fox", id="fox")])
        operations.end(opened, claim_for(0, is_leased=True), Ending(state=RowState.DONE))
        moving.unsettle(opened, 0)
        claim = claim_for(5, stem="fox", id="fox", is_named=True)
        step(opened, (), [claim])
        assert claim.problem is None
        assert opened.rows("SELECT position, stem, id FROM rows ORDER BY position") == [
            (-1, None, None),
            (5, "fox", "fox"),
        ]


def test_too_many_rows_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is an end to numbering; the row is refused."""
    monkeypatch.setattr(operations, "_MOST_NUMBERS", 3)
    with _opened() as opened:
        claims = [claim_for(position, stem="fox") for position in range(4)]
        step(opened, (), claims)
        assert [claim.problem is None for claim in claims] == [True, True, False, False]
        assert "there are 3 rows of the name 'fox' already" in str(claims[2].problem)


def test_a_row_that_the_journal_cannot_hold() -> None:
    """A row that is refused for a reason of the database's own is told so, and does not spin."""
    with _opened() as opened:
        opened.connection.execute("CREATE TRIGGER refuse BEFORE INSERT ON rows BEGIN SELECT raise(IGNORE); END")
        claim = claim_for(0)
        step(opened, (), [claim])
        assert "the journal cannot hold row 0" in str(claim.problem)


def test_a_worker_that_was_taken_for_dead_sends_nothing() -> None:
    """What it ends is noted, as far as it is still its own; nothing more is sent."""
    with _opened() as opened:
        claims = [claim_for(position) for position in range(2)]
        step(opened, (), claims)
        opened.change("DELETE FROM owners WHERE owner = 'me'")
        with pytest.raises(StoreError, match="could not tell the journal in time"):
            step(opened, [(claims[0], Ending(state=RowState.DONE))], [claim_for(2)])
        assert opened.rows("SELECT state FROM rows") == [("done",), ("sent",)]


def test_a_picture_that_comes_after_all() -> None:
    """The picture of a worker that was taken for dead counts, where nobody has had it made once more."""
    with _opened() as opened:
        claims = [claim_for(position, call_id=f"call-{position}") for position in range(2)]
        step(opened, (), claims)
        opened.change("UPDATE rows SET state = 'unknown', owner = NULL")
        opened.change("UPDATE rows SET call_id = 'of another' WHERE position = 1")
        step(opened, [(claim, Ending(state=RowState.DONE, file="late.jpg")) for claim in claims], ())
        assert opened.rows("SELECT state FROM rows ORDER BY position") == [("done",), ("unknown",)]
