"""Faults that the sandbox commits on request: slow, lost, cut, wrong and refusing replies, from a file or from code.

    with running_sandbox(faults=["ok", "drop:in_body"]) as sandbox:
        client = AsyncImagine(sandbox.key, base_url=sandbox.base_url)

The same seed and the same sequence of requests give the same faults. `docs/faults.md` shows every kind.
"""

from __future__ import annotations

from imagine_async.sandbox.faults.checks import FaultsError
from imagine_async.sandbox.faults.loading import Faults

__all__ = ["Faults", "FaultsError"]
