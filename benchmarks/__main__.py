"""`python -m benchmarks`: measures the SDK, prints tables, and with `--check` fails where a target is missed."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable, Mapping

from benchmarks.batch_costs import measure_batch_costs
from benchmarks.batch_memory import measure_batch_memory
from benchmarks.loop_stalls import measure_upload
from benchmarks.middleware_costs import measure_costs
from benchmarks.outcome import Extent, Outcome
from benchmarks.painting import measure_painting
from benchmarks.report import Figure
from benchmarks.results_page import write_results
from benchmarks.sandbox_load import measure_load
from benchmarks.scenarios.calls import measure_calls
from benchmarks.scenarios.downloads import measure_downloads
from benchmarks.scenarios.latency import measure_latency
from benchmarks.scenarios.long_queue import measure_queue
from benchmarks.scenarios.loops import measure_loops
from benchmarks.scenarios.memory import measure_memory
from benchmarks.scenarios.stalls import measure_stalls
from benchmarks.scenarios.start import measure_start
from benchmarks.scenarios.switches import measure_switches
from benchmarks.scenarios.sync_facade import measure_sync_facade
from benchmarks.scenarios.throughput import measure_throughput
from benchmarks.scenarios.tls import measure_tls
from benchmarks.scenarios.uploads import measure_uploads

_MEASURES: Mapping[str, Callable[[], list[Figure]]] = {
    "start": measure_start,
    "uploads": measure_uploads,
    "upload-stalls": measure_upload,
    "memory": measure_memory,
    "stalls": measure_stalls,
    "sync-facade": measure_sync_facade,
    "queue": measure_queue,
    "loops": measure_loops,
    "middleware": measure_costs,
    "sandbox": measure_load,
    "painting": measure_painting,
    "batch": measure_batch_costs,
    "batch-memory": measure_batch_memory,
}
_SCENARIOS: Mapping[str, Callable[[Extent], Outcome]] = {
    "calls": measure_calls,
    "throughput": measure_throughput,
    "latency": measure_latency,
    "downloads": measure_downloads,
    "tls": measure_tls,
    "switches": measure_switches,
}
_NAMES = (*_SCENARIOS, *_MEASURES)


def main() -> int:
    """Run what was asked for.

    Returns:
        The exit code: 1 where `--check` is given and a target is missed, by more than its slack where it has some.
    """
    arguments = _arguments()
    extent = Extent(every_client=arguments.write or not arguments.check, full=arguments.full)
    outcomes = []
    for name in arguments.names or _NAMES:
        outcomes.append(_SCENARIOS[name](extent) if name in _SCENARIOS else Outcome(_MEASURES[name]()))
        print(*(table.as_text() for table in outcomes[-1].tables), sep="\n")
        print(*(figure.line() for figure in outcomes[-1].figures), "", sep="\n", flush=True)
    figures = [figure for outcome in outcomes for figure in outcome.figures]
    if arguments.write:
        write_results([table for outcome in outcomes for table in outcome.tables], figures)
    return int(arguments.check and not all(figure.holds for figure in figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(_NAMES)}; all by default")
    parser.add_argument(
        "--check", action="store_true", help="fail where a target is missed; compare with those only that have targets"
    )
    parser.add_argument("--full", action="store_true", help="measure what has no target as well")
    parser.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md and the charts")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(_NAMES))
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    if arguments.write and importlib.util.find_spec("matplotlib") is None:
        parser.error("the charts need matplotlib, which is in the dependency group test")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
