"""One rule: which fault, when, and to which requests."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import attrs
from attrs import field, frozen

from imagine_async.sandbox.faults.base import Fault
from imagine_async.sandbox.faults.checks import as_tuple, number_from, or_none, texts, whole_from
from imagine_async.sandbox.faults.kinds import fault_from_table, fault_from_word
from imagine_async.sandbox.faults.targets import Target

__all__ = ["Rule", "rule_from_table"]

_SOUND = "ok"
_LONGEST_SCRIPT = 10_000


@frozen
class Rule:
    """Which fault befalls which requests, and when.

    Args:
        target: The requests; only they are counted.
        probability: How likely a fault is, from 0 to 1.
        times: How often it strikes at most; `None` for no end.
        fault: The fault, where there is no script of words.
        script: By the number of the request, from 1, its fault. `None`: by probability.
    """

    target: Target
    probability: float = 1.0
    times: int | None = None
    fault: Fault | None = None
    script: Mapping[int, Fault] | None = field(default=None, repr=False)

    def drawn(self, number: int, chance: Random) -> Fault | None:
        """Tell the fault of a request, if one befalls it.

        Args:
            number: The request's, from 1, among those of the target.
            chance: What draws.
        """
        if self.script is not None:
            return self.script.get(number)
        return self.fault if chance.random() < self.probability else None


@frozen
class _Common:
    """The fields that every rule may have, as they stand in a file."""

    probability: float | None = field(default=None, validator=or_none(number_from(0, 1)))
    script: Any = None
    times: int | None = field(default=None, validator=or_none(whole_from(1)))
    endpoints: Any = field(default=(), converter=as_tuple, validator=texts)
    paths: Any = field(default=(), converter=as_tuple, validator=texts)


def rule_from_table(table: Mapping[str, Any]) -> Rule:
    """Make a rule of what a file says.

    Args:
        table: Its fields by name.

    Raises:
        ValueError: Names the field, its value and what it may be.
    """
    names = attrs.fields_dict(_Common)
    common = _Common(**{name: table[name] for name in names if name in table})
    target = Target.of(common.endpoints, common.paths)
    fault = _fault(table, {name: table[name] for name in table if name not in names and name != "fault"})
    script = None if common.script is None else _script(common.script, fault)
    if script is not None and common.probability is not None:
        raise ValueError(f"probability: a rule has a script or a probability, not both: {common.probability!r}")
    if script is None and fault is None:
        raise ValueError("fault: is missing; name a kind, or give a script of words such as ['ok', 'drop:in_body']")
    return Rule(target, 1.0 if common.probability is None else common.probability, common.times, fault, script)


def _fault(table: Mapping[str, Any], parameters: Mapping[str, Any]) -> Fault | None:
    if "fault" in table:
        return fault_from_table(table["fault"], parameters)
    for name in parameters:
        raise ValueError(f"{name}: belongs to no fault here; name its kind in the field fault, or leave {name} out")
    return None


def _script(given: Any, fault: Fault | None) -> Mapping[int, Fault]:
    if not isinstance(given, (list, tuple)) or not given:
        raise ValueError(f"script: a list of words, or of numbers of requests, not {given!r}")
    if len(given) > _LONGEST_SCRIPT:
        raise ValueError(f"script: a list of up to {_LONGEST_SCRIPT} entries, not {len(given)}")
    return _by_words(given) if fault is None else _by_numbers(given, fault)


def _by_numbers(numbers: Any, fault: Fault) -> Mapping[int, Fault]:
    for number in numbers:
        if type(number) is not int or number < 1:
            raise ValueError(f"script: beside a fault, numbers of requests from 1, not {number!r}")
    return dict.fromkeys(numbers, fault)


def _by_words(words: Any) -> Mapping[int, Fault]:
    script: dict[int, Fault] = {}
    for number, word in enumerate(words, 1):
        if not isinstance(word, str):
            raise ValueError(f"script: words such as 'ok' or 'drop:in_body' where no fault is named, not {word!r}")
        if word != _SOUND:
            script[number] = _read_word(word)
    return script


def _read_word(word: str) -> Fault:
    try:
        return fault_from_word(word)
    except ValueError as error:
        raise ValueError(f"script: {word!r}: {error}; a sound request is 'ok'") from None
