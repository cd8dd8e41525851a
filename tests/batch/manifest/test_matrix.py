"""Manifests as a matrix, in TOML and YAML."""

from __future__ import annotations

import json
import sys
from itertools import islice
from pathlib import Path

import pytest

from imagine_async.batch.manifest import ManifestError, read_manifest
from imagine_async.batch.manifest.templates import Prompts, template_of
from imagine_async.batch.rows import RowError
from imagine_async.errors import MissingExtraError
from imagine_async.inputs import PathSource, UrlSource
from imagine_async.requests import TextToImage
from tests.batch.manifest.places import asked, outcomes, reads, write

FOXES = """
[matrix]
prompt = ["fox", "owl"]
style = ["anime"]
seed = [1, 2]
[fixed]
tags = ["a", "b"]
aspect_ratio = "16:9"
"""


def test_every_combination_in_order(tmp_path: Path) -> None:
    """The last list changes from row to row, ids tell the places, and fixed members are in every row."""
    manifest = read_manifest(write(tmp_path / "a.toml", FOXES))
    rows = [unread.read() for unread in manifest]
    wanted = [(prompt, seed) for prompt in ("fox", "owl") for seed in (1, 2)]
    assert [row.request for row in rows] == [
        TextToImage(prompt=prompt, style="anime", seed=seed, aspect_ratio="16:9") for prompt, seed in wanted
    ]
    assert rows[2].id == "prompt2-style1-seed1"
    assert {row.tags for row in rows} == {("a", "b")}
    assert (manifest.count(), manifest.__length_hint__(), rows[0].line) == (4, 4, None)
    assert len({unread.fingerprint for unread in manifest}) == 4


def test_yaml_is_the_same(tmp_path: Path) -> None:
    """The same matrix in YAML makes the same rows with the same fingerprints, and 16:9 is a text."""
    text = """
matrix: {prompt: [fox, owl], style: [anime], seed: [1, 2]}
fixed:
  tags: [a, b]
  aspect_ratio: 16:9
"""
    yaml, toml = write(tmp_path / "a.yml", text), write(tmp_path / "a.toml", FOXES)
    assert reads(yaml) == reads(toml)
    assert [row.fingerprint for row in read_manifest(yaml)] == [row.fingerprint for row in read_manifest(toml)]


def test_plain_values_of_yaml(tmp_path: Path) -> None:
    """Words such as no and dates are texts; numbers, truth values and null are what they look like."""
    text = """
matrix: {prompt: [no, 2024-01-01, "7", 1:1], cfg: [7.5, 1e1], seed: [0x10, null], high_res_results: [true]}
fixed: {endpoint: v1.generations}
"""
    rows = reads(write(tmp_path / "a.yaml", text))
    assert [asked(row).prompt for row in rows[::4]] == ["no", "2024-01-01", "7", "1:1"]
    assert [(asked(row).cfg, asked(row).seed) for row in rows[:4]] == [
        (7.5, 16),
        (7.5, None),
        (10.0, 16),
        (10.0, None),
    ]


def test_templates(tmp_path: Path) -> None:
    """Each template is filled in with every combination of the values that it names, before the other lists."""
    text = """
templates = ["{animal} in {place}, {animal}", "{{{place}}}", "nothing"]
values.animal = ["fox", "owl"]
values.place = ["snow", "rain"]
matrix.seed = [1, 2]
"""
    rows = reads(write(tmp_path / "a.toml", text))
    assert [asked(row).prompt for row in rows[::2]] == [
        "fox in snow, fox",
        "fox in rain, fox",
        "owl in snow, owl",
        "owl in rain, owl",
        "{snow}",
        "{rain}",
        "nothing",
    ]
    assert rows[-1].id == "prompt7-seed2"
    assert asked(rows[-1]).seed == 2


def test_prompts_are_a_sequence() -> None:
    """Prompts can be taken one by one, in parts, and all at once."""
    prompts = Prompts([template_of("{a}{b}", {"a": "xy", "b": "12"}), template_of("z", {})])
    assert list(prompts) == ["x1", "x2", "y1", "y2", "z"]
    assert prompts[1:4] == ["x2", "y1", "y2"]
    with pytest.raises(IndexError):
        prompts[5]


def test_pictures(folder: Path) -> None:
    """A list may hold pictures, and several endpoints."""
    text = """
[matrix]
endpoint = ["upscale", "remove_background"]
image = ["pictures/fox.png", {url = "https://example.com/a.png"}]
"""
    rows = reads(write(folder / "a.toml", text))
    assert [row.request.endpoint.name for row in rows] == ["upscale"] * 2 + ["remove_background"] * 2
    assert [type(asked(row).image) for row in rows] == [PathSource, UrlSource] * 2


def test_a_bad_row_names_its_combination(tmp_path: Path) -> None:
    """An error of a row tells by which values it came about, and the other rows are read."""
    bad, _ = outcomes(write(tmp_path / "a.toml", f'matrix.prompt = ["{"x" * 99}"]\nmatrix.seed = [0, 1]\n'))
    assert isinstance(bad, RowError)
    assert bad.field == "seed"
    assert "(in prompt1-seed1: prompt='xxxxx" in bad.reason
    assert bad.reason.endswith("…, seed=0)")


