"""The `imagine` command; needs the extra `cli`."""

from __future__ import annotations

import sys

__all__ = ["main"]

_EXTRA = ("cyclopts", "rich")
_INTERRUPTED = 130


def main() -> None:
    """Run the command line of this process, and end the process with its exit code."""
    try:
        code = _run()
    except KeyboardInterrupt:
        # Caught out here, because imports too take long enough for somebody to press Ctrl-C.
        sys.stderr.write("imagine: interrupted\n")
        code = _INTERRUPTED
    sys.exit(code)


def _run() -> int:
    try:
        from imagine_async.cli.app import run

        return run(sys.argv[1:])
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        sys.exit('The imagine command needs an extra that is not installed: pip install "imagine-async[cli]"')
