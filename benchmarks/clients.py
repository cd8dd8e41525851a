"""Whom the SDK is compared with, and itself."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

__all__ = ["CLIENTS", "FLOOR", "OURS", "Client", "clients_named"]


@frozen
class Client:
    """A client.

    Args:
        module: Its module in `benchmarks.peers`.
        label: What it is called in tables and charts.
        environment: Where it runs; `None` for the interpreter that measures.
        is_bare: Whether it is no SDK but an HTTP library, or less.
        is_for_files: Whether it differs from another one only in what it does with large replies.
    """

    module: str
    label: str
    environment: str | None = None
    is_bare: bool = False
    is_for_files: bool = False


OURS = "ours"
FLOOR = "by_hand"

CLIENTS = (
    Client(OURS, "imagine_async, everything on"),
    Client("our_connections", "httpx over our connections, ready-made bytes", is_bare=True),
    Client("httpx_files", "httpx, files=", "httpx", is_bare=True),
    Client("aiohttp_form", "aiohttp, FormData", "aiohttp", is_bare=True),
    Client("aiohttp_whole", "aiohttp, with digests and whole files", "aiohttp", is_bare=True, is_for_files=True),
    Client("aiohttp_bytes", "aiohttp, ready-made bytes", "aiohttp", is_bare=True),
    Client("openai_generate", "openai, images.generate", "openai"),
    Client("openai_edit", "openai, images.edit", "openai"),
    Client("openai_binary", "openai, post with a bare picture back", "openai"),
    Client("replicate_run", "replicate, async_run", "replicate"),
    Client("fal_run", "fal_client, run", "fal"),
    Client("imaginesdk_threads", "imaginesdk, in threads", "imaginesdk"),
    Client(FLOOR, "by hand, asyncio.Protocol", is_bare=True),
)


def clients_named(modules: Sequence[str]) -> Sequence[Client]:
    """Return some clients, in the order of all.

    Args:
        modules: The names of their modules.
    """
    return [client for client in CLIENTS if client.module in modules]
