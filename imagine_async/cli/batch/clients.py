"""The client that runs a batch: with your key, or with a sandbox on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagine_async.cli.batch.parts import Doing
from imagine_async.cli.books import has_key
from imagine_async.cli.extras import require_sandbox
from imagine_async.cli.output import CommandError
from imagine_async.config import KEY_VARIABLE
from imagine_async.stores import RateLimit

if TYPE_CHECKING:
    from imagine_async.client import AsyncImagine
    from imagine_async.options import ClientOptions

__all__ = ["make_client", "rate_limit_of"]

_NO_KEY = (
    f"there is no API key. Make one in the Keys tab of https://platform.imagine.art and set it:\n"
    f"    export {KEY_VARIABLE}=...\n"
    "Or let this machine paint the pictures, without a key and a bill: add --sandbox"
)
_LIVE_LIMIT = "50/60s"
_NO_LIMIT = "none"


def rate_limit_of(rate: str | None) -> RateLimit | None:
    """Read --rate.

    Args:
        rate: As on the command line; `None` or `none` for none.

    Raises:
        ConfigurationError: It is no limit.
    """
    return None if rate is None or rate == _NO_LIMIT else RateLimit(rate)


def make_client(doing: Doing) -> AsyncImagine:
    """Make the client.

    Args:
        doing: How rows are run.

    Raises:
        CommandError: There is no key.
        ConfigurationError: A setting makes no sense.
        MissingExtraError: The sandbox is asked for, and its extra is not installed.
    """
    options: ClientOptions = {} if doing.rate is None else {"rate_limit": rate_limit_of(doing.rate)}
    return _sandbox(doing, options) if doing.sandbox else _client(options)


def _client(options: ClientOptions) -> AsyncImagine:
    if not has_key():
        raise CommandError(_NO_KEY, code=2)
    from imagine_async.client import AsyncImagine

    return AsyncImagine(**options)


def _sandbox(doing: Doing, options: ClientOptions) -> AsyncImagine:
    require_sandbox()
    from imagine_async.client import AsyncImagine

    limit = _LIVE_LIMIT if doing.rate is None else None if doing.rate == _NO_LIMIT else doing.rate
    return AsyncImagine.sandbox(credits=None, server_rate_limit=limit, **options)
