"""PIL images and arrays as pictures: encoded without loss, as they are when they are handed in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy
import PIL.Image
import PIL.ImageCms
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.errors import InvalidRequestError, MissingExtraError
from imagine_async.inputs import BytesSource, as_source
from tests.pictures import encode

KEPT = ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"]
CONVERTED = ["CMYK", "YCbCr", "HSV", "LAB"]
REFUSED = ["F", "I", "PA", "RGBa", "La", "RGBX", "I;16B"]


def sent(value: Any) -> PIL.Image.Image:
    """Return what a server decodes."""
    source = as_source(value, "image")
    assert isinstance(source, BytesSource)
    assert source.picture.format == "png"
    picture = PIL.Image.open(BytesIO(source.content))
    picture.load()
    assert source.picture.size == picture.size
    return picture


def colourful() -> PIL.Image.Image:
    return PIL.Image.open(BytesIO(encode("PNG", mode="RGB")))


def in_mode(mode: str) -> PIL.Image.Image:
    if mode == "I;16":
        return PIL.Image.frombytes(mode, (4, 2), bytes(range(16)))
    if mode == "LAB":
        profiles = PIL.ImageCms.createProfile("sRGB"), PIL.ImageCms.createProfile("LAB")
        converted = PIL.ImageCms.profileToProfile(colourful(), *profiles, outputMode="LAB")
        assert converted is not None
        return converted
    return colourful().convert(mode)


@pytest.mark.parametrize("mode", KEPT)
def test_pil_image_loses_nothing(mode: str) -> None:
    """A mode that PNG knows arrives with the same pixels in the same mode."""
    image = in_mode(mode)
    picture = sent(image)
    assert (picture.mode, picture.tobytes()) == (image.mode, image.tobytes())


@pytest.mark.parametrize("mode", CONVERTED)
def test_other_colours_become_rgb(mode: str) -> None:
    """Colours that PNG does not know are converted, and no longer carry the profile that described them."""
    image = in_mode(mode)
    image.info["icc_profile"] = b"of other colours"
    picture = sent(image)
    assert picture.tobytes() == image.convert("RGB").tobytes()
    assert "icc_profile" not in picture.info
    assert image.info["icc_profile"] == b"of other colours"


@pytest.mark.parametrize("mode", REFUSED)
def test_mode_that_fits_no_png_is_refused(mode: str) -> None:
    """A mode that would lose something is refused with the conversion to make."""
    with pytest.raises(InvalidRequestError, match=r"convert it first: image\.convert\('RGB'\)") as caught:
        as_source(PIL.Image.new(mode, (4, 2)), "mask")
    assert caught.value.field == "mask"


def test_profile_and_transparency_are_kept() -> None:
    """A colour profile, and the transparent colour of a palette, belong to the picture."""
    image = PIL.Image.new("P", (4, 2), 3)
    image.putpalette(bytes(range(12)))
    profile = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    image.info |= {"transparency": 3, "icc_profile": profile}
    picture = sent(image)
    assert picture.info["icc_profile"] == profile
    assert picture.convert("RGBA").getpixel((0, 0)) == (9, 10, 11, 0)


def test_orientation_is_neither_applied_nor_sent() -> None:
    """The pixels are sent as they lie, without the EXIF data that would turn them."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    image = PIL.Image.open(BytesIO(encode("JPEG", size=(60, 44), exif=exif)))
    assert image.getexif()[0x0112] == 6
    picture = sent(image)
    assert picture.size == (60, 44)
    assert not picture.getexif()


def test_frame_of_an_animation() -> None:
    """Of an animation the frame that it stands at is sent."""
    stream = BytesIO()
    frames = [PIL.Image.new("RGB", (4, 2), colour) for colour in ("red", "lime")]
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    image = PIL.Image.open(stream)
    image.seek(1)
    picture = sent(image)
    assert picture.convert("RGB").getpixel((0, 0)) == (0, 255, 0)
    assert getattr(picture, "n_frames", 1) == 1


def test_later_changes_are_not_sent() -> None:
    """What is sent is what was handed in, also after the image or the array has changed."""
    image, array = PIL.Image.new("L", (4, 2), 5), numpy.full((2, 4), 5, "uint8")
    sources = [as_source(image, "image"), as_source(array, "image")]
    image.putpixel((0, 0), 9)
    array[0, 0] = 9
    for source in sources:
        assert isinstance(source, BytesSource)
        assert PIL.Image.open(BytesIO(source.content)).tobytes() == bytes([5] * 8)


def cut() -> PIL.Image.Image:
    return PIL.Image.open(BytesIO(encode("PNG")[:-2000]))


