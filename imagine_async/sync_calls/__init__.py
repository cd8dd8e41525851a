# Generated from calls/ by `python -m imagine_async.codegen`; do not edit.
"""What the sync client can do, by kind; it comes from `imagine_async.calls`."""
