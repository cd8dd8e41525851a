"""PyYAML's safe loader with the plain values of YAML 1.2; imported only where PyYAML is installed."""

from __future__ import annotations

import re
from typing import Any

import yaml

__all__ = ["CoreLoader"]


class CoreLoader(yaml.SafeLoader):
    """Takes 16:9 for a text, where the older version has a number of seconds, and refuses names that come twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a name that stands twice.

        Args:
            node: The mapping.
            deep: Whether to make its members at once.
        """
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


CoreLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+0123456789."),
    ("null", r"~|null|Null|NULL|", "~nN"),
):
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), [*_first])
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^$"), [""])
