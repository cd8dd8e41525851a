"""The store in Redis or Valkey: for the processes of many hosts."""

from __future__ import annotations

from imagine_async.stores.redis.store import RedisStore

__all__ = ["RedisStore"]
