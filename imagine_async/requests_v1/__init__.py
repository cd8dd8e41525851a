"""One frozen class for each call of v1, the first generation of the API."""

from __future__ import annotations

from imagine_async.requests_v1.base import V1Request
from imagine_async.requests_v1.edits import V1Inpaint, V1Remix, V1Upscale
from imagine_async.requests_v1.generations import V1Generations, V1Guided, V1Variations

__all__ = ["V1Generations", "V1Guided", "V1Inpaint", "V1Remix", "V1Request", "V1Upscale", "V1Variations"]
