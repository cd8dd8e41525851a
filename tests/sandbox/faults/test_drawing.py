"""Which requests are struck: settled by seed, rule and number, and by nothing else."""

from __future__ import annotations

import statistics
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from imagine_async.catalog import DELETE_VIDEO, ENDPOINTS, UPSCALE, V1_ENDPOINTS, VIDEO_DELETE_PATHS, VIDEO_ENDPOINTS
from imagine_async.sandbox.faults import Faults
from imagine_async.sandbox.faults.drawing import Draws
from imagine_async.sandbox.faults.reply import Reply
from imagine_async.sandbox.faults.targets import Target

GENERATIONS = "/v2/image/generations"


def draws(*rules: Any, seed: int = 0) -> Draws:
    """Set rules to work, on a clock that stands still."""
    return Draws(Faults.of({"seed": seed, "rules": list(rules)}), lambda: 0.0)


def struck(made: Draws, count: int, path: str = GENERATIONS) -> list[list[tuple[int, str]]]:
    """Draw for so many requests; return the number of the rule and the kind of each fault."""
    return [[(strike.rule, strike.fault.kind) for strike in made.draw(path)] for _ in range(count)]


def numbers(made: Draws, count: int, path: str = GENERATIONS) -> list[int]:
    """Draw for so many requests; return the numbers of those that were struck, from 1."""
    return [number for number, found in enumerate(struck(made, count, path), 1) if found]


SOMETIMES = {"fault": "malformed_json", "probability": 0.3}


def test_same_seed_strikes_the_same() -> None:
    """Two sandboxes with one seed commit the same faults, one with another seed commits others."""
    one, same, other = (numbers(draws(SOMETIMES, seed=seed), 300) for seed in (7, 7, 8))
    assert one == same != other
    assert len(one) == pytest.approx(90, abs=30)


def test_concurrency_changes_nothing() -> None:
    """However many ask at once, the same requests are struck."""
    made = draws(SOMETIMES, seed=7)
    with ThreadPoolExecutor(8) as pool:
        found = [strikes for strikes in pool.map(lambda _: made.draw(GENERATIONS), range(300)) if strikes]
    assert sorted(strikes[0].request for strikes in found) == numbers(draws(SOMETIMES, seed=7), 300)


def test_rules_draw_apart() -> None:
    """Two rules of the same words do not strike the same requests."""
    found = struck(draws(SOMETIMES, {**SOMETIMES, "fault": "wrong_type"}, seed=7), 300)
    both = [each for each in found if len(each) == 2]
    assert 0 < len(both) < 60


def test_other_requests_change_nothing() -> None:
    """A rule numbers the requests that it befalls; how many others come between does not matter."""
    alone = numbers(draws({**SOMETIMES, "endpoints": ["text_to_image"]}), 100)
    made = draws({**SOMETIMES, "endpoints": ["text_to_image"]})
    among = []
    for number in range(1, 101):
        assert made.draw("/v2/video/1/status") == []
        among += [number] if made.draw(GENERATIONS) else []
    assert among == alone


@pytest.mark.parametrize(("probability", "count"), [(0, 0), (0.0, 0), (1, 50), (1.0, 50)])
def test_certain_and_impossible(probability: float, count: int) -> None:
    """What is certain always strikes, what is impossible never."""
    assert len(numbers(draws({**SOMETIMES, "probability": probability}), 50)) == count


def test_times_bounds_the_strikes() -> None:
    """After so many strikes a rule is done."""
    made = draws({"fault": "html", "times": 2})
    assert numbers(made, 5) == [1, 2]
    assert made.struck == {1: 2}


def test_a_storm_counts_once() -> None:
    """A storm over several requests is one of its rule's times, and strikes each of them."""
    made = draws({"fault": "storm", "requests": 3, "times": 2, "script": [2, 3, 7]})
    assert numbers(made, 12) == [2, 3, 4, 7, 8, 9]
    assert made.struck == {1: 6}


def test_scripts_of_numbers_and_of_words() -> None:
    """Numbers say when the rule's fault strikes, words what strikes one request after the other; then all is well."""
    assert numbers(draws({"fault": "html", "script": [2, 5]}), 8) == [2, 5]
    words = struck(draws({"script": ["ok", "html", "drop:in_body", "ok", "storm"]}), 8)
    assert words == [[], [(1, "html")], [(1, "drop")], [], [(1, "storm")], [], [], []]


