"""Cassettes: calls that were made once, and are answered from files from then on."""

from __future__ import annotations

from imagine_async.testing.cassettes.cassette import Cassette, Mode
from imagine_async.testing.cassettes.errors import CassetteDamagedError, NotRecordedError

__all__ = ["Cassette", "CassetteDamagedError", "Mode", "NotRecordedError"]
