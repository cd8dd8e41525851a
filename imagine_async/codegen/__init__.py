"""Writes the sync client from the async one; a tool of the project, not needed at run time."""
