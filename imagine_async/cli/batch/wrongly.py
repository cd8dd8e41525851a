"""Settings that make no sense are the command line's fault: exit code 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from imagine_async.cli.output import CommandError
from imagine_async.cli.tables import visible
from imagine_async.errors import ConfigurationError, MissingExtraError

__all__ = ["as_given_wrongly"]


@contextmanager
def as_given_wrongly() -> Iterator[None]:
    """Turn what is wrong with a setting into a message and exit code 2.

    Raises:
        CommandError: A setting makes no sense.
        MissingExtraError: An extra is not installed, which is nobody's fault.
    """
    try:
        yield
    except MissingExtraError:
        raise
    except ConfigurationError as error:
        raise CommandError(visible(error.message), code=2) from error
