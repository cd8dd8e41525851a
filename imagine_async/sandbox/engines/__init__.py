"""Picture engines of the sandbox server: what paints and edits when no hosted model is there."""

from __future__ import annotations

from imagine_async.sandbox.engines.procedural import ProceduralEngine
from imagine_async.sandbox.engines.protocol import Engine

__all__ = ["Engine", "ProceduralEngine"]
