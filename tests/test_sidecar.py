"""The facts that are written beside a picture: enough to make it again, and never the key."""

from __future__ import annotations

import hashlib
import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from imagine_async.config import KEY_VARIABLE
from imagine_async.requests import AiResize, GenerativeFill, RemoveBackground, TextToImage
from imagine_async.sidecar import facts_as_json
from imagine_async.version import VERSION
from tests.pictures import SIZE, made_image, variety

PNG = variety("png")


def facts(**changes: Any) -> Any:
    return json.loads(facts_as_json(made_image(**changes)))


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_all_facts() -> None:
    """The sidecar tells what was asked, what came, and what it cost."""
    request = TextToImage(prompt='a "red" fox 狐', style="anime", aspect_ratio="16:9", seed=7, extra={"steps": 30})
    assert facts(request=request, elapsed=1.23456, attempts=2, tokens=5, call_id="call-1") == {
        "sdk": f"imagine-async {VERSION}",
        "endpoint": "text_to_image",
        "request": {
            "prompt": 'a "red" fox 狐',
            "style": "anime",
            "aspect_ratio": "16:9",
            "seed": 7,
            "extra": {"steps": "30"},
        },
        "seed": 7,
        "tokens": 5,
        "elapsed_seconds": 1.235,
        "attempts": 2,
        "call_id": "call-1",
        "format": "png",
        "width": SIZE[0],
        "height": SIZE[1],
        "sha256": digest(PNG),
    }


def test_request_can_be_made_again() -> None:
    """The request of a text to image call is built again from its facts."""
    request = TextToImage(prompt="a red fox", seed=7, extra={"steps": 30})
    assert TextToImage(**facts(request=request)["request"]) == request


def test_pictures_in_memory_appear_by_digest() -> None:
    """Bytes that were sent appear as digest and length, never as themselves."""
    sent = facts(request=GenerativeFill(prompt="a hat", image=PNG, mask=PNG))["request"]
    assert sent["image"] == sent["mask"] == {"sha256": digest(PNG), "bytes": len(PNG)}


def test_pictures_from_files_appear_by_path(tmp_path: Path) -> None:
    """A file appears by its path, an open file by its name and position."""
    path = tmp_path / "fox.png"
    path.write_bytes(b"front" + PNG)
    with path.open("rb") as file:
        file.seek(5)
        opened = facts(request=RemoveBackground(image=file))["request"]["image"]
    path.write_bytes(PNG)
    assert opened == {"name": str(path), "offset": 5, "bytes": len(PNG)}
    assert facts(request=RemoveBackground(image=path))["request"]["image"] == {"path": str(path), "bytes": len(PNG)}


def test_nameless_files_have_no_name() -> None:
    """A buffer in memory has no name."""
    assert facts(request=RemoveBackground(image=BytesIO(PNG)))["request"]["image"]["name"] == ""


def test_what_was_left_out_is_null() -> None:
    """Arguments that were not given are there, as null."""
    sent = facts(request=AiResize(image=PNG), seed=None)
    assert (sent["seed"], sent["request"]["prompt"], sent["request"]["mask"]) == (None, None, None)


def test_other_scripts_stay_readable() -> None:
    """People can read the prompt in the file, whatever the script."""
    assert "狐" in facts_as_json(made_image(request=TextToImage(prompt="狐"))).decode()


def test_file_name_that_is_no_utf8(tmp_path: Path) -> None:
    """A path that cannot be written as UTF-8 does not cost the sidecar."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    path.write_bytes(PNG)
    assert facts(request=RemoveBackground(image=path))["request"]["image"]["bytes"] == len(PNG)


def test_sidecar_lies_beside_the_picture(tmp_path: Path) -> None:
    """`save(sidecar=True)` writes the facts under the picture's name with `.json` behind."""
    image = made_image()
    path = image.save(tmp_path / "fox.jpg", sidecar=True)
    assert Path(f"{path}.json").read_bytes() == facts_as_json(image)


def test_sidecar_follows_the_picture(tmp_path: Path) -> None:
    """The sidecar of a replaced picture is replaced, and an old one is not kept for a new picture."""
    (tmp_path / "fox.png.json").write_text("of another picture")
    image = made_image()
    image.save(tmp_path / "fox.png", sidecar=True)
    assert (tmp_path / "fox.png.json").read_bytes() == facts_as_json(image)


def test_refused_save_leaves_the_sidecar_alone(tmp_path: Path) -> None:
    """Where the picture is not replaced, neither is its sidecar."""
    made_image().save(tmp_path / "fox.png", sidecar=True)
    before = (tmp_path / "fox.png.json").read_bytes()
    with pytest.raises(FileExistsError):
        made_image(seed=8).save(tmp_path / "fox.png", sidecar=True)
    assert (tmp_path / "fox.png.json").read_bytes() == before


def test_no_sidecar_unless_asked_for(tmp_path: Path) -> None:
    """Without being asked, only the picture is written."""
    made_image().save(tmp_path / "fox.png")
    assert [path.name for path in tmp_path.iterdir()] == ["fox.png"]


def test_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is not among the facts."""
    monkeypatch.setenv(KEY_VARIABLE, "vk-secret")
    assert b"vk-secret" not in facts_as_json(made_image())
