"""Calls that are recorded once and replayed ever after, without a server, a key or a bill."""

from __future__ import annotations

from imagine_async.testing.cassettes.cassette import Cassette, Mode
from imagine_async.testing.cassettes.tape import CassetteError

__all__ = ["Cassette", "CassetteError", "Mode"]
