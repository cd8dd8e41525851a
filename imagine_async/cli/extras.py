"""Looks for optional packages before work begins, so that what is missing is said in one line."""

from __future__ import annotations

from imagine_async.errors import MissingExtraError

__all__ = ["require_sandbox"]


def require_sandbox() -> None:
    """Import the sandbox and what paints in it.

    Raises:
        MissingExtraError: A package of the extra `sandbox` is not installed.
    """
    try:
        import imagine_async.sandbox
        import imagine_async.sandbox.engines  # noqa: F401 - NumPy is imported only here
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "imagine_async":
            raise
        raise MissingExtraError("the sandbox", "sandbox") from None
