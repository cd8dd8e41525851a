"""What every request of v1 has beside those of v2: a dialect, and names on the wire that are not its arguments'."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
from attrs import Attribute, field, frozen

from imagine_async.catalog import DEFAULT_DIALECT, Dialect
from imagine_async.errors import InvalidRequestError
from imagine_async.field_numbers import wire_text
from imagine_async.fields_v1 import to_dialect
from imagine_async.inputs import AnySource
from imagine_async.requests import ImageRequest

__all__ = ["WIRE_NAME", "V1Request"]

WIRE_NAME = "wire_name"
"""The key, in a field's metadata, of the name that the part has in the form, where it is another."""

_NOT_SENT = frozenset({"dialect", "extra"})


@frozen(kw_only=True)
class V1Request(ImageRequest):
    """A call of v1.

    What is `None` is not sent, and the server's own default applies; except for the few fields that the dialect
    sends unasked.

    Args:
        dialect: A `Dialect`, or `javascript` or `python`; the client's sub-client `v1` passes its own.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: The dialect is not known, or `extra` names a field that is an argument of its own.
    """

    dialect: Dialect = field(default=DEFAULT_DIALECT, converter=to_dialect, repr=False)

    def __attrs_post_init__(self) -> None:
        ImageRequest.__attrs_post_init__(self)
        for attribute in attrs.fields(type(self)):
            name = _wire_name(attribute)
            if attribute.name not in _NOT_SENT and name in self.extra:
                advice = f"pass it as the argument {attribute.name}="
                raise InvalidRequestError(f"extra[{name!r}]", self.extra[name], advice)

    @property
    def path(self) -> str:
        """The path below the host's root, as the dialect writes it."""
        return self.dialect.path(self.endpoint)

    @property
    def key_header(self) -> tuple[str, str]:
        """The header that carries the key in the dialect, and what stands before the key in it."""
        return self.dialect.key_header

    def form(self) -> Iterator[tuple[str, str | AnySource]]:
        """Yield the parts of the multipart form: name, and text or picture."""
        unasked = self.dialect.unasked(self.endpoint)
        for attribute in attrs.fields(type(self)):
            name, value = _wire_name(attribute), getattr(self, attribute.name)
            if attribute.name in _NOT_SENT:
                continue
            if value is None or value is False:
                value = unasked.get(name)
            if value is not None:
                yield name, wire_text(value) if isinstance(value, (str, int, float)) else value
        yield from self.extra.items()

    @property
    def billed_style(self) -> str | None:
        """The number of the style that is sent, as text; `None` where none is."""
        style = dict(self.form()).get("style_id")
        return None if style is None else str(style)


def _wire_name(attribute: Attribute[Any]) -> str:
    name: str = attribute.metadata.get(WIRE_NAME, attribute.name)
    return name
