"""From sync code to async code: one event-loop thread for each process, and what crosses to it."""
