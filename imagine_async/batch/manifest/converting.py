"""Requests out of plain members, through cattrs, which gathers what is wrong with each field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import attrs
from attrs import Attribute, frozen
from cattrs import ClassValidationError, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override

from imagine_async.batch.manifest.errors import Problem, RowProblemsError, shown_name
from imagine_async.batch.manifest.members import unknown_field
from imagine_async.batch.manifest.numbers import to_float, to_int, to_truth
from imagine_async.batch.manifest.pictures import to_picture
from imagine_async.errors import InvalidRequestError
from imagine_async.inputs import BytesSource
from imagine_async.requests import Request
from imagine_async.serialization import make_converter

__all__ = ["Converting"]

_Convert = Callable[[Any], Any]
_READERS: Mapping[type, _Convert] = {bool: to_truth, int: to_int, float: to_float}


@frozen
class Converting:
    """Makes requests out of plain members.

    Args:
        folder: What paths are relative to; `None` for the working directory.
        is_flat: Whether numbers may be texts, and a text `row:ID` another row's picture.
    """

    folder: Path | None = None
    is_flat: bool = False
    _made: dict[type[Request[Any]], _Convert] = attrs.field(factory=dict, init=False, repr=False)

    def request(self, members: Mapping[str, Any], cls: type[Request[Any]]) -> Request[Any]:
        """Make a request. Looks into files, and blocks while it does.

        Args:
            members: Its fields by name; none of them is `None`.
            cls: Its class.

        Returns:
            The request.

        Raises:
            RowProblemsError: Fields are wrong, unknown or missing; it names them all.
        """
        structure = self._made.get(cls) or self._made.setdefault(cls, self._structure(cls))
        try:
            made: Request[Any] = structure(members)
        except ClassValidationError as group:
            raise RowProblemsError(_problems(group, cls)) from None
        return made

    def _structure(self, cls: type[Request[Any]]) -> _Convert:
        hints = get_type_hints(cls)
        # `Any`, because mypy takes the keywords below for possible names of fields.
        fields: dict[str, Any] = {
            field.name: override(struct_hook=self._hook(field, hints[field.name])) for field in attrs.fields(cls)
        }
        structure: Callable[[Any, Any], Any] = make_dict_structure_fn(
            cls,
            make_converter(),
            _cattrs_forbid_extra_keys=True,
            _cattrs_use_alias=True,
            _cattrs_detailed_validation=True,
            **fields,
        )
        return lambda members: structure(members, cls)

    def _hook(self, attribute: Attribute[Any], kind: Any) -> Callable[[Any, Any], Any]:
        """Check one field where cattrs can tell what is wrong with each."""
        read, check = self._reader(attribute.alias or attribute.name, kind), _checker(attribute)
        return lambda value, _: check(read(value))

    def _reader(self, name: str, kind: Any) -> _Convert:
        kinds = [each for each in get_args(kind) or (kind,) if each is not NoneType]
        if BytesSource in kinds:
            return lambda value: to_picture(name, value, folder=self.folder, is_flat=self.is_flat)
        reader = _READERS.get(kinds[0]) if self.is_flat else None
        return reader or _unchanged


def _checker(attribute: Attribute[Any]) -> _Convert:
    converter = attribute.converter
    return converter if callable(converter) else _unchanged


def _unchanged(value: Any) -> Any:
    return value


def _problems(group: ClassValidationError, cls: type[Request[Any]]) -> list[Problem]:
    by_field, others = group.group_exceptions()
    found = [_of_field(note.name, error) for error, note in by_field]
    for error in others:
        found += _unknown(error, cls) if isinstance(error, ForbiddenExtraKeysError) else [_of_field(None, error)]
    return found


def _of_field(name: str | None, error: Exception) -> Problem:
    if isinstance(error, InvalidRequestError):
        return Problem(name or error.field, f"{error.value}: {error.advice}", _lacks_file(error))
    if isinstance(error, KeyError):
        return Problem(name, "is missing, and the endpoint needs it")
    return Problem(name, f"{type(error).__name__}: {error}")


def _unknown(error: ForbiddenExtraKeysError, cls: type[Request[Any]]) -> list[Problem]:
    endpoint = cls.endpoint.name
    return [Problem(shown_name(name), unknown_field(name, endpoint)) for name in sorted(error.extra_fields, key=str)]


def _lacks_file(error: BaseException) -> bool:
    cause = error.__cause__
    return isinstance(cause, FileNotFoundError) or (cause is not None and _lacks_file(cause))
