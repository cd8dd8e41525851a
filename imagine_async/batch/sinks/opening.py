"""Placeholder until the sinks are merged."""

from __future__ import annotations

from typing import Any

from imagine_async.batch.sinks.base import Sink
from imagine_async.batch.sinks.local import LocalSink


def open_sink(target: Any) -> Sink:
    return target if isinstance(target, Sink) else LocalSink(target)
