"""Numbers behind names that are taken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from imagine_async.batch.sinks.numbering import Numbers


@given(st.sets(st.integers(2, 60)))
def test_a_number_that_is_free_is_chosen(taken: set[int]) -> None:
    """Whatever is taken, the number is not among them."""
    name = Numbers().numbered("fox", ".jpg", lambda name: int(name[4:-4]) in taken)
    assert int(name[4:-4]) not in taken


def test_a_million_names_cost_few_looks() -> None:
    """The first free number is found by doubling and halving, and the next one at once."""
    looks: list[str] = []
    numbers, last = Numbers(), 1_000_001

    def is_taken(name: str) -> bool:
        looks.append(name)
        return int(name[4:-4]) <= last

    assert numbers.numbered("fox", ".jpg", is_taken) == "fox-1000002.jpg"
    assert len(looks) < 50
    looks.clear()
    assert numbers.numbered("fox", ".jpg", is_taken) == "fox-1000003.jpg"
    assert len(looks) == 1


def test_no_number_is_chosen_twice() -> None:
    """Threads that ask at once get a number each, and names that are forgotten begin anew."""
    numbers = Numbers()
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda _: numbers.numbered("fox", ".jpg", lambda _: False), range(200)))
    assert len(set(names)) == 200
    for number in range(10_001):
        numbers.numbered(str(number), ".jpg", lambda _: False)
    assert numbers.numbered("0", ".jpg", lambda _: False) in ("0-2.jpg", "0-3.jpg")
