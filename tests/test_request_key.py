"""The key of a request: the same for the same form, another for any other, today and in every process."""

from __future__ import annotations

import base64
import itertools
from collections.abc import AsyncIterator, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import anyio
import attrs
import numpy
import PIL.Image
import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async import catalog
from imagine_async.call import Call
from imagine_async.catalog import DIALECTS, Dialect, Endpoint
from imagine_async.errors import InvalidRequestError
from imagine_async.inputs import PIECE_BYTES, BytesSource, ImageInput, resolve
from imagine_async.inputs.sources import Source
from imagine_async.middleware.request_key import is_repeatable, request_key
from imagine_async.requests import (
    AiBackground,
    AiResize,
    GenerativeFill,
    ImageRequest,
    RemoveBackground,
    Request,
    Retouch,
    TextToImage,
    TextToPng,
    TextToVideo,
    Upscale,
)
from imagine_async.requests_v1 import V1Generations, V1Request, V1Upscale
from imagine_async.sniff import Picture
from tests.pictures import variety
from tests.v1_samples import REQUESTS, VALUES, build, every_request

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")
"""A PNG that no encoder of another release can change."""

PNG, OTHER_PNG, JPEG = variety("png"), variety("png-grey"), variety("jpeg")
FOX = TextToImage(prompt="a red fox", style="anime", seed=7)

KNOWN: Mapping[str, tuple[Request[Any], str]] = {
    "text": (FOX, "0df2c494de11af6e5bfabbbf2d560a925942e0a629bde02d0b6e3027785d4363"),
    "unicode and extra": (
        TextToImage(prompt="ein Füchslein 🦊", seed=7, extra={"zoom": 2, "area": "x"}),
        "5c78c1176cf2f9e80cfd797ddfac1b7bae3702c1973c8f02bb3f3990ffbda851",
    ),
    "picture": (
        AiBackground(image=PIXEL, prompt="a table", seed=3),
        "b259126f0b7a64dc622c551daf0c7925e84ea18d753e71cdc0771ed072db70a0",
    ),
    "v1": (
        V1Generations(prompt="a red fox", style_id=29, cfg=7.5, seed=7),
        "a125bd2dc13d303eb96d26ea97bf7bbc01ecb71bd553442885708b5f9eb6c2e1",
    ),
}

V2: Mapping[type[ImageRequest], Mapping[str, tuple[Any, Any]]] = {
    TextToImage: {
        "prompt": ("a fox", "a dog"),
        "style": ("anime", "realistic"),
        "aspect_ratio": ("1:1", "16:9"),
        "seed": (1, 2),
    },
    TextToPng: {"prompt": ("a fox", "a dog"), "aspect_ratio": ("1:1", "16:9"), "seed": (1, 2)},
    RemoveBackground: {"image": (PNG, OTHER_PNG)},
    Upscale: {"image": (PNG, JPEG)},
    GenerativeFill: {"prompt": ("a hat", "a cat"), "image": (PNG, JPEG), "mask": (PNG, OTHER_PNG)},
    AiResize: {"image": (PNG, JPEG), "prompt": (None, "sky"), "mask": (None, PNG)},
    Retouch: {"image": (PNG, JPEG), "mask": (PNG, OTHER_PNG)},
    AiBackground: {"prompt": ("a", "b"), "image": (PNG, JPEG), "style": ("product-shoot", "x"), "seed": (1, 2)},
}
V1_OTHER: Mapping[str, Any] = {
    "prompt": "a blue whale",
    "image": JPEG,
    "mask": OTHER_PNG,
    "style_id": 21,
    "aspect_ratio": "1:1",
    "negative_prompt": "cats",
    "cfg": 8,
    "seed": 8,
    "steps": 41,
    "high_res_results": False,
    "strength": 0,
    "control": "scribble",
    "model_version": 1,
    "inpaint_strength": 0.25,
    "generation_bias": 0.4,
    "artistic_noise": 0.2,
    "aesthetics_weight": 0.5,
}


def key_of(request: Request[Any], **options: Any) -> str:
    async def ask() -> str:
        return await request_key(request, **options)

    return anyio.run(ask)


@pytest.mark.parametrize(("request_", "key"), KNOWN.values(), ids=KNOWN)
def test_key_is_the_one_of_all_releases(request_: Request[Any], key: str) -> None:
    """What is kept on disk under a key is found again by another process, release of Python or day."""
    assert key_of(request_) == key


@pytest.mark.parametrize(
    ("cls", "field"), [(cls, field) for cls, fields in V2.items() for field in fields], ids=lambda each: str(each)[-30:]
)
def test_each_field_counts(cls: type[ImageRequest], field: str) -> None:
    """Two requests that differ in one field, whichever it is, have different keys."""
    first = {name: values[0] for name, values in V2[cls].items()}
    second = first | {field: V2[cls][field][1]}
    assert key_of(cls(**first)) == key_of(cls(**first)) != key_of(cls(**second))


