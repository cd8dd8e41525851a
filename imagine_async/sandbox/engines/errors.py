"""Why an engine cannot be had."""

from __future__ import annotations

__all__ = ["EngineError", "MissingEngineExtraError"]


class EngineError(ValueError):
    """An engine cannot be made as asked: an unknown name, a path that holds no model."""


class MissingEngineExtraError(EngineError, ImportError):
    """The packages of an engine are not installed.

    Args:
        engine: The engine's name.
        extra: The extra to install, as in `pip install "imagine-async[extra]"`.
    """

    def __init__(self, engine: str, extra: str) -> None:
        super().__init__(
            f'the engine {engine!r} needs an extra that is not installed: pip install "imagine-async[{extra}]"'
        )
        self.extra = extra

    def __reduce__(self) -> tuple[type[MissingEngineExtraError], tuple[str, str]]:
        """Pickle by what it was made from."""
        return type(self), (self.args[0].split("'")[1], self.extra)
