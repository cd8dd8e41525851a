"""A sandbox in this process, as something that a client can be pointed at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagine_async.errors import MissingExtraError
from imagine_async.transport import in_process_client

if TYPE_CHECKING:
    import httpx

__all__ = ["sandbox_server"]

_BASE_URL = "http://sandbox.invalid"


def sandbox_server(*, credits: int | None, side: int, rate_limit: str | None) -> tuple[str, str, httpx.AsyncClient]:
    """Make a sandbox that is reached without a socket.

    Args:
        credits: Tokens on the account; `None` for no end.
        side: Pixels of a square picture's side.
        rate_limit: The limit that the server enforces; `None` for none.

    Returns:
        A key that it lets in, its base URL, and an HTTP client that leads to it.

    Raises:
        MissingExtraError: The extra `sandbox` is not installed.
    """
    try:
        from imagine_async.sandbox import SandboxSettings, create_app
        from imagine_async.sandbox.engines import ProceduralEngine
    except ImportError:
        raise MissingExtraError("the sandbox", "sandbox") from None
    settings = SandboxSettings(credits=credits, side=side, rate_limit=rate_limit)
    app = create_app(settings, engine=ProceduralEngine())
    return settings.keys[0], _BASE_URL, in_process_client(app)