def shut() -> PIL.Image.Image:
    image = PIL.Image.new("L", (4, 2))
    image.close()
    return image


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda: PIL.Image.new("L", (0, 2)), "has no pixels"),
        (lambda: PIL.Image.new("L", (2, 0)), "has no pixels"),
        (cut, "cannot be encoded"),
        (shut, "cannot be encoded"),
    ],
)
def test_broken_pil_image_is_refused(make: Callable[[], PIL.Image.Image], advice: str) -> None:
    """An image without pixels, one whose file is cut, and a closed one are refused by name."""
    with pytest.raises(InvalidRequestError, match=advice) as caught:
        as_source(make(), "mask")
    assert caught.value.field == "mask"


class Tensor:
    """Stands for arrays of other libraries."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __array__(self, *_: Any, **__: Any) -> Any:
        if isinstance(self._array, Exception):
            raise self._array
        return self._array


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 5), st.integers(1, 5), st.sampled_from([None, 1, 3, 4]), st.data())
def test_array_arrives_pixel_for_pixel(height: int, width: int, channels: int | None, data: st.DataObject) -> None:
    """An array of any shape that is a picture arrives with its values, also one with gaps in memory."""
    shape = (height, width) if channels is None else (height, width, channels)
    count = height * width * (channels or 1)
    array = numpy.frombuffer(data.draw(st.binary(min_size=count, max_size=count)), "uint8").reshape(shape)
    mode = {None: "L", 1: "L", 3: "RGB", 4: "RGBA"}[channels]
    for given_form in (array, array.repeat(2, axis=0)[::2], numpy.asfortranarray(array), Tensor(array)):
        picture = sent(given_form)
        assert (picture.mode, picture.size) == (mode, (width, height))
        assert picture.tobytes() == array.tobytes()


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1), (2, 3, 3)])
def test_truth_values_are_black_and_white(shape: tuple[int, ...]) -> None:
    """An array of truth values becomes a mask: white where it is true."""
    array = numpy.arange(numpy.prod(shape)).reshape(shape) % 2 == 0
    assert sent(array).tobytes() == (array * 255).astype("uint8").tobytes()


@pytest.mark.parametrize(
    ("array", "advice"),
    [
        (numpy.zeros((0, 4), "uint8"), "is empty"),
        (numpy.zeros((4, 4, 0), "uint8"), "is empty"),
        (numpy.zeros(4, "uint8"), "height x width"),
        (numpy.uint8(4), "height x width"),
        (numpy.zeros((5, 5, 2), "uint8"), "1, 3 or 4 channels"),
        (numpy.zeros((3, 8, 8), "uint8"), r"array\.transpose\(1, 2, 0\)"),
        (numpy.zeros((1, 8, 8, 3), "uint8"), r"pass array\[0\]"),
        (numpy.zeros((2, 8, 8, 3), "uint8"), "height x width"),
        (numpy.zeros((8, 8, 3)), r"\(array \* 255\)"),
        (numpy.zeros((8, 8), "float16"), r"\(array \* 255\)"),
        (numpy.zeros((8, 8), "int64"), r"array\.astype\('uint8'\)"),
        (numpy.zeros((8, 8), object), r"array\.astype\('uint8'\)"),
        (Tensor([["fox"]]), "numpy makes no array"),
        (Tensor(TypeError("it lies on the GPU")), "numpy makes no array of it: it lies on the GPU"),
    ],
)
def test_other_array_is_refused(array: Any, advice: str) -> None:
    """An array that is no picture is refused with its shape, its dtype and the conversion to make."""
    with pytest.raises(InvalidRequestError, match=advice) as caught:
        as_source(array, "mask")
    assert caught.value.field == "mask"
    if not isinstance(array, Tensor):
        assert caught.value.value == f"<array of shape {array.shape}, dtype {array.dtype}>"


@pytest.mark.parametrize("missing", ["numpy", "PIL.Image"])
def test_array_without_the_extra(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An array needs numpy and Pillow, and the error names the extra that brings both."""
    tensor = Tensor(numpy.zeros((2, 2), "uint8"))
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=r"imagine-async\[numpy\]"):
        as_source(tensor, "image")


def test_other_forms_need_no_extra(tmp_path: Path) -> None:
    """Neither Pillow nor numpy is imported for a path, bytes or a request."""
    path = tmp_path / "fox.png"
    path.write_bytes(encode("PNG"))
    code = f"""
import sys
from imagine_async import Upscale
from imagine_async.inputs import as_source
Upscale(image={str(path)!r}); as_source(open({str(path)!r}, "rb").read(), "image")
try: as_source(7, "image")
except ValueError: print(sorted({{"PIL", "numpy"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