@every_request
def test_each_field_of_v1_counts(cls: type[V1Request]) -> None:
    """So it is with every field of every call of v1."""
    fields = [each.name for each in attrs.fields(cls) if each.name in VALUES]
    keys = {key_of(build(cls)), *(key_of(build(cls, **{name: V1_OTHER[name]})) for name in fields)}
    assert len(keys) == 1 + len(fields)


@every_request
@pytest.mark.parametrize("all_fields", [True, False])
def test_dialects_of_v1_share_what_they_send_alike(cls: type[V1Request], all_fields: bool) -> None:
    """Dialects that send the same form to the same path have the same key; what one sends unasked tells them apart."""

    def made(dialect: Dialect) -> V1Request:
        return build(cls, all_fields=all_fields, dialect=dialect)

    first, second = (made(dialect) for dialect in DIALECTS.values())
    is_alike = (first.path, dict(first.form())) == (second.path, dict(second.form()))
    assert (key_of(first) == key_of(second)) is is_alike


def test_endpoints_are_kept_apart() -> None:
    """The same form sent to two endpoints is two requests."""
    by_endpoint = [TextToImage, TextToPng, TextToVideo]
    keys = {key_of(cls(prompt="a fox", **({"style": "x"} if cls is TextToVideo else {}))) for cls in by_endpoint}
    pictures = {key_of(cls(image=PNG)) for cls in (RemoveBackground, Upscale, AiResize)}
    v1 = {key_of(V1Upscale(image=PNG))}
    assert len(keys | pictures | v1) == 7


def test_accounts_are_kept_apart() -> None:
    """The same request of two accounts has two keys; without a name it is the nameless account's."""
    assert key_of(FOX) == key_of(FOX, account="")
    assert len({key_of(FOX, account=account) for account in ("", "a", "b", "?", "\ud800", "\ud801")}) == 6


TEXTS = st.text(st.sampled_from("ab=:\n\0é🦊"), min_size=1, max_size=3).filter(str.strip)
EXTRAS = st.dictionaries(st.sampled_from(["a", "ab", "zoom", "b=c"]), TEXTS | st.sampled_from(["", "1"]), max_size=3)
REQUESTS_OF_ANY_KIND = st.builds(
    TextToImage, prompt=TEXTS, style=TEXTS, seed=st.integers(1, 3) | st.none(), extra=EXTRAS
) | st.builds(TextToPng, prompt=TEXTS, seed=st.integers(1, 3) | st.none(), extra=EXTRAS)


@settings(deadline=None, max_examples=300)
@given(pair=st.tuples(REQUESTS_OF_ANY_KIND, REQUESTS_OF_ANY_KIND) | REQUESTS_OF_ANY_KIND.map(lambda each: (each, each)))
def test_keys_are_equal_where_forms_are(pair: tuple[Request[Any], Request[Any]]) -> None:
    """Whatever the fields hold, two requests have the same key exactly if they send the same fields to one path."""
    first, second = pair[0], attrs.evolve(pair[1])
    is_alike = (first.path, dict(first.form())) == (second.path, dict(second.form()))
    assert (key_of(first) == key_of(second)) is is_alike


@settings(deadline=None, max_examples=100)
@given(request_=REQUESTS_OF_ANY_KIND, order=st.randoms())
def test_order_of_extra_fields_does_not_count(request_: TextToImage, order: Any) -> None:
    """Further fields that are given in another order are the same fields."""
    items = list(request_.extra.items())
    order.shuffle(items)
    assert key_of(attrs.evolve(request_, extra=dict(items))) == key_of(request_)


def test_neighbouring_texts_do_not_run_together() -> None:
    """What stands in one field cannot pass for the end of another's name, or for two fields."""
    extras = [{"a": "bc"}, {"ab": "c"}, {"a": "b", "c": ""}, {"a": "", "bc": ""}, {"a": "btextc"}, {"a": "b\0c"}]
    assert len({key_of(TextToImage(prompt="x", seed=1, extra=extra)) for extra in extras}) == len(extras)


@frozen(kw_only=True)
class TextAsImage(ImageRequest):
    """Sends a text where `Upscale` sends a picture."""

    endpoint: ClassVar[Endpoint] = catalog.UPSCALE

    image: str


@frozen(kw_only=True)
class OfAnySource(ImageRequest):
    """Sends any source."""

    endpoint: ClassVar[Endpoint] = catalog.UPSCALE

    image: Source


def test_text_is_no_picture() -> None:
    """A text that reads like a picture's digest is not taken for the picture."""
    assert key_of(Upscale(image=PNG)) != key_of(TextAsImage(image=sha256(PNG).hexdigest()))
    assert key_of(Upscale(image=PNG)) == key_of(OfAnySource(image=BytesSource(PNG, Picture("png", 60, 44))))


def test_media_type_counts() -> None:
    """The same bytes sent as another type are another form."""
    kinds = ("png", "jpeg", "webp")
    assert len({key_of(OfAnySource(image=BytesSource(PNG, Picture(kind, 60, 44)))) for kind in kinds}) == 3


