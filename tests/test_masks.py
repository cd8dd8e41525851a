"""Masks: made from transparency or a box, turned over, and checked against their picture."""

from __future__ import annotations

import base64
import sys
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async import check_mask, invert_mask, mask_from_alpha, mask_from_box
from imagine_async.errors import InvalidRequestError, MissingExtraError
from imagine_async.requests import GenerativeFill
from tests.pictures import encode, variety

PNG = variety("png")
ALPHA = variety("png-alpha")


def pixels(content: bytes) -> Any:
    picture = PIL.Image.open(BytesIO(content))
    assert (picture.format, picture.mode) == ("PNG", "L")
    return numpy.asarray(picture)


def with_alpha(alpha: list[list[int]]) -> PIL.Image.Image:
    array = numpy.zeros((len(alpha), len(alpha[0]), 4), "uint8")
    array[:, :, 3] = alpha
    return PIL.Image.fromarray(array)


def test_mask_is_white_where_the_picture_is_transparent() -> None:
    """Below the threshold means change: white; the rest stays black."""
    assert pixels(mask_from_alpha(with_alpha([[0, 127, 128, 255]]))).tolist() == [[255, 255, 0, 0]]
    assert pixels(mask_from_alpha(with_alpha([[0, 1, 254, 255]]), threshold=1)).tolist() == [[255, 0, 0, 0]]
    assert pixels(mask_from_alpha(with_alpha([[0, 1, 254, 255]]), threshold=255)).tolist() == [[255, 255, 255, 0]]


def in_palette() -> PIL.Image.Image:
    image = PIL.Image.new("P", (2, 1), 1)
    image.putpixel((0, 0), 0)
    image.putpalette(bytes(6))
    image.info["transparency"] = 0
    return image


@pytest.mark.parametrize(
    "image",
    [
        in_palette(),
        with_alpha([[0, 255]]).convert("LA"),
        numpy.array([[[9, 9, 9, 0], [9, 9, 9, 255]]], "uint8"),
        f"data:;base64,{base64.b64encode(encode('WEBP', mode='RGBA', lossless=True)).decode()}",
    ],
    ids=["palette", "grey", "array", "webp"],
)
def test_any_kind_of_transparency_counts(image: Any) -> None:
    """A palette's transparent colour and grey pictures with alpha count, in every form of input."""
    mask = pixels(mask_from_alpha(image))
    assert mask[0, 0] == 255
    assert mask[-1, -1] == 0


@pytest.mark.parametrize("name", ["png", "jpeg", "png-palette"])
def test_picture_without_transparency_is_refused(name: str) -> None:
    """There is nothing to make a mask from, and the error says what to do instead."""
    with pytest.raises(InvalidRequestError, match=r"image=.* has no transparency; .* mask_from_box"):
        mask_from_alpha(variety(name))


@pytest.mark.parametrize("threshold", [0, 256, -1, 12.5, "128", None, True])
def test_threshold_out_of_range_is_refused(threshold: Any) -> None:
    """A threshold is a whole number from 1 to 255."""
    with pytest.raises(InvalidRequestError, match="threshold="):
        mask_from_alpha(ALPHA, threshold=threshold)


def test_mask_from_alpha_fits_its_picture() -> None:
    """What was made from a picture can be sent with it."""
    mask = mask_from_alpha(ALPHA)
    check_mask(ALPHA, mask)
    assert GenerativeFill(prompt="a fox", image=ALPHA, mask=mask).mask


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P", "LA"])
def test_inverting_exchanges_black_and_white(mode: str) -> None:
    """White becomes black and black white, whatever the mask's mode."""
    mask = PIL.Image.fromarray(numpy.array([[0, 255, 255]], "uint8")).convert(mode)
    assert pixels(invert_mask(mask)).tolist() == [[255, 0, 0]]


def test_inverting_twice_changes_nothing() -> None:
    """Greys are turned over as well, so that twice is nothing."""
    greys = numpy.arange(256, dtype="uint8").reshape(16, 16)
    assert (pixels(invert_mask(greys)) == 255 - greys).all()
    assert (pixels(invert_mask(invert_mask(greys))) == greys).all()


