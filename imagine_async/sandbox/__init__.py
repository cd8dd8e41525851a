"""An Imagine-compatible server that runs locally: no key, no network, no bill.

    with running_sandbox() as sandbox:
        client = AsyncImagine(sandbox.key, base_url=sandbox.base_url)

It lacks video, v1 and plans. What the vendor never published (pixel sizes, most prices, the target of AI Resize) is
invented, and marked so in `imagine_async.catalog` and in `imagine_async.sandbox.resizing`.
"""

from __future__ import annotations

from imagine_async.sandbox.app import create_app
from imagine_async.sandbox.server import RunningSandbox, running_sandbox, serve
from imagine_async.sandbox.settings import SandboxSettings

__all__ = ["RunningSandbox", "SandboxSettings", "create_app", "running_sandbox", "serve"]
