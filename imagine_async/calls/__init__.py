"""What the async client can do, by kind; `imagine_async.sync_calls` is generated from it."""