def test_rules_below_an_end_count_and_wait() -> None:
    """A rule below one that ended the call counts the request, and does not strike it."""
    made = draws({"fault": "html", "script": [1]}, {"fault": "storm", "script": [1, 2]})
    assert struck(made, 3) == [[(1, "html")], [(2, "storm")], []]


@pytest.mark.parametrize("endpoint", [*ENDPOINTS, *VIDEO_ENDPOINTS, *V1_ENDPOINTS], ids=lambda each: each.name)
def test_endpoints_are_known_by_name(endpoint: Any) -> None:
    """Every name of the catalog leads to its path, also with a slash at the end, and to no other endpoint's."""
    path = endpoint.path.replace("{id}", "12-ab")
    target = Target.of([endpoint.name], [])
    assert target.takes(path)
    assert target.takes(f"{path}/")
    others = {each.path.replace("{id}", "12-ab") for each in (*ENDPOINTS, *VIDEO_ENDPOINTS, *V1_ENDPOINTS)} - {path}
    assert not [other for other in others if target.takes(other)]


def test_every_place_of_an_endpoint_is_known() -> None:
    """Deletion may live at several paths."""
    target = Target.of([DELETE_VIDEO.name], [])
    assert all(target.takes(path.replace("{id}", "7")) for path in VIDEO_DELETE_PATHS)


@pytest.mark.parametrize(
    ("target", "takes", "leaves"),
    [
        (
            Target(),
            [GENERATIONS, "/v2/x", "/v1/imagine/api/upscale", "/_results/a.png"],
            ["/", "/_sandbox/books", "/openapi.json", "/v2x", "/_resultsx"],
        ),
        (Target.of(["results"], []), ["/_results/a.png"], [GENERATIONS, "/_results"]),
        (Target.of([], ["/_sandbox/books"]), ["/_sandbox/books"], ["/_sandbox/books/x", GENERATIONS]),
        (Target.of([], ["/v2/*"]), [GENERATIONS, "/v2/"], ["/v2", "/v1/x"]),
        (Target.of(["upscale"], ["/"]), ["/", UPSCALE.path], [GENERATIONS]),
    ],
)
def test_paths(target: Target, takes: list[str], leaves: list[str]) -> None:
    """Without a filter the API and the results are befallen; with one, what it names and nothing else."""
    assert [path for path in [*takes, *leaves] if target.takes(path)] == takes


def delays(rule: dict[str, Any], count: int = 2000) -> list[float]:
    """Draw so many waits."""
    made = draws({"fault": "latency", **rule}, seed=3)
    found = [strike for _ in range(count) for strike in made.draw(GENERATIONS)]
    return [strike.fault.change(Reply(200, ()), strike.moment).delay for strike in found]


@pytest.mark.parametrize(
    ("rule", "low", "mean", "high"),
    [
        ({"seconds": 2}, 2, 2, 2),
        ({"distribution": "uniform", "low": 1, "high": 3}, 1, 2, 3),
        ({"distribution": "normal", "mean": 2, "deviation": 0.5}, 0, 2, 5),
        ({"distribution": "exponential", "mean": 2}, 0, 2, 30),
        ({"distribution": "lognormal", "median": 2, "sigma": 0.1}, 1, 2.01, 3),
        ({"distribution": "exponential", "mean": 0}, 0, 0, 0),
        ({"distribution": "lognormal", "median": 0, "sigma": 1}, 0, 0, 0),
    ],
)
def test_distributions(rule: dict[str, Any], low: float, mean: float, high: float) -> None:
    """Waits come from the distribution that was asked for."""
    found = delays(rule)
    assert low <= min(found) <= max(found) <= high
    assert statistics.fmean(found) == pytest.approx(mean, rel=0.1)
    assert found == delays(rule)


def test_waits_are_clipped() -> None:
    """No wait is below zero, and none above the cap."""
    found = delays({"distribution": "normal", "mean": 0, "deviation": 5, "cap": 2})
    assert (min(found), max(found)) == (0, 2)
    assert max(delays({"distribution": "lognormal", "median": 100, "sigma": 10})) == 3600
