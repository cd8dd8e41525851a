"""One row of a manifest, from plain members."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import define, field

from imagine_async.batch.manifest.converting import Converting
from imagine_async.batch.manifest.errors import Problem, RowProblemsError
from imagine_async.batch.manifest.members import DEFAULT_ENDPOINT, EXTRA_PREFIX, class_named, unknown_endpoint
from imagine_async.batch.rows import Row, RowError, to_tags

__all__ = ["RowParser", "parse_row"]

_LONGEST_TEXT = 500
_TAG_SEPARATOR = ";"


def parse_row(data: Mapping[str, Any], *, line: int | None = None, folder: Path | None = None) -> Row:
    """Read one row of a manifest. Looks into files, and blocks while it does.

    Args:
        data: `endpoint` (`text_to_image` where it is left out), its fields, and `id`, `name` and `tags`; what is `None`
            counts as left out.
        line: Its line in the manifest, from 1, for errors.
        folder: What the paths of its pictures are relative to; `None` for the working directory.

    Returns:
        The row.

    Raises:
        RowError: It cannot be used; names every member that is wrong, and why.
    """
    return (_HERE if folder is None else RowParser(folder)).parse(data, line)


@define
class RowParser:
    """Reads the rows of one manifest.

    Args:
        folder: What the paths of pictures are relative to; `None` for the working directory.
        is_flat: Whether the rows come from cells: numbers may be texts, `tags` a text split at `;`, a picture
            `row:ID`, and columns `extra.NAME` are further form fields.
    """

    folder: Path | None = None
    is_flat: bool = False
    _converting: Converting = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._converting = Converting(self.folder, self.is_flat)

    def parse(self, data: Mapping[str, Any], line: int | None = None) -> Row:
        """Read a row; as `parse_row`.

        Args:
            data: Its members.
            line: Its line, from 1.
        """
        try:
            return self._parsed(_given(data), line)
        except RowProblemsError as error:
            raise RowProblemsError(error.problems, line=line) from None

    def _parsed(self, members: dict[str, Any], line: int | None) -> Row:
        if self.is_flat:
            members = _gathered(members)
        endpoint = members.pop("endpoint", DEFAULT_ENDPOINT)
        problems: list[Problem] = []
        own_id = _label("id", members.pop("id", None), problems)
        name = _label("name", members.pop("name", None), problems)
        tags = self._tags(members.pop("tags", ()), problems)
        cls = class_named(endpoint)
        if cls is None:
            raise RowProblemsError([*problems, Problem("endpoint", unknown_endpoint(endpoint))])
        try:
            request = self._converting.request(members, cls)
        except RowProblemsError as error:
            raise RowProblemsError([*problems, *error.problems]) from None
        if problems:
            raise RowProblemsError(problems)
        return Row(request=request, id=own_id, name=name, tags=tags, line=line)

    def _tags(self, value: object, problems: list[Problem]) -> tuple[str, ...]:
        if self.is_flat and isinstance(value, str):
            value = [tag.strip() for tag in value.split(_TAG_SEPARATOR) if tag.strip()]
        try:
            tags = to_tags(value)
        except RowError as error:
            problems.append(Problem("tags", error.reason))
            return ()
        if not all(map(_is_encodable, tags)):
            problems.append(Problem("tags", "a tag holds a lone surrogate"))
        return tags


_HERE = RowParser()


def _given(data: object) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        reason = 'a row is an object with members, for example {"prompt": "a red fox"}'
        raise RowProblemsError([Problem(None, reason)])
    # Keys of Python's own mappings may be anything; older releases of cattrs cannot tell of one that is no text.
    return {str(name): value for name, value in data.items() if value is not None}


def _gathered(members: dict[str, Any]) -> dict[str, Any]:
    """Make one member of the columns `extra.NAME`."""
    extra = {name: value for name, value in members.items() if name.startswith(EXTRA_PREFIX)}
    whole = members.get("extra", {})
    if not extra or not isinstance(whole, Mapping):
        return members
    others = {name: value for name, value in members.items() if name not in extra}
    return {**others, "extra": {**whole, **{name.removeprefix(EXTRA_PREFIX): value for name, value in extra.items()}}}


def _label(name: str, value: object, problems: list[Problem]) -> str | None:
    """Take an id or a name: a text, or a whole number, as tables have them."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = _number(value)
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT and _is_encodable(value):
        return value
    problems.append(Problem(name, f"pass a text of 1 to {_LONGEST_TEXT} characters"))
    return None


def _number(value: int) -> str:
    return str(value) if abs(value) < 10**100 else ""


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
