"""A sandbox in this process, as something that a client can be pointed at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagine_async.errors import ConfigurationError, MissingExtraError
from imagine_async.transport import in_process_client

if TYPE_CHECKING:
    import httpx

    from imagine_async.sandbox.faults.loading import GivenFaults

__all__ = ["sandbox_server"]

_BASE_URL = "http://sandbox.invalid"


def sandbox_server(
    *, credits: int | None, side: int, rate_limit: str | None, faults: GivenFaults | None = None
) -> tuple[str, str, httpx.AsyncClient]:
    """Make a sandbox that is reached without a socket.

    Args:
        credits: Tokens on the account; `None` for no end.
        side: Pixels of a square picture's side.
        rate_limit: The limit that the server enforces; `None` for none.
        faults: Faults that the server commits, as for its `create_app`.

    Returns:
        A key that it lets in, its base URL, and an HTTP client that leads to it.

    Raises:
        MissingExtraError: The extra `sandbox` is not installed.
        ConfigurationError: The faults cannot be read, or hold what is no rule.
    """
    try:
        from imagine_async.sandbox import SandboxSettings, create_app
        from imagine_async.sandbox.engines import ProceduralEngine
        from imagine_async.sandbox.faults import FaultsError
    except ImportError:
        raise MissingExtraError("the sandbox", "sandbox") from None
    settings = SandboxSettings(credits=credits, side=side, rate_limit=rate_limit)
    try:
        app = create_app(settings, engine=ProceduralEngine(), faults=faults)
    except FaultsError as error:
        raise ConfigurationError(str(error)) from None
    return settings.keys[0], _BASE_URL, in_process_client(app)