def test_form_of_a_picture_does_not_count(tmp_path: Path) -> None:
    """A picture has the same key as path, bytes, open file at an offset, data URI, PIL image and array."""
    path, padded = tmp_path / "fox.png", BytesIO(b"some bytes" + PNG)
    path.write_bytes(PNG)
    padded.seek(10)
    uri = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    with path.open("rb") as file:
        sources: list[ImageInput] = [PNG, bytearray(PNG), path, str(path), file, padded, uri]
        assert {key_of(Upscale(image=source)) for source in sources} == {key_of(Upscale(image=PNG))}
    pixels = PIL.Image.open(BytesIO(PNG))
    assert key_of(Upscale(image=pixels)) == key_of(Upscale(image=numpy.asarray(pixels)))


def test_place_and_name_of_a_file_do_not_count(tmp_path: Path) -> None:
    """A file that was moved is the same picture; one that was exchanged is another."""
    first, second = tmp_path / "a.png", tmp_path / "b.jpg"
    first.write_bytes(PNG)
    second.write_bytes(PNG)
    before = key_of(Upscale(image=first))
    assert before == key_of(Upscale(image=second))
    first.write_bytes(JPEG)
    assert before != key_of(Upscale(image=first))


@pytest.mark.parametrize("size", [PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + 17])
def test_large_pictures_are_read_to_their_end(size: int, tmp_path: Path) -> None:
    """However many pieces a picture has, its last byte counts, in memory as on disk."""
    contents = [PNG + bytes(size - len(PNG) - 1) + last for last in (b"\0", b"\1")]
    for number, content in enumerate(contents):
        (tmp_path / f"{number}.png").write_bytes(content)
    in_memory = [key_of(Upscale(image=content)) for content in contents]
    on_disk = [key_of(Upscale(image=tmp_path / f"{number}.png")) for number in range(2)]
    assert in_memory == on_disk
    assert len(set(in_memory)) == 2


def test_image_and_mask_are_not_exchanged() -> None:
    """Which picture is the mask counts."""
    assert key_of(Retouch(image=PNG, mask=OTHER_PNG)) != key_of(Retouch(image=OTHER_PNG, mask=PNG))


async def pieces() -> AsyncIterator[bytes]:
    yield PNG


@pytest.mark.parametrize("make", [lambda: "https://example.com/fox.png?token=x", pieces], ids=["url", "stream"])
def test_picture_that_is_not_read_yet_has_no_key(make: Any) -> None:
    """A URL or a stream has to be read before; the error names the field and the way out, and shows no signature."""
    with pytest.raises(InvalidRequestError, match="client.send") as caught:
        key_of(Upscale(image=make()))
    assert caught.value.field == "image"
    assert "token" not in str(caught.value)


@pytest.mark.anyio
async def test_stream_that_was_read_counts_by_its_bytes() -> None:
    """What a stream gave has the key of the same bytes given at once."""

    async def fetch(_: str) -> Any:
        raise AssertionError

    source = await resolve(Upscale(image=pieces()).image, fetch)  # type: ignore[arg-type]
    assert await request_key(OfAnySource(image=source)) == await request_key(Upscale(image=PNG))


def test_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    """A file that is not any more what the request was made of has no key."""
    path = tmp_path / "fox.png"
    path.write_bytes(PNG)
    request = Upscale(image=path)
    path.write_bytes(JPEG)
    with pytest.raises(InvalidRequestError, match="changed"):
        key_of(request)
    path.unlink()
    with pytest.raises(InvalidRequestError, match="image="):
        key_of(request)


@frozen(kw_only=True)
class SeededVideo(TextToVideo):
    """A call that takes a seed and makes no picture."""

    seed: int = 7


REPEATABLE: list[tuple[Request[Any], bool, bool]] = [
    (FOX, False, True),
    (FOX, True, False),
    (TextToImage(prompt="a fox"), False, False),
    (AiBackground(image=PIXEL, prompt="a table", seed=3), False, True),
    (Upscale(image=PIXEL), False, False),
    (V1Generations(prompt="a fox", style_id=29, seed=0), False, True),
    (V1Generations(prompt="a fox", style_id=29), False, False),
    (V1Upscale(image=PIXEL), False, False),
    (TextToVideo(prompt="waves", style="kling-1.5", extra={"seed": 7}), False, False),
    (SeededVideo(prompt="waves", style="kling-1.5"), False, False),
]


@pytest.mark.parametrize(("request_", "seed_chosen", "expected"), REPEATABLE)
def test_what_is_repeatable(request_: Request[Any], seed_chosen: bool, expected: bool) -> None:
    """A call for a picture gives it again where its caller named the seed; all others are made anew."""
    assert is_repeatable(Call(request=request_, deadline=1e12, seed_chosen=seed_chosen)) is expected


def test_every_request_is_looked_at_here() -> None:
    """The tables above know every class of request that makes a picture."""
    known = set(itertools.chain(V2, REQUESTS))
    ours = {cls for cls in _below(ImageRequest) if cls.__module__.startswith("imagine_async.")}
    assert ours - {V1Request} == known


def _below(cls: type) -> set[type]:
    below: list[type] = cls.__subclasses__()
    return {*below, *itertools.chain.from_iterable(_below(each) for each in below)}
