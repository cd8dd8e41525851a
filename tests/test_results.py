"""What a call gives back: the picture's own facts, its decoded forms, how notebooks show it, and sums of usage."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from imagine_async.errors import ConfigurationError, MissingExtraError
from imagine_async.requests import RemoveBackground, TextToImage
from imagine_async.sniff import MEDIA_TYPES, SUFFIXES
from imagine_async.usage import Usage, UsageRow
from tests.pictures import SIZE, VARIETIES, encode, made_image, variety

FORMATS = ("jpeg", "png", "webp", "gif", "avif")


def notebook_forms(name: str) -> tuple[bytes | None, bytes | None, dict[str, bytes] | None]:
    shown: Any = made_image(variety(name))
    return shown._repr_png_(), shown._repr_jpeg_(), shown._repr_mimebundle_(include=None, exclude=None)


@pytest.mark.parametrize("name", FORMATS)
def test_media_type_and_suffix(name: str) -> None:
    """Media type and suffix follow from the bytes."""
    image = made_image(variety(name))
    assert (image.media_type, image.suffix) == (MEDIA_TYPES[name], SUFFIXES[name])


def test_repr_holds_no_bytes() -> None:
    """A printed picture is a line of facts."""
    shown = repr(made_image())
    assert f"<{len(variety('png'))} bytes>" in shown
    assert "IHDR" not in shown
    assert len(shown) < 500


def test_images_are_frozen() -> None:
    """The facts of a call cannot be changed afterwards."""
    image: Any = made_image()
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        image.seed = 8


@pytest.mark.parametrize(
    "request_",
    [TextToImage(prompt="fox", extra={"steps": 30}), RemoveBackground(image=variety("jpeg"))],
    ids=["text", "picture"],
)
def test_images_can_be_pickled(request_: Any) -> None:
    """A picture travels to another process with its request."""
    image = made_image(request=request_, elapsed=1.5, attempts=2, tokens=5, call_id="call-1")
    assert pickle.loads(pickle.dumps(image)) == image


def test_image_from_a_path_can_be_pickled(tmp_path: Path) -> None:
    """A picture that was made from a file travels too; the file stays where it is."""
    path = tmp_path / "fox.png"
    path.write_bytes(variety("png"))
    image = made_image(request=RemoveBackground(image=path))
    assert pickle.loads(pickle.dumps(image)) == image


@pytest.mark.parametrize("name", VARIETIES)
def test_to_pil(name: str) -> None:
    """The decoded picture has the size that the header told, and is loaded."""
    picture = made_image(variety(name)).to_pil()
    assert picture.size == SIZE
    assert picture.getpixel((0, 0)) is not None


@pytest.mark.parametrize(
    ("content", "channels"),
    [
        (variety("jpeg"), 3),
        (variety("jpeg-grey"), 3),
        (variety("png"), 3),
        (variety("png-alpha"), 4),
        (variety("png-grey"), 3),
        (variety("png-palette"), 3),
        (encode("PNG", mode="P", transparency=0), 4),
        (encode("PNG", mode="LA"), 4),
        (variety("webp-extended"), 4),
    ],
    ids=["jpeg", "jpeg-grey", "rgb", "rgba", "grey", "palette", "palette-alpha", "grey-alpha", "webp-alpha"],
)
def test_to_numpy(content: bytes, channels: int) -> None:
    """Pixels come as height x width x 3, or 4 with transparency, in bytes."""
    pixels = made_image(content).to_numpy()
    assert pixels.shape == (SIZE[1], SIZE[0], channels)
    assert pixels.dtype == np.uint8


def test_to_numpy_keeps_the_pixels() -> None:
    """The array holds what Pillow decodes."""
    image = made_image(variety("png"))
    pixel: Any = image.to_pil().getpixel((5, 3))
    assert image.to_numpy()[3, 5].tolist() == list(pixel)


@pytest.mark.parametrize(
    ("method", "missing", "extra"),
    [
        ("to_pil", "PIL.Image", "images"),
        ("to_pil", "PIL", "images"),
        ("to_numpy", "PIL", "numpy"),
        ("to_numpy", "numpy", "numpy"),
    ],
)
def test_missing_extra(method: str, missing: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a package is not installed, the error names the extra that brings it."""
    image = made_image()
    for name in [name for name in sys.modules if name == missing or name.startswith(f"{missing}.")]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=rf"imagine-async\[{extra}\]") as caught:
        getattr(image, method)()
    assert caught.value.extra == extra
    assert isinstance(caught.value, (ImportError, ConfigurationError))


@pytest.mark.parametrize("name", FORMATS)
def test_notebooks_show_each_format_once(name: str) -> None:
    """Exactly one of the notebook's methods yields the picture, whatever its format."""
    content = variety(name)
    expected = {
        "png": (content, None, None),
        "jpeg": (None, content, None),
    }.get(name, (None, None, {MEDIA_TYPES[name]: content}))
    assert notebook_forms(name) == expected


def test_usage_sums() -> None:
    """The sums are those of the rows."""
    usage = Usage(
        rows=(
            UsageRow(endpoint="text_to_image", style="anime", calls=3, tokens=10, held=5),
            UsageRow(endpoint="upscale", style=None, calls=1, tokens=4.5, unpriced=1),
        )
    )
    assert (usage.calls, usage.tokens, usage.held) == (4, 14.5, 5)


def test_empty_usage() -> None:
    """Nothing used is nothing."""
    assert (Usage().rows, Usage().calls, Usage().tokens, Usage().held) == ((), 0, 0, 0)