def test_sixteen_bits_are_scaled() -> None:
    """A mask of 16 bits keeps its greys; values beyond 255 are not all white."""
    deep = PIL.Image.fromarray(numpy.array([[0, 257, 32768, 65535]], "uint16"))
    assert deep.mode == "I;16"
    assert pixels(invert_mask(deep)).tolist() == [[255, 254, 128, 0]]


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), st.data())
def test_box_is_white(width: int, height: int, data: st.DataObject) -> None:
    """Inside the box it is white, outside black, and the mask has the size asked for."""
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    right, bottom = data.draw(st.integers(left + 1, width)), data.draw(st.integers(top + 1, height))
    expected = numpy.zeros((height, width), "uint8")
    expected[top:bottom, left:right] = 255
    assert (pixels(mask_from_box((width, height), (left, top, right, bottom))) == expected).all()


def test_box_for_a_picture() -> None:
    """The size is the picture's where one is handed in; numbers may be numpy's."""
    mask = mask_from_box(PNG, [numpy.int64(1), 2, 3, 4])
    check_mask(PNG, mask)
    assert pixels(mask).sum() == 4 * 255


@pytest.mark.parametrize(
    ("size", "box", "field"),
    [
        ((9, 9), (0, 0, 10, 9), "box"),
        ((9, 9), (0, 0, 9, 10), "box"),
        ((9, 9), (-1, 0, 9, 9), "box"),
        ((9, 9), (0, -1, 9, 9), "box"),
        ((9, 9), (5, 0, 5, 9), "box"),
        ((9, 9), (0, 5, 9, 5), "box"),
        ((9, 9), (0, 0, 9), "box"),
        ((9, 9), "0099", "box"),
        ((9, 9), 9, "box"),
        ((9, 9), (0, 0, 9, 1.5), "box"),
        ((9, 9), (False, 0, 9, 9), "box"),
        ((9, 0), (0, 0, 9, 9), "size"),
        ((0, 9), (0, 0, 9, 9), "size"),
        ((9,), (0, 0, 9, 9), "size"),
        ((9.5, 9), (0, 0, 9, 9), "size"),
        ((1_000_000, 1_000), (0, 0, 9, 9), "size"),
        (b"fox", (0, 0, 9, 9), "image"),
        ("https://example.com/", (0, 0, 9, 9), "image"),
    ],
)
def test_box_that_does_not_fit_is_refused(size: Any, box: Any, field: str) -> None:
    """A box or size that makes no sense is refused by name."""
    with pytest.raises(InvalidRequestError) as caught:
        mask_from_box(size, box)
    assert caught.value.field == field


def test_check_takes_what_fits(tmp_path: Path) -> None:
    """Picture and mask of one size pass, in whatever forms."""
    path = tmp_path / "mask"
    path.write_bytes(variety("webp"))
    check_mask(BytesIO(PNG), path)


def test_check_refuses_other_sizes() -> None:
    """A mask of another size is refused with both sizes."""
    with pytest.raises(InvalidRequestError, match=r"mask='44x60': .* 60x44 pixels"):
        check_mask(PNG, encode("PNG", size=(44, 60)))


async def pieces() -> AsyncIterator[bytes]:
    yield PNG


@pytest.mark.parametrize("value", ["https://example.com/fox.png?secret", pieces()], ids=["url", "stream"])
@pytest.mark.parametrize(
    ("call", "field"),
    [
        (mask_from_alpha, "image"),
        (invert_mask, "mask"),
        (lambda value: check_mask(value, PNG), "image"),
        (lambda value: check_mask(PNG, value), "mask"),
    ],
)
def test_what_is_not_read_yet_is_refused(call: Callable[[Any], Any], field: str, value: Any) -> None:
    """Masks are made of what is at hand; a URL or a stream is to be fetched first."""
    with pytest.raises(InvalidRequestError, match="fetch it first") as caught:
        call(value)
    assert caught.value.field == field
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("call", "field"), [(mask_from_alpha, "image"), (invert_mask, "mask")])
def test_broken_picture_is_refused(call: Callable[[Any], Any], field: str) -> None:
    """A picture that is cut is refused by name, with the decoder's reason chained."""
    with pytest.raises(InvalidRequestError, match="cannot be decoded") as caught:
        call(PNG[:-2000])
    assert (caught.value.field, caught.value.__cause__ is not None) == (field, True)


@pytest.mark.parametrize(
    "call", [lambda: mask_from_alpha(ALPHA), lambda: invert_mask(PNG), lambda: mask_from_box((9, 9), (0, 0, 9, 9))]
)
def test_masks_need_the_extra(call: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Pillow the error names the extra; checking sizes works all the same."""
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingExtraError, match=r"mask_.*|invert_.* needs an extra .*\[images\]"):
        call()
    check_mask(PNG, PNG)
