"""`python -m benchmarks`: measures the SDK, prints tables, and with `--check` fails where a target is missed."""

from __future__ import annotations

import argparse
import sys

from benchmarks.batch_costs import measure_batch_costs
from benchmarks.batch_memory import measure_batch_memory
from benchmarks.import_time import measure_import
from benchmarks.loop_stalls import measure_upload
from benchmarks.middleware_costs import measure_costs
from benchmarks.painting import measure_painting
from benchmarks.sandbox_load import measure_load

_MEASURES = {
    "import": measure_import,
    "upload": measure_upload,
    "middleware": measure_costs,
    "sandbox": measure_load,
    "painting": measure_painting,
    "batch": measure_batch_costs,
    "batch-memory": measure_batch_memory,
}


def main() -> int:
    """Run what was asked for.

    Returns:
        The exit code: 1 where `--check` is given and a target is missed.
    """
    parser = argparse.ArgumentParser("benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(_MEASURES)}; all by default")
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(_MEASURES))
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    figures = [figure for name in arguments.names or _MEASURES for figure in _MEASURES[name]()]
    print("\n".join(figure.line() for figure in figures))
    return int(arguments.check and not all(figure.met for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