def test_a_matrix_is_never_made_whole(tmp_path: Path) -> None:
    """A matrix of a hundred million rows is begun at once."""
    numbers = list(range(1, 1001))
    text = f'templates = ["{{a}} {{b}}"]\n[values]\na = {json.dumps(list(map(str, numbers)))}\n'
    path = write(tmp_path / "a.toml", f"{text}b = {json.dumps(list('abcdefghij'))}\n[matrix]\nseed = {numbers * 10}\n")
    manifest = read_manifest(path)
    assert manifest.count() == 10**8
    assert [asked(row.read()).seed for row in islice(manifest, 3)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x", "this is no TOML: "),
        ("[matrix]\nprompt = ['a']\nprompt = ['b']", "this is no TOML: Cannot overwrite a value"),
        ("", "there is neither a table matrix nor a list templates"),
        ("matrx = 1", "matrx: there is no such table; did you mean matrix?"),
        ("matrix = 1", "matrix: this has to be a table"),
        ("[matrix]\nprompts = ['a']", "matrix.prompts: text_to_image has no such field; did you mean prompt?"),
        ("[matrix]\nprompt = 'a'", "matrix.prompt: pass a list with one value or more"),
        ("[matrix]\nprompt = []", "matrix.prompt: pass a list with one value or more"),
        ("[matrix]\nprompt = ['a', [['b']]]", "matrix.prompt, number 2: pass a text"),
        ("[matrix]\nprompt = ['a']\n[fixed]\nprompt = 'b'", "fixed.prompt: it has a list of values as well"),
        ("[matrix]\nprompt = ['a']\n[fixed]\nstile = 'b'", "fixed.stile: text_to_image has no such field"),
        ("[matrix]\nprompt = ['a']\n[fixed]\nextra = {a = {b = [1]}}", "fixed.extra: pass a text"),
        ("[matrix]\nid = ['a']", "id: each row has one of its own"),
        ("[matrix]\nprompt = ['a']\n[fixed]\nname = 'b'", "name: each row has one of its own"),
        ("[matrix]\nendpoint = ['upscael']", "endpoint: there is no endpoint upscael; did you mean upscale?"),
        ("templates = ['a']\n[matrix]\nprompt = ['b']", "matrix.prompt: the prompts come from templates already"),
        ("templates = 'a'", "templates: pass a list"),
        ("templates = [1]", "templates, number 1: pass a text"),
        ("templates = ['{a}']", "templates, number 1: there are no values for {a}"),
        ("templates = ['a', '{']", "templates, number 2: Single '{' encountered"),
        ("templates = ['{a:>3}']\nvalues.a = ['b']", "templates, number 1: a placeholder is a name in braces"),
        ("templates = ['{a!r}']\nvalues.a = ['b']", "templates, number 1: a placeholder is a name in braces"),
        ("templates = ['a']\nvalues.b = ['c']", "values.b: no template names it"),
        ("templates = ['{b}']\nvalues.b = [1]", "values.b, number 1: pass a text"),
        ("[matrix]\nprompt = ['a']\n[values]\na = ['b']", "values: they fill in templates, and there are none"),
        (
            f"matrix = {{seed = {[1] * 2000}, style = {['a'] * 1000}, prompt = {['a'] * 1000}}}",
            "more than 1,000,000,000",
        ),
    ],
    ids=lambda text: text[:40],
)
def test_bad_matrices(text: str, told: str, tmp_path: Path) -> None:
    """What is wrong with a matrix as a whole is told at once, with its place."""
    with pytest.raises(ManifestError) as caught:
        read_manifest(write(tmp_path / "a.toml", text))
    assert told in caught.value.reason


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("matrix: [", "this is no YAML: while parsing a flow node"),
        ("matrix: {prompt: [a]}\nmatrix: {prompt: [b]}", "'matrix' stands twice"),
        ("matrix: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("- a", "the file: this has to be a table of named members"),
        ("1: 2", "the file: this has to be a table of named members"),
        ("", "the file: this has to be a table of named members"),
        ("[" * 50_000, "this is no YAML"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nmatrix: {prompt: [[*b, *b]]}", "a: there is no such table"),
        ("matrix: {prompt: [&a [x, x], &b [*a, *a], [*b, *b]]}", "matrix.prompt, number 2: pass a text"),
        ("matrix: {prompt: [&a [*a]]}", "matrix.prompt, number 1: pass a text"),
        ("\x00", "this is no YAML"),
    ],
    ids=lambda text: text[:40],
)
def test_bad_yaml(text: str, told: str, tmp_path: Path) -> None:
    """What is no YAML, makes objects, or grows without end is refused."""
    with pytest.raises(ManifestError) as caught:
        read_manifest(write(tmp_path / "a.yaml", text))
    assert told in caught.value.reason


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """Bytes that are not UTF-8, and files that are too large, are refused."""
    for name in ("a.toml", "a.yaml"):
        with pytest.raises(ManifestError, match="byte 3 is not UTF-8"):
            read_manifest(write(tmp_path / name, b"# \xff"))
        with pytest.raises(ManifestError, match="larger than 16,777,216 bytes"):
            read_manifest(write(tmp_path / name, b" " * (16 * 2**20 + 1)))


def test_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyYAML, the error names the extra."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingExtraError, match=r"imagine-async\[yaml\]"):
        read_manifest(write(tmp_path / "a.yaml", "matrix: {prompt: [a]}"))
