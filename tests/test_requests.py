"""The eight requests: what each puts on the wire, what it refuses, and that it never changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from imagine_async import catalog
from imagine_async.catalog import AspectRatio, Endpoint, Style
from imagine_async.errors import InvalidRequestError
from imagine_async.requests import (
    AiBackground,
    AiResize,
    GenerativeFill,
    ImageRequest,
    RemoveBackground,
    Retouch,
    TextToImage,
    TextToPng,
    Upscale,
    images,
    prompts,
)
from tests.pictures import encode, variety

PNG = variety("png")
OTHER_SIZE = encode("PNG", size=(61, 44))

REQUESTS: dict[type[ImageRequest], Endpoint] = {
    TextToImage: catalog.TEXT_TO_IMAGE,
    TextToPng: catalog.TEXT_TO_PNG,
    RemoveBackground: catalog.REMOVE_BACKGROUND,
    Upscale: catalog.UPSCALE,
    GenerativeFill: catalog.GENERATIVE_FILL,
    AiResize: catalog.AI_RESIZE,
    Retouch: catalog.RETOUCH,
    AiBackground: catalog.AI_BACKGROUND,
}
VALUES: Mapping[str, Any] = {
    "prompt": "a red fox",
    "image": PNG,
    "mask": PNG,
    "style": "anime",
    "aspect_ratio": "16:9",
    "seed": 7,
}

every_request = pytest.mark.parametrize("cls", REQUESTS, ids=lambda cls: cls.__name__)


def build(cls: type[ImageRequest], *, all_fields: bool = True, **changes: Any) -> ImageRequest:
    """Make a request, with every field of its endpoint or only those that the SDK asks for."""
    wanted = [each.name for each in attrs.fields(cls) if each.name in VALUES]
    required = [each.name for each in attrs.fields(cls) if each.default is attrs.NOTHING]
    return cls(**{name: VALUES[name] for name in (wanted if all_fields else required)} | changes)


def wire(request: ImageRequest) -> dict[str, Any]:
    return dict(request.form())


def refusal(cls: type[ImageRequest], **changes: Any) -> InvalidRequestError:
    with pytest.raises(InvalidRequestError) as caught:
        build(cls, **changes)
    return caught.value


def test_every_endpoint_has_a_request() -> None:
    """The catalog's endpoints and the request classes belong together, one to one."""
    made = {
        cls for cls in (vars(images) | vars(prompts)).values() if isinstance(cls, type) and hasattr(cls, "endpoint")
    }
    assert {cls: cls.endpoint for cls in made} == REQUESTS
    assert set(REQUESTS.values()) == set(catalog.ENDPOINTS)


@every_request
def test_form_is_the_catalogs(cls: type[ImageRequest]) -> None:
    """With every argument given, the parts on the wire are exactly those of the catalog."""
    assert set(wire(build(cls))) == {known.name for known in REQUESTS[cls].fields}


@every_request
def test_required_parts_are_always_sent(cls: type[ImageRequest]) -> None:
    """With as few arguments as possible, no part is missing without which the API refuses."""
    required = {known.name for known in REQUESTS[cls].fields if known.required}
    assert required <= set(wire(build(cls, all_fields=False)))


@every_request
def test_kinds_of_parts_are_the_catalogs(cls: type[ImageRequest]) -> None:
    """Files go as pictures, everything else as text."""
    for name, value in build(cls).form():
        known = REQUESTS[cls].field(name)
        assert known is not None
        assert isinstance(value, str) is (known.kind != "file")


@every_request
def test_parts_go_in_the_order_of_the_arguments(cls: type[ImageRequest]) -> None:
    """The form has the order in which the arguments are documented, `extra` last."""
    request = build(cls, extra={"zeta": 1, "alpha": 2})
    arguments = [each.name for each in attrs.fields(cls) if each.name != "extra"]
    assert list(wire(request)) == [*arguments, "zeta", "alpha"]


@every_request
def test_form_can_be_made_again(cls: type[ImageRequest]) -> None:
    """Each attempt gets the same parts."""
    request = build(cls)
    assert list(request.form()) == list(request.form())


def test_text_to_image_on_the_wire() -> None:
    """Texts and numbers go as texts; what was left out has the documented default, and no seed is sent."""
    assert wire(TextToImage(prompt=" fox ")) == {"prompt": "fox", "style": "imagine-turbo", "aspect_ratio": "1:1"}
    assert wire(build(TextToImage)) == {"prompt": "a red fox", "style": "anime", "aspect_ratio": "16:9", "seed": "7"}


def test_defaults_are_the_catalogs() -> None:
    """What the SDK sends where nothing is said is what the vendor documents."""
    for cls, endpoint in REQUESTS.items():
        for name, value in build(cls, all_fields=False).form():
            known = endpoint.field(name)
            assert known is not None
            assert known.default in (None, value), (cls, name)


def test_enums_are_sent_as_their_values() -> None:
    """Members of the catalog's enums become plain texts."""
    form = wire(TextToImage(prompt="fox", style=Style.FLUX_DEV, aspect_ratio=AspectRatio.TALL_9_16))
    assert (form["style"], form["aspect_ratio"]) == ("flux-dev", "9:16")
    assert {type(value) for value in form.values()} == {str}


@every_request
def test_unknown_argument_is_named(cls: type[ImageRequest]) -> None:
    """A misspelt argument is a `TypeError` that names it."""
    with pytest.raises(TypeError, match="promt"):
        build(cls, promt="a red fox")


