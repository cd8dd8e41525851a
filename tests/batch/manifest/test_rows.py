"""One row of a manifest: its members, its pictures, and what is told of a bad one."""

from __future__ import annotations

import base64
import pickle
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from imagine_async.batch.manifest import RowProblemsError, parse_row
from imagine_async.inputs import BytesSource, PathSource, RowOutput, UrlSource
from imagine_async.requests import TextToImage, Upscale
from imagine_async.requests_v1 import V1Generations
from imagine_async.serialization import REQUEST_CLASSES
from tests.samples import png_bytes

PNG = png_bytes()


def refusal(data: Any, folder: Path | None = None) -> RowProblemsError:
    with pytest.raises(RowProblemsError) as caught:
        parse_row(data, line=3, folder=folder)
    assert caught.value.line == 3
    return caught.value


def test_own_members_and_fields() -> None:
    """The four members of every row are taken out, and all others are fields of the request."""
    row = parse_row({"id": "a", "name": "b/c", "tags": ["d", "e"], "prompt": "fox", "seed": 3}, line=9)
    assert (row.id, row.name, row.tags, row.line) == ("a", "b/c", ("d", "e"), 9)
    assert row.request == TextToImage(prompt="fox", seed=3)


def test_nulls_count_as_left_out() -> None:
    """A member that is null is as good as none."""
    nothing = dict.fromkeys(["id", "name", "tags", "endpoint", "style", "seed", "extra"])
    row = parse_row({**nothing, "prompt": "fox"})
    assert row == parse_row({"prompt": "fox"})
    assert row.request == TextToImage(prompt="fox")


def test_whole_numbers_are_ids_and_names() -> None:
    """Tables have numbers for ids; truth values and fractions are none."""
    row = parse_row({"id": 7, "name": 8, "prompt": "fox"})
    assert (row.id, row.name) == ("7", "8")
    wrongs: list[object] = [True, 1.5, "", "x" * 501, [], 10**200, "\ud800"]
    for wrong in wrongs:
        assert refusal({"id": wrong, "prompt": "fox"}).field == "id"


def test_one_tag_may_be_a_text() -> None:
    """A single label need not stand in a list; what is no text of 1 to 200 characters is refused."""
    assert parse_row({"prompt": "fox", "tags": "a;b"}).tags == ("a;b",)
    for wrong in (7, [7], [""], ["x" * 201], ["\ud800"]):
        assert refusal({"prompt": "fox", "tags": wrong}).field == "tags"


@pytest.mark.parametrize("endpoint", sorted(REQUEST_CLASSES))
def test_every_endpoint_is_known(endpoint: str, folder: Path) -> None:
    """Whatever a batch can do, a manifest can ask for."""
    needed = {"prompt": "fox", "image": "pictures/fox.png", "mask": "pictures/mask.png", "style": "x"}
    hints = REQUEST_CLASSES[endpoint].__annotations__
    row = parse_row({"endpoint": endpoint, **{k: v for k, v in needed.items() if k in hints}}, folder=folder)
    assert type(row.request) is REQUEST_CLASSES[endpoint]


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("pictures/fox.png", PathSource),
        ({"path": "pictures/fox.png"}, PathSource),
        ("https://example.com/a.png", UrlSource),
        ({"url": "https://example.com/a.png"}, UrlSource),
        (f"data:image/png;base64,{base64.b64encode(PNG).decode()}", BytesSource),
        ({"base64": base64.b64encode(PNG).decode()}, BytesSource),
        ({"row": "fox"}, RowOutput),
        ({"row": 7}, RowOutput),
        (PNG, BytesSource),
        (RowOutput("fox"), RowOutput),
    ],
    ids=str,
)
def test_pictures(written: object, kind: type, folder: Path) -> None:
    """A picture may be named in each of the documented ways, and be handed in as the SDK's other calls take it."""
    row = parse_row({"endpoint": "upscale", "image": written}, folder=folder)
    assert isinstance(row.request, Upscale)
    assert isinstance(row.request.image, kind)


def test_paths_are_relative_to_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is found from the manifest's folder, an absolute one and one without a folder as everywhere else."""
    image = parse_row({"endpoint": "upscale", "image": "pictures/fox.png"}, folder=folder).request
    absolute = str(folder / "pictures" / "fox.png")
    assert image == parse_row({"endpoint": "upscale", "image": absolute}, folder=Path("/")).request
    monkeypatch.chdir(folder)
    assert parse_row({"endpoint": "upscale", "image": "pictures/fox.png"}).request is not None


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        ("nix.png", "'nix.png': the file cannot be read: No such file or directory (paths are relative to "),
        ("", "the path is empty"),
        ("~/fox.png", "~ is not expanded"),
        ("s3://key:secret@bucket/fox.png?signed", "only http:// and https:// URLs are fetched"),
        ("row:fox", "the file cannot be read"),
        ({"url": "fox.png"}, "only http:// and https:// URLs are fetched"),
        ({"base64": "?"}, "this is no base64"),
        ({"row": ""}, "pass the id of the row"),
        ({"row": True}, "a picture is"),
        ({"path": "a", "url": "b"}, "a picture is"),
        ({}, "a picture is"),
        (7, "pass a path"),
        ("pictures", "this is no regular file"),
        ("a\0b", "the file cannot be read"),
        ("\ud800", "the file cannot be read"),
    ],
    ids=str,
)
def test_bad_pictures(picture: object, told: str, folder: Path) -> None:
    """What is no picture is refused by its field, with a way out and without what may be a password."""
    error = refusal({"endpoint": "upscale", "image": picture}, folder)
    assert error.field == "image"
    assert told in error.reason
    assert "secret" not in str(error)
    assert "signed" not in str(error)


