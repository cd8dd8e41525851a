"""A sandbox in this process, as something that a client can be pointed at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagine_async.errors import ConfigurationError, MissingExtraError
from imagine_async.transport import in_process_client

if TYPE_CHECKING:
    import httpx

    from imagine_async.sandbox.engines import Engine
    from imagine_async.sandbox.faults.loading import GivenFaults

__all__ = ["sandbox_server"]

_BASE_URL = "http://sandbox.invalid"


def sandbox_server(
    *,
    credits: int | None,
    side: int,
    rate_limit: str | None,
    engine: Engine | str,
    model: str | os.PathLike[str] | None,
    faults: GivenFaults | None = None,
) -> tuple[str, str, httpx.AsyncClient]:
    """Make a sandbox that is reached without a socket.

    Args:
        credits: Tokens on the account; `None` for no end.
        side: Pixels of a square picture's side.
        rate_limit: The limit that the server enforces; `None` for none.
        faults: Faults that the server commits, as for its `create_app`.
        engine: What paints, or its name.
        model: The folder of a diffusion pipeline, for the engine `diffusers`.

    Returns:
        A key that it lets in, its base URL, and an HTTP client that leads to it.

    Raises:
        MissingExtraError: The extra `sandbox`, or the engine's own, is not installed.
        ConfigurationError: The faults cannot be read, there is no such engine, or `model` does not go with it.
    """
    try:
        from imagine_async.sandbox import SandboxSettings, create_app, engines
        from imagine_async.sandbox.faults import FaultsError
    except ImportError:
        raise MissingExtraError("the sandbox", "sandbox") from None
    settings = SandboxSettings(credits=credits, side=side, rate_limit=rate_limit)
    try:
        painter = engines.chosen_engine(engine, model=model) if isinstance(engine, str) else engine
        app = create_app(settings, engine=painter, faults=faults)
    except engines.MissingEngineExtraError as error:
        raise MissingExtraError(f"the engine {engine!r}", error.extra) from None
    except (engines.EngineError, FaultsError) as error:
        raise ConfigurationError(str(error)) from None
    return settings.keys[0], _BASE_URL, in_process_client(app)
