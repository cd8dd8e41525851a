"""How the vendor's two clients for v1 speak: they do not agree on the wire, so neither can be taken for the contract.

What one of them does on its own account is a row here; what a caller asks for goes out in either dialect.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from imagine_async.catalog.endpoint import Endpoint
from imagine_async.catalog.v1 import V1_GENERATIONS, V1_INPAINT, V1_REMIX, V1_UPSCALE
from imagine_async.errors import ConfigurationError

__all__ = ["DEFAULT_DIALECT", "DIALECTS", "JAVASCRIPT", "PYTHON", "Dialect", "SentAnyway", "dialect_named"]


@frozen
class SentAnyway:
    """A field that a client sends although its caller did not ask for it.

    Args:
        endpoint: The name of the endpoint, for example `v1.upscale`.
        field: The part's name on the wire.
        text: What it holds.
    """

    endpoint: str
    field: str
    text: str


@frozen
class Dialect:
    """One way to speak to v1.

    Args:
        name: What the option `v1_dialect` calls it.
        key_header: The header that carries the key, and what stands before the key in it.
        sent_anyway: The fields that go out unasked.
        slashed: The names of the endpoints whose path ends with a slash.
        source: A key of `SOURCES`.
    """

    name: str
    key_header: tuple[str, str]
    sent_anyway: tuple[SentAnyway, ...]
    slashed: tuple[str, ...]
    source: str

    def path(self, endpoint: Endpoint) -> str:
        """Return the path of an endpoint below the host's root.

        Args:
            endpoint: An endpoint of v1.
        """
        return f"{endpoint.path}/" if endpoint.name in self.slashed else endpoint.path

    def unasked(self, endpoint: Endpoint) -> dict[str, str]:
        """Return the fields of an endpoint that go out unasked, by their names on the wire.

        Args:
            endpoint: An endpoint of v1.
        """
        return {row.field: row.text for row in self.sent_anyway if row.endpoint == endpoint.name}


JAVASCRIPT = Dialect(
    name="javascript",
    key_header=("authorization", "Bearer "),
    sent_anyway=(
        SentAnyway(V1_INPAINT.name, "style_id", "1"),
        SentAnyway(V1_UPSCALE.name, "model_version", "1"),
    ),
    slashed=(),
    source="v1 SDKs",
)
"""As `imaginesdk` 1.1.0 for JavaScript does."""

PYTHON = Dialect(
    name="python",
    # A header of this very name, with the naked key. The sample on the page of inpaint has it as well.
    key_header=("Bearer", ""),
    sent_anyway=(
        SentAnyway(V1_GENERATIONS.name, "high_res_results", "0"),
        SentAnyway(V1_REMIX.name, "control", "openpose"),
        SentAnyway(V1_INPAINT.name, "model_version", "1"),
        SentAnyway(V1_UPSCALE.name, "model_version", "1"),
    ),
    slashed=(V1_UPSCALE.name,),
    source="v1 SDKs",
)
"""As `imaginesdk` 1.0.0-beta for Python does."""

DEFAULT_DIALECT = JAVASCRIPT
"""Its header is also that of v2, and what most callers of v1 were seen to send (source: callers)."""

DIALECTS: Mapping[str, Dialect] = MappingProxyType({dialect.name: dialect for dialect in (JAVASCRIPT, PYTHON)})
"""The dialects by name."""


def dialect_named(name: str) -> Dialect:
    """Find a dialect.

    Args:
        name: `javascript` or `python`.

    Returns:
        The dialect.

    Raises:
        ConfigurationError: There is none of that name.
    """
    dialect = DIALECTS.get(name) if isinstance(name, str) else None
    if dialect is None:
        raise ConfigurationError(f"v1_dialect={name!r}: pass one of {', '.join(map(repr, DIALECTS))}")
    return dialect
