"""Names of a batch's files: none leaves its folder, and every system can store it."""

from __future__ import annotations

import contextlib
import os
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.batch.names import FIELDS, NameTemplate
from imagine_async.batch.rows import Row, RowError
from imagine_async.batch.safe_names import checked_stem, safe_part
from imagine_async.errors import ConfigurationError
from imagine_async.requests import RemoveBackground, TextToImage
from tests.pictures import variety

_WILD = st.one_of(
    st.text(min_size=1, max_size=300),
    st.text(alphabet="./\\: ~a\x00", min_size=1, max_size=20),
    st.sampled_from(["..", "../../etc/passwd", "/etc/passwd", "C:\\x", "nul", "COM1.txt", "\ud800", "́", "a" * 5000]),
)


def _row(**fields: Any) -> Row:
    row: dict[str, Any] = {key: fields.pop(key) for key in ("id", "name", "tags", "line") if key in fields}
    request = TextToImage(**({"prompt": "A red fox, in the snow!", "style": "realistic"} | fields))
    return Row(request=request, **row)


def _lies_inside(stem: str) -> bool:
    root = "/root/of/batch"
    return os.path.normpath(f"{root}/{stem}.jpg") == f"{root}/{stem}.jpg"


@pytest.mark.parametrize(
    "name", ["fox", "animals/fox", "Fuchs im Schnee (2)", "лиса/狐", "v1.2", "a/b/c/d", "👩\u200d🎨", "x" * 200]
)
def test_ordinary_names_are_taken(name: str) -> None:
    """Names of any script, with folders, dots and spaces within, are taken as they are."""
    assert checked_stem(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        ("/fox", "absolute"),
        ("\\fox", "absolute"),
        ("C:fox", "absolute"),
        ("..", "empty"),
        ("a/../fox", "empty"),
        ("a//fox", "empty"),
        ("fox/", "empty"),
        ("./fox", "empty"),
        (".fox", "begins or ends"),
        ("fox.", "begins or ends"),
        ("fox ", "begins or ends"),
        ("a\\fox", "not every system"),
        ("a/b:c", "not every system"),
        ("fox?", "not every system"),
        ("fox\n", "not every system"),
        ("fox\0", "not every system"),
        ("\ud800", "not every system"),
        ("gpj\u202exof", "not every system"),
        ("nul", "reserved"),
        ("a/COM1.old", "reserved"),
        ("x" * 201, "part that is too long"),
        ("狐" * 67, "part that is too long"),
        ("a/" * 20 + "fox", "too many parts"),
        ("x" * 100_000, "is too long"),
    ],
)
def test_other_names_are_refused(name: str, reason: str) -> None:
    """Names that leave the folder, or that some system cannot store, are refused with what is allowed."""
    with pytest.raises(RowError, match=reason) as caught:
        checked_stem(name)
    assert caught.value.field == "name"
    assert "for example animals/fox-01" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_name_is_a_text() -> None:
    """A number is no name."""
    number: Any = 7
    with pytest.raises(RowError, match="not of type int"):
        checked_stem(number)


def test_names_are_in_one_normal_form() -> None:
    """Two ways to write an accent are one name."""
    assert checked_stem("cafe\u0301") == checked_stem("café") == "café"


@given(_WILD)
def test_a_taken_name_lies_inside(name: str) -> None:
    """Whatever is taken stays in the folder."""
    with contextlib.suppress(RowError):
        stem = checked_stem(name)
        assert _lies_inside(stem)
        assert checked_stem(stem) == stem


@given(_WILD, st.integers(10, 200))
def test_safe_parts_are_names(text: str, longest: int) -> None:
    """Any text becomes one part of a name, no longer than allowed, and stays as it is the second time."""
    part = safe_part(text, longest=longest)
    assert checked_stem(part) == part
    assert "/" not in part
    assert len(part.encode()) <= longest
    assert safe_part(part) == part


