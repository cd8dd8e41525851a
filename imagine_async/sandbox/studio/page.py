"""The page and what changes of it, as HTML."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagine_async.sandbox.studio.words import bytes_in_words, seconds_in_words, tokens_in_words

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render"]

_FOLDER = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """Write HTML; every text is escaped.

    Args:
        template: The template's name, without its suffix.
        **values: What it shows.
    """
    return _environment().get_template(f"{template}.html").render(values)


@cache
def _environment() -> Environment:
    # Here, because a sandbox whose page nobody opens needs no templates.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(tokens=tokens_in_words, duration=seconds_in_words, size=bytes_in_words)
    return environment
