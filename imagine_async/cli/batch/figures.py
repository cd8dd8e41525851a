"""The figures of a batch in words, as the live display and the plain lines share them."""

from __future__ import annotations

from imagine_async.batch.records import BatchProgress
from imagine_async.cli.batch.words import counted, duration, per_second, share, size, tokens

__all__ = ["how_far", "how_fast", "outcomes", "spent"]


def how_far(progress: BatchProgress) -> str:
    """Say how many rows have ended, of how many, as in `400 of 1,000 rows (40 %)`.

    Args:
        progress: The figures.
    """
    if progress.total is None:
        return counted(progress.ended, "row")
    return f"{progress.ended:,} of {counted(progress.total, 'row')} ({share(progress.ended, progress.total)})"


def outcomes(progress: BatchProgress) -> str:
    """Say how the rows ended, as in `done 395 (100 of them before), failed 5, unknown 0`.

    Args:
        progress: The figures.
    """
    before = f" ({progress.skipped:,} of them before)" if progress.skipped else ""
    return f"done {progress.done:,}{before}, failed {progress.failed:,}, unknown {progress.unknown:,}"


def how_fast(progress: BatchProgress) -> str:
    """Say how fast rows end, and when all of them will have, as in `50.0/min, 12 min 00 s to go`.

    Args:
        progress: The figures.
    """
    speed = per_second(progress.rate)
    if progress.paused:
        return f"{speed}, paused"
    left = progress.seconds_left
    return speed if left is None else f"{speed}, {duration(left)} to go"


def spent(progress: BatchProgress) -> str:
    """Say what was spent, may have been, and is left, as in `1,200 tokens spent, 3,800 left`.

    Args:
        progress: The figures.
    """
    parts = [f"{tokens(progress.tokens)} spent"]
    if progress.tokens_held:
        parts.append(f"{tokens(progress.tokens_held)} perhaps")
    if progress.tokens_left is not None:
        parts.append(f"{tokens(progress.tokens_left).partition(' ')[0]} left")
    parts.append(f"{size(progress.bytes)} stored")
    return ", ".join(parts)