def test_arguments_are_keywords() -> None:
    """Arguments cannot be mixed up by their order."""
    build_any: Any = TextToImage
    with pytest.raises(TypeError, match="positional"):
        build_any("a red fox", "anime")


@every_request
@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("value", ["", b"", 0, -1, 1.5, True, object], ids=repr)
def test_bad_values_are_refused_by_name(cls: type[ImageRequest], name: str, value: Any) -> None:
    """A value that no field takes is refused on construction, with the field's name, on every endpoint that has it."""
    if name in attrs.fields_dict(cls):
        assert refusal(cls, **{name: value}).field == name


@pytest.mark.parametrize("cls", [GenerativeFill, Retouch], ids=lambda cls: cls.__name__)
def test_mask_of_other_size_is_refused(cls: type[ImageRequest]) -> None:
    """Mask and image must be of one size; the error tells both."""
    error = refusal(cls, mask=OTHER_SIZE)
    assert (error.field, error.value) == ("mask", "'61x44'")
    assert "60x44" in error.advice


def test_mask_of_ai_resize_may_differ() -> None:
    """The mask of the new area is as large as the new picture, so its size is not checked."""
    assert isinstance(build(AiResize, mask=OTHER_SIZE), AiResize)


@pytest.mark.parametrize("cls", [GenerativeFill, Retouch], ids=lambda cls: cls.__name__)
def test_mask_may_have_another_format(cls: type[ImageRequest]) -> None:
    """Only the sizes count: the image may be a JPEG and the mask a PNG."""
    assert wire(build(cls, image=variety("jpeg")))["image"].picture.format == "jpeg"


@every_request
def test_extra_goes_last(cls: type[ImageRequest]) -> None:
    """Fields that the SDK does not know are passed on as texts."""
    assert list(build(cls, extra={"hires": 1}).form())[-1] == ("hires", "1")


@every_request
def test_extra_does_not_stand_in_for_arguments(cls: type[ImageRequest]) -> None:
    """A field that is an argument of its own cannot be smuggled in by `extra`."""
    name = attrs.fields(cls)[0].name
    own = next(each.name for each in attrs.fields(cls) if each.name != "extra")
    error = refusal(cls, extra={own: "x"})
    assert (name, error.field) == (name, f"extra[{own!r}]")
    assert f"{own}=" in error.advice


def test_extra_may_name_arguments_of_other_requests() -> None:
    """A field that only another endpoint has is an unknown field here."""
    assert wire(Upscale(image=PNG, extra={"seed": 7}))["seed"] == "7"


def test_extra_field_may_be_called_extra() -> None:
    """The name `extra` itself is free on the wire."""
    assert wire(TextToImage(prompt="fox", extra={"extra": "x"}))["extra"] == "x"


@pytest.mark.parametrize("cls", [TextToImage, TextToPng, AiBackground], ids=lambda cls: cls.__name__)
def test_seeded_chooses_within_bounds(cls: type[ImageRequest]) -> None:
    """A missing seed is chosen from 1 to 2**31 - 1, and the rest of the request stays."""
    request = build(cls, seed=None)
    seeds = {getattr(request.seeded(), "seed", None) for _ in range(200)}
    assert len(seeds) > 190
    assert all(isinstance(seed, int) and 1 <= seed <= 2**31 - 1 for seed in seeds)
    assert build(cls, seed=getattr(request.seeded(), "seed", None)) != request
    assert [part for part in request.seeded().form() if part[0] != "seed"] == list(request.form())


@pytest.mark.parametrize(("drawn", "seed"), [(0, 1), (2**31 - 2, 2**31 - 1)])
def test_seeded_reaches_both_ends(drawn: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest and the largest draw give the smallest and the largest seed."""

    def draw(end: int) -> int:
        assert end == 2**31 - 1
        return drawn

    monkeypatch.setattr("secrets.randbelow", draw)
    assert TextToImage(prompt="fox").seeded().seed == seed


@every_request
def test_seeded_leaves_the_rest_alone(cls: type[ImageRequest]) -> None:
    """A request with a seed, or of an endpoint that takes none, stays the very same."""
    request = build(cls)
    assert request.seeded() is request


@every_request
def test_requests_are_frozen(cls: type[ImageRequest]) -> None:
    """A request cannot be changed once it was checked."""
    request: Any = build(cls)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        request.extra = {}


@pytest.mark.parametrize(
    ("request_", "keys"),
    [
        (TextToImage(prompt="fox", style="flux-dev"), ("text_to_image/flux-dev", "text_to_image")),
        (TextToPng(prompt="fox"), ("text_to_png",)),
        (Upscale(image=PNG), ("upscale",)),
        (AiBackground(prompt="beach", image=PNG), ("ai_background/product-shoot", "ai_background")),
    ],
    ids=["with-style", "without-style", "picture-only", "default-style"],
)
def test_price_keys(request_: ImageRequest, keys: tuple[str, ...]) -> None:
    """The most exact price comes first: by endpoint and style, then by endpoint."""
    assert request_.price_keys == keys


def test_requests_can_be_keys() -> None:
    """Equal requests have equal hashes, so that results can be kept by request."""
    assert len({TextToImage(prompt="a fox", extra={"cfg": 7}), TextToImage(prompt="a fox", extra={"cfg": 7})}) == 1