def test_missing_files_are_told_apart(folder: Path) -> None:
    """An error knows whether a file is not there, as against one that is no picture."""
    assert [each.is_missing_file for each in refusal({"endpoint": "upscale", "image": "nix"}, folder).problems] == [
        True
    ]
    assert [each.is_missing_file for each in refusal({"endpoint": "upscale", "image": ""}, folder).problems] == [False]
    (folder / "text.png").write_text("text")
    assert not refusal({"endpoint": "upscale", "image": "text.png"}, folder).problems[0].is_missing_file


def test_all_wrong_fields_are_named() -> None:
    """One error names everything that is wrong with a row."""
    error = refusal({"id": "", "tags": [1], "prompt": " ", "seed": 0, "zzz": 1})
    assert [problem.field for problem in error.problems] == ["id", "tags", "prompt", "seed", "zzz"]
    assert str(error).startswith("line 3: id: pass a text of 1 to 500 characters; tags: ")
    assert "seed: 0: pass a whole number of at least 1" in str(error)
    assert error.field is None


@pytest.mark.parametrize(
    ("data", "field", "told"),
    [
        ({"prompt": "a", "stlye": 1}, "stlye", "text_to_image has no such field; did you mean style?"),
        ({"prompt": "a", "Style": 1}, "Style", "did you mean style?"),
        ({"prompt": "a", "tag": 1}, "tag", "did you mean tags?"),
        ({"prompt": "a", "qqq": 1}, "qqq", "a row may hold extra, prompt, style, aspect_ratio, seed, id, name, tags"),
        ({"prompt": "a", 7: 1}, "7", "a row may hold"),
        ({"prompt": "a", "x" * 10**6: 1}, "'" + "x" * 58 + "…", "a row may hold"),
        ({"prompt": "a", "a\n": 1}, r"'a\n'", "a row may hold"),
        ({}, "prompt", "is missing, and the endpoint needs it"),
        ({"endpoint": "upscael"}, "endpoint", "there is no endpoint upscael; did you mean upscale?"),
        ({"endpoint": []}, "endpoint", "there is no endpoint []; there are ai_background, "),
        ({"prompt": "a", "extra": {"seed": 1}}, "extra['seed']", "pass it as the argument seed="),
        ({"prompt": "a", "extra": 1}, "extra", "pass a mapping"),
        ({"prompt": "a", "seed": "7"}, "seed", "pass a whole number"),
        ([], None, "a row is an object"),
        (None, None, "a row is an object"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_reasons(data: Any, field: str | None, told: str) -> None:
    """Each error names the field, and what is allowed."""
    error = refusal(data)
    assert error.field == field
    assert told in error.reason


def test_an_extra_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a field needs and does not find is told as an error of that field."""

    class Pixels:
        def __array__(self) -> None: ...

    monkeypatch.setitem(sys.modules, "numpy", None)
    error = refusal({"endpoint": "upscale", "image": Pixels()})
    assert error.field == "image"
    assert error.reason.startswith("MissingExtraError: ")


def test_pictures_of_different_sizes(folder: Path) -> None:
    """What is wrong with two fields together is told as well."""
    (folder / "large.png").write_bytes(png_bytes(32, 32))
    error = refusal({"endpoint": "retouch", "image": "pictures/fox.png", "mask": "large.png"}, folder)
    assert error.field == "mask"
    assert "the mask must have the image's size" in error.reason


def test_v1() -> None:
    """Calls of v1 keep their numbers, their truth values and their dialect."""
    members: Mapping[str, Any] = {"cfg": 7.5, "steps": 30, "high_res_results": True, "dialect": "python"}
    row = parse_row({"endpoint": "v1.generations", "prompt": "fox", **members})
    assert row.request == V1Generations(prompt="fox", **members)


def test_errors_can_be_pickled() -> None:
    """An error crosses to another process whole."""
    error = pickle.loads(pickle.dumps(refusal({"seed": 0})))
    assert isinstance(error, RowProblemsError)
    assert error.problems == refusal({"seed": 0}).problems
    assert str(error) == str(refusal({"seed": 0}))
