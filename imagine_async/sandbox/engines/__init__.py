"""Picture engines of the sandbox server: what paints and edits when no hosted model is there."""

from __future__ import annotations

from imagine_async.sandbox.engines.choosing import ENGINE_NAMES, EngineName, chosen_engine
from imagine_async.sandbox.engines.errors import EngineError, MissingEngineExtraError
from imagine_async.sandbox.engines.procedural import ProceduralEngine
from imagine_async.sandbox.engines.protocol import Engine

__all__ = [
    "ENGINE_NAMES",
    "Engine",
    "EngineError",
    "EngineName",
    "MissingEngineExtraError",
    "ProceduralEngine",
    "chosen_engine",
]
