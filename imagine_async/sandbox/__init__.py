"""An Imagine-compatible server that runs locally: no key, no network, no bill.

    with running_sandbox() as sandbox:
        client = AsyncImagine(sandbox.key, base_url=sandbox.base_url)

It serves the picture and video endpoints of v2 and those of v1. What the vendor never published
(pixel sizes, most prices, plans, the target of AI Resize, how a video job fails) is invented, and marked so in
`imagine_async.catalog`, `SandboxSettings` and `imagine_async.sandbox.resizing`. Videos are MP4 where PyAV is installed,
and animated WebP otherwise.
"""

from __future__ import annotations

from imagine_async.sandbox.accounts import BooksError
from imagine_async.sandbox.app import create_app
from imagine_async.sandbox.plans import Plan
from imagine_async.sandbox.server import RunningSandbox, running_sandbox, serve
from imagine_async.sandbox.settings import SandboxSettings

__all__ = ["BooksError", "Plan", "RunningSandbox", "SandboxSettings", "create_app", "running_sandbox", "serve"]
