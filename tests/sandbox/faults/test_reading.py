"""Files of faults: every good one is read, every bad one is refused with file, rule, field, value and the way out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagine_async.sandbox.faults import Faults, FaultsError
from imagine_async.sandbox.faults.breaking import Drop, Truncate
from imagine_async.sandbox.faults.kinds import KINDS, fault_from_word
from imagine_async.sandbox.faults.latency import Latency
from imagine_async.sandbox.faults.refusing import Page, Storm

DROP = {"fault": "drop", "point": "in_body"}

BAD_RULES: list[tuple[Any, str]] = [
    ("drop", "a table that names a fault, not 'drop'"),
    ({}, "fault: is missing; name a kind, or give a script of words such as ['ok', 'drop:in_body']"),
    ({"fault": "explode"}, "fault: one of latency, drop, trickle"),
    ({"fault": ["drop"]}, "fault: one of latency, drop, trickle"),
    ({"fault": "drop"}, "point: is missing; drop needs it"),
    ({"fault": "drop", "point": "idle"}, "point: one of before_headers, during_upload"),
    ({"fault": "drop", "point": ["in_body"]}, "not ['in_body']"),
    ({**DROP, "resets": "yes"}, "resets: true or false, not 'yes'"),
    ({**DROP, "colour": "red"}, "colour: drop takes no such field, but point, resets"),
    ({"fault": "malformed_json", "colour": "red"}, "colour: malformed_json takes no such field, but none at all"),
    ({"point": "in_body", "script": ["ok"]}, "point: belongs to no fault here"),
    ({**DROP, "probability": 1.5}, "probability: a number from 0 to 1, not 1.5"),
    ({**DROP, "probability": True}, "probability: a number from 0 to 1, not True"),
    ({**DROP, "probability": "often"}, "probability: a number from 0 to 1, not 'often'"),
    ({**DROP, "probability": 0.5, "script": [1]}, "probability: a rule has a script or a probability, not both: 0.5"),
    ({**DROP, "times": 0}, "times: a whole number from 1"),
    ({**DROP, "times": 1.0}, "times: a whole number from 1"),
    ({**DROP, "script": []}, "script: a list of words, or of numbers of requests, not []"),
    ({**DROP, "script": 3}, "script: a list of words, or of numbers of requests, not 3"),
    ({**DROP, "script": [1, 0]}, "script: beside a fault, numbers of requests from 1, not 0"),
    ({**DROP, "script": ["ok"]}, "script: beside a fault, numbers of requests from 1, not 'ok'"),
    ({"script": [1]}, "script: words such as 'ok' or 'drop:in_body' where no fault is named, not 1"),
    ({"script": ["ok"] * 10_001}, "script: a list of up to 10000 entries, not 10001"),
    ({"script": ["oops"]}, "script: 'oops': fault: one of latency"),
    ({"script": ["drop:nowhere"]}, "script: 'drop:nowhere': point: one of before_headers"),
    ({"script": ["malformed_json:1"]}, "malformed_json takes no value after a colon"),
    ({"script": ["html:500"]}, "status: one of 502, 503, 504, not 500; a sound request is 'ok'"),
    ({**DROP, "endpoints": ["text2image"]}, "endpoints: any of text_to_image, text_to_png"),
    ({**DROP, "endpoints": "text_to_image"}, "endpoints: a list of texts that are not empty, not 'text_to_image'"),
    ({**DROP, "endpoints": [1]}, "endpoints: a list of texts that are not empty, not [1]"),
    ({**DROP, "paths": ["v2"]}, "paths: a path begins with a slash, not as 'v2' does"),
    ({"fault": "latency"}, "seconds: is missing; the distribution fixed takes seconds"),
    ({"fault": "latency", "seconds": -1}, "seconds: a number from 0 to 3600, not -1"),
    ({"fault": "latency", "seconds": 10**400}, "seconds: a number from 0 to 3600"),
    ({"fault": "latency", "seconds": float("nan")}, "seconds: a number from 0 to 3600, not nan"),
    ({"fault": "latency", "distribution": "cauchy"}, "distribution: one of fixed, uniform, normal"),
    (
        {"fault": "latency", "seconds": 1, "mean": 2},
        "mean: the distribution fixed takes seconds; leave mean out, which is 2",
    ),
    (
        {"fault": "latency", "distribution": "uniform", "low": 1},
        "high: is missing; the distribution uniform takes low and high",
    ),
    ({"fault": "latency", "distribution": "uniform", "low": 3, "high": 2}, "low: a number up to high, which is 2"),
    ({"fault": "truncate", "fraction": 1}, "fraction: a number below 1, not 1; all of it would be no fault"),
    ({"fault": "trickle", "bytes_per_second": 0}, "bytes_per_second: a number over 0"),
    ({"fault": "trickle", "piece": 0}, "piece: a whole number from 1"),
    ({"fault": "storm", "retry_after": "soon"}, "retry_after: one of seconds, date, past"),
    ({"fault": "storm", "requests": 2, "seconds": 2}, "seconds: a storm lasts for `requests` or for `seconds`"),
    ({"fault": "html", "status": 200}, "status: one of 502, 503, 504, not 200"),
    ({"fault": "html", "status": True}, "status: one of 502, 503, 504, not True"),
    ({"fault": "wrong_type", "content_type": "a\r\nb"}, "content_type: a content type such as text/html"),
    (
        {"fault": "duplicate_headers", "headers": ["Content-Length"]},
        "headers: not 'Content-Length', which frames the reply; to cut one, use truncate",
    ),
    ({"fault": "clock_skew", "seconds": 1e12}, "seconds: a number from -3.1536e+08"),
]


@pytest.mark.parametrize(("rule", "said"), BAD_RULES)
def test_bad_rules_are_refused(rule: Any, said: str) -> None:
    """The error names the number of the rule, the field, its value, and what it may be."""
    with pytest.raises(FaultsError) as caught:
        Faults.of({"rules": [DROP, rule]})
    assert str(caught.value).startswith("faults: rule 2: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("bad.toml", "rules = 1", "rules: a list of 1 to 1000 tables, each a rule, not 1"),
        ("bad.toml", "", "rules: a list of 1 to 1000 tables, each a rule, not None"),
        ("bad.toml", 'sed = 1\n[[rules]]\nfault = "html"', "sed: no such field; there are seed and rules"),
        ("bad.toml", 'seed = "x"\n[[rules]]\nfault = "html"', "seed: a whole number, not 'x'"),
        ("bad.toml", '[[rules]]\nfault = "html"\nprobability = 2', "rule 1: probability: a number from 0 to 1, not 2"),
        ("bad.toml", "[[rules", "at end of document"),
        ("bad.json", "{", "line 1 column 2"),
        ("bad.json", "[" * 100_000, "it is nested too deeply"),
        ("bad.JSON", "[]", "a table with the fields seed and rules, not []"),
        ("large.toml", "#" * 1024 * 1024 + "#", "pass a file of at most 1048576 bytes"),
        ("odd.toml", "# \udcff", "it is no UTF-8 text"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    """The error of a file that cannot be read begins with its path."""
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(FaultsError) as caught:
        Faults.of(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_missing_files_are_named(tmp_path: Path) -> None:
    """The error says that there is no such file."""
    path = tmp_path / "faults.toml"
    advice = "name a file, TOML or JSON, or pass a list of words"
    with pytest.raises(FaultsError, match=re.escape(f"{path}: No such file or directory; {advice}")):
        Faults.of(str(path))


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    """Both kinds of files, a mapping and what was read before make the same faults."""
    table = {"seed": 7, "rules": [{**DROP, "resets": True, "times": 2}, {"script": ["ok", "html"], "paths": ["/v2/*"]}]}
    toml, plain = tmp_path / "faults.toml", tmp_path / "faults.json"
    toml.write_text(
        'seed = 7\n[[rules]]\nfault = "drop"\npoint = "in_body"\nresets = true\ntimes = 2\n'
        '[[rules]]\nscript = ["ok", "html"]\npaths = ["/v2/*"]\n'
    )
    plain.write_text(json.dumps(table))
    made = Faults.of(table)
    assert Faults.of(toml) == Faults.of(str(plain)) == Faults.of(made) == made


@pytest.mark.parametrize(
    ("word", "fault"),
    [
        ("drop:in_body", Drop("in_body")),
        ("drop:in_body:reset", Drop("in_body", resets=True)),
        ("truncate:0.25", Truncate(0.25)),
        ("truncate", Truncate()),
        ("html:504", Page(504)),
        ("storm:absurd", Storm(retry_after="absurd")),
        ("latency:2", Latency(seconds=2)),
    ],
)
def test_short_forms(word: str, fault: object) -> None:
    """A word names a kind and, after a colon, its main field."""
    assert fault_from_word(word) == fault


_TEXTS = st.text(max_size=8)
_NUMBERS = st.integers(-3, 10**9) | st.floats(-1, 1e4) | st.sampled_from([10**400, float("nan"), float("inf")])
_ANYTHING = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS | st.sampled_from(sorted(KINDS)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=5,
)
_FIELDS = st.sampled_from(
    sorted(
        {"fault", "probability", "script", "times", "endpoints", "paths"}
        | {name for kind in KINDS.values() for name in attrs.fields_dict(kind)}
    )
)
_WILD_RULES = st.dictionaries(_FIELDS | _TEXTS, _ANYTHING, max_size=5) | _ANYTHING


@given(table=st.fixed_dictionaries({"rules": st.lists(_WILD_RULES, max_size=3)}) | _ANYTHING)
def test_wild_files_are_read_or_refused(table: Any) -> None:
    """Whatever a file holds, it makes faults or the one error, which says where."""
    said = "wild.toml: "
    try:
        Faults.from_table(table, source="wild.toml")
    except FaultsError as error:
        said = str(error)
    assert said.startswith("wild.toml: ")
