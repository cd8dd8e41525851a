"""One frozen class for each call of the API: it validates and normalises on construction, and yields its form.

A bad value is refused here, before anything is sent. Styles and aspect ratios that the catalog does not know pass
through, because the vendor adds some.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar

import anyio.to_thread
import attrs
from attrs import field, frozen

from imagine_async import catalog
from imagine_async.catalog import AspectRatio, Endpoint, Style
from imagine_async.errors import InvalidRequestError
from imagine_async.fields import to_aspect_ratio, to_extra, to_image, to_mask, to_prompt, to_seed, to_style
from imagine_async.inputs import BytesSource, FileSource, ImageInput, PathSource, Source

__all__ = [
    "AiBackground",
    "AiResize",
    "GenerativeFill",
    "RemoveBackground",
    "Request",
    "RequestT",
    "Retouch",
    "TextToImage",
    "TextToPng",
    "Upscale",
    "built_off_the_loop",
]

RequestT = TypeVar("RequestT", bound="Request")

_LARGEST_CHOSEN_SEED = 2**31 - 1
_SOURCES = (BytesSource, PathSource, FileSource)


def _optional_prompt(value: str | None) -> str | None:
    return None if value is None else to_prompt(value)


def _optional_mask(value: ImageInput | None) -> Source | None:
    return None if value is None else to_mask(value)


@frozen(kw_only=True)
class Request:
    """What every request has: an endpoint, a form, and fields that the SDK does not know.

    Args:
        extra: Further form fields by name, passed on as they are.

    Raises:
        InvalidRequestError: `extra` names a field that is an argument of its own.
    """

    endpoint: ClassVar[Endpoint]

    extra: Mapping[str, str] = field(factory=dict, converter=to_extra, hash=False)

    def __attrs_post_init__(self) -> None:
        for name in self.extra:
            if name != "extra" and name in attrs.fields_dict(type(self)):
                raise InvalidRequestError(f"extra[{name!r}]", self.extra[name], f"pass it as the argument {name}=")

    def form(self) -> Iterator[tuple[str, str | Source]]:
        """Yield the parts of the multipart form: name, and text or picture."""
        for attribute in attrs.fields(type(self)):
            value = getattr(self, attribute.name)
            if attribute.name != "extra" and value is not None:
                yield attribute.name, value if isinstance(value, _SOURCES) else str(value)
        yield from self.extra.items()

    @property
    def price_keys(self) -> tuple[str, ...]:
        """The keys under which a price may stand, the most exact first."""
        style = getattr(self, "style", None)
        exact = (f"{self.endpoint.name}/{style}",) if style else ()
        return (*exact, self.endpoint.name)

    def seeded(self: RequestT) -> RequestT:
        """Return a request that can be made again: where a seed is possible and missing, one is chosen."""
        if getattr(self, "seed", 0) is not None:
            return self
        chosen: dict[str, Any] = {"seed": 1 + secrets.randbelow(_LARGEST_CHOSEN_SEED)}
        return attrs.evolve(self, **chosen)


def _check_same_size(image: Source, mask: Source) -> None:
    if image.picture.size != mask.picture.size:
        wanted, got = image.picture, mask.picture
        raise InvalidRequestError(
            "mask",
            f"{got.width}x{got.height}",
            f"the mask must have the image's size, {wanted.width}x{wanted.height} pixels",
        )


@frozen(kw_only=True)
class TextToImage(Request):
    """Make a picture from a prompt.

    Args:
        prompt: What to show.
        style: A `Style`, or any other style's name.
        aspect_ratio: An `AspectRatio`, or any other ratio as `width:height`.
        seed: At least 1; the same seed, prompt and style give the same picture. `None`: the SDK chooses one.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: A field has a value that the API would refuse.
    """

    endpoint = catalog.TEXT_TO_IMAGE

    prompt: str = field(converter=to_prompt)
    style: str = field(default=Style.IMAGINE_TURBO, converter=to_style)
    aspect_ratio: str = field(default=AspectRatio.SQUARE, converter=to_aspect_ratio)
    seed: int | None = field(default=None, converter=to_seed)


@frozen(kw_only=True)
class TextToPng(Request):
    """Make a picture with a transparent background from a prompt.

    Args:
        prompt: What to show.
        aspect_ratio: An `AspectRatio`, or any other ratio as `width:height`.
        seed: At least 1; `None`: the SDK chooses one.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: A field has a value that the API would refuse.
    """

    endpoint = catalog.TEXT_TO_PNG

    prompt: str = field(converter=to_prompt)
    aspect_ratio: str = field(default=AspectRatio.SQUARE, converter=to_aspect_ratio)
    seed: int | None = field(default=None, converter=to_seed)


@frozen(kw_only=True)
class RemoveBackground(Request):
    """Cut the subject out of a picture.

    Args:
        image: The picture.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: The image cannot be read or is no picture.
    """

    endpoint = catalog.REMOVE_BACKGROUND

    image: Source = field(converter=to_image)


@frozen(kw_only=True)
class Upscale(Request):
    """Make a picture larger and sharper; the factor is the API's choice.

    Args:
        image: The picture.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: The image cannot be read or is no picture.
    """

    endpoint = catalog.UPSCALE

    image: Source = field(converter=to_image)


@frozen(kw_only=True)
class GenerativeFill(Request):
    """Paint what the prompt says where the mask is white.

    That white means "change" is the custom of callers; the reference says only that the mask marks the area.

    Args:
        prompt: What to paint.
        image: The picture.
        mask: A picture of the same width and height: white where the picture may change, black where not.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: A file cannot be read, is no picture, or the sizes differ.
    """

    endpoint = catalog.GENERATIVE_FILL

    prompt: str = field(converter=to_prompt)
    image: Source = field(converter=to_image)
    mask: Source = field(converter=to_mask)

    def __attrs_post_init__(self) -> None:
        Request.__attrs_post_init__(self)
        _check_same_size(self.image, self.mask)


@frozen(kw_only=True)
class AiResize(Request):
    """Extend a picture beyond its borders. Experimental.

    No official page about this endpoint could be read: the fields are those that one caller was seen to send, and what
    names the target size is not known. Pass what you know better in `extra`.

    Args:
        image: The picture.
        prompt: What to show in the new area.
        mask: A picture that marks the new area.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: A file cannot be read or is no picture.
    """

    endpoint = catalog.AI_RESIZE

    image: Source = field(converter=to_image)
    prompt: str | None = field(default=None, converter=_optional_prompt)
    mask: Source | None = field(default=None, converter=_optional_mask)


@frozen(kw_only=True)
class Retouch(Request):
    """Remove what the mask marks.

    No official page about this endpoint could be read: the fields are those that one caller was seen to send.

    Args:
        image: The picture.
        mask: A picture of the same width and height: white where something is to go, black elsewhere.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: A file cannot be read, is no picture, or the sizes differ.
    """

    endpoint = catalog.RETOUCH

    image: Source = field(converter=to_image)
    mask: Source = field(converter=to_mask)

    def __attrs_post_init__(self) -> None:
        Request.__attrs_post_init__(self)
        _check_same_size(self.image, self.mask)


@frozen(kw_only=True)
class AiBackground(Request):
    """Place a product in front of a new background.

    Args:
        prompt: The background to paint.
        image: The product, cut out, on a transparent background.
        style: The reference lists only `product-shoot`.
        seed: At least 1; `None`: the SDK chooses one.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: A field has a value that the API would refuse, or the image is no picture.
    """

    endpoint = catalog.AI_BACKGROUND

    prompt: str = field(converter=to_prompt)
    image: Source = field(converter=to_image)
    style: str = field(default="product-shoot", converter=to_style)
    seed: int | None = field(default=None, converter=to_seed)


async def built_off_the_loop(build: Callable[[], RequestT]) -> RequestT:
    """Build a request in a worker thread, because looking into a file blocks.

    Args:
        build: Makes the request.

    Returns:
        The request.
    """
    return await anyio.to_thread.run_sync(build)