@settings(deadline=None)
@given(
    template=st.lists(st.sampled_from([f"{{{name}}}" for name in FIELDS] + ["/", "-", "a"]), max_size=8).map("".join),
    id_=st.none() | _WILD,
    tag=st.none() | _WILD.map(lambda text: text[:200]),
    prompt=_WILD,
    style=_WILD.filter(str.strip),
    seed=st.none() | st.integers(0, 2**31 - 1),
    name=st.sampled_from([None, "fox", "animals/fox"]),
)
def test_whatever_the_values_the_file_lies_inside(
    template: str, id_: str | None, tag: str | None, prompt: str, style: str, seed: int | None, name: str | None
) -> None:
    """No value of a row leads its file out of the folder, and there are no folders that the template does not make."""
    with contextlib.suppress(ConfigurationError):
        names = NameTemplate(template)
        try:
            row = _row(id=id_, tags=() if tag is None else (tag,), prompt=prompt, style=style, seed=seed, name=name)
        except ValueError:
            return
        stem = names.stem(row, 12)
        assert _lies_inside(stem)
        assert checked_stem(stem) == stem
        assert name or stem.count("/") == template.count("/")


def test_by_default_a_file_has_the_rows_name_id_or_place() -> None:
    """The name goes before the id, and the id before the place."""
    names = NameTemplate()
    assert names.stem(_row(name="a/fox", id="fox"), 3) == "a/fox"
    assert names.stem(_row(id="fox"), 3) == "fox"
    assert names.stem(_row(), 3) == "0000003"


def test_ids_that_differ_give_names_that_differ() -> None:
    """Where an id cannot be a name as it is, the name tells it from its likes."""
    names = NameTemplate("{id}")
    stems = [names.stem(_row(id=text), 0) for text in ("a/b", "a-b", "a:b", "x" * 300, "x" * 301)]
    assert len(set(stems)) == 5
    assert stems[1] == "a-b"
    assert stems[0].startswith("a-b-")


def test_a_template_names_by_what_is_asked_for() -> None:
    """Every field is there, made fit for a name."""
    row = _row(id="fox", tags=("red", "animal"), line=4, seed=7, aspect_ratio="16:9")
    template = "{endpoint}/{style}/{prompt}_{id}_{tag}_{line}_{seed:04d}_{position:x}_{aspect_ratio}"
    assert (
        NameTemplate(template).stem(row, 255) == "text_to_image/realistic/a-red-fox-in-the-snow_fox_red_4_0007_ff_16x9"
    )


def test_fields_that_a_row_lacks_give_none() -> None:
    """A call without a style, a prompt, a seed, tags or a line still has a name."""
    row = Row(request=RemoveBackground(image=variety("png")))
    assert NameTemplate("{style}-{prompt}-{seed:05d}-{tag}-{line}").stem(row, 0) == "none-none-none-none-none"


def test_a_rows_own_name_goes_before_the_template() -> None:
    """A row with a name has that name, unless the template puts it somewhere."""
    assert NameTemplate("{style}").stem(_row(name="a/fox"), 0) == "a/fox"
    assert NameTemplate("{style}/{name}-{seed}").stem(_row(name="a/fox", seed=1), 0) == "realistic/a/fox-1"


def test_prompts_are_cut_between_words() -> None:
    """A long prompt gives its first words, of any script and with their marks."""
    stem = NameTemplate("{prompt}").stem(_row(prompt="लोमड़ी " * 40), 0)
    assert set(stem.split("-")) == {unicodedata.normalize("NFC", "लोमड़ी")}
    assert len(stem.encode()) <= 60


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{stile}", "there is no field 'stile'; there are aspect_ratio, endpoint, id"),
        ("{}", "no field ''"),
        ("{id.__class__}", "no field"),
        ("{tag[0]}", "no field"),
        ("{id!r}", "written otherwise"),
        ("{id:>9}", "written otherwise"),
        ("{position:999999999d}", "written otherwise"),
        ("{position:{line}}", "written otherwise"),
        ("{id", "brace"),
        ("/tmp/{id}", "absolute"),
        ("../{id}", "empty"),
        ("{style}//{id}", "empty"),
        ("", "empty"),
        (7, "name template 7"),
    ],
)
def test_templates_are_checked_at_once(template: str, reason: str) -> None:
    """A template that names a field there is not, or leaves the folder, is refused before any row is read."""
    with pytest.raises(ConfigurationError, match=reason):
        NameTemplate(template)


def test_a_name_can_be_made_on_disk(tmp_path: Path) -> None:
    """The longest name that is allowed, with a number and a suffix, can be stored."""
    (tmp_path / f"{checked_stem('x' * 200)}-1000000.webp.json").touch()
