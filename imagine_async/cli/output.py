"""What the command says, and how it says that something went wrong."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from imagine_async.errors import ImagineError, Outcome

__all__ = ["CommandError", "complain", "explain", "say", "shown"]

_CHARGED: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.NOT_SENT: "Not charged: nothing was sent.",
        Outcome.REJECTED: "Not charged: the server did not do the work.",
        Outcome.UNKNOWN: "May have been charged: the form may have arrived. Look at your account before you repeat it.",
        Outcome.COMPLETED: "Probably charged: the server did the work, and its result did not arrive whole.",
    }
)


class CommandError(Exception):
    """Something that ends the command with a message and no traceback.

    Args:
        message: What happened and what to do about it.
        code: The exit code: 1 for a failure, 2 for a command that was given wrongly.
    """

    def __init__(self, message: str, *, code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def say(text: str) -> None:
    """Write a line to the standard output, at once.

    Args:
        text: The line.
    """
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Write a line to the standard error.

    Args:
        text: The line.
    """
    sys.stderr.write(f"{text}\n")


def explain(error: ImagineError) -> str:
    """Put an error of the SDK into words: one line on what happened, one on whether it was charged.

    Args:
        error: The error.

    Returns:
        Two lines, free of control characters, because a server's words may stand in them.
    """
    visible = "".join(letter if letter.isprintable() else " " for letter in error.message)
    return f"imagine: {' '.join(visible.split())}\n{_CHARGED[error.outcome]}"


def shown(path: Path) -> str:
    """Return a path as text that every terminal can be given, also where its name is no valid text.

    Args:
        path: The path.
    """
    return str(path).encode(errors="replace").decode()
