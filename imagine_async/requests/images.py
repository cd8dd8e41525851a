"""The calls of v2 that change pictures: one frozen class each.

Each validates and normalises on construction, and yields its form. Styles and aspect ratios that the catalog does not
know pass through, because the vendor adds some.
"""

from __future__ import annotations

from attrs import field, frozen

from imagine_async import catalog
from imagine_async.fields import (
    to_image,
    to_mask,
    to_optional_mask,
    to_optional_prompt,
    to_prompt,
    to_seed,
    to_style,
)
from imagine_async.inputs import AnySource
from imagine_async.requests.base import ImageRequest, check_same_size

__all__ = [
    "AiBackground",
    "AiResize",
    "GenerativeFill",
    "RemoveBackground",
    "Retouch",
    "Upscale",
]


@frozen(kw_only=True)
class RemoveBackground(ImageRequest):
    """Cut the subject out of a picture.

    Args:
        image: The picture.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: The image cannot be read or is no picture.
    """

    endpoint = catalog.REMOVE_BACKGROUND

    image: AnySource = field(converter=to_image)


@frozen(kw_only=True)
class Upscale(ImageRequest):
    """Make a picture larger and sharper; the factor is the API's choice.

    Args:
        image: The picture.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: The image cannot be read or is no picture.
    """

    endpoint = catalog.UPSCALE

    image: AnySource = field(converter=to_image)


@frozen(kw_only=True)
class GenerativeFill(ImageRequest):
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
    image: AnySource = field(converter=to_image)
    mask: AnySource = field(converter=to_mask)

    def __attrs_post_init__(self) -> None:
        ImageRequest.__attrs_post_init__(self)
        check_same_size(self.image, self.mask)


@frozen(kw_only=True)
class AiResize(ImageRequest):
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

    image: AnySource = field(converter=to_image)
    prompt: str | None = field(default=None, converter=to_optional_prompt)
    mask: AnySource | None = field(default=None, converter=to_optional_mask)


@frozen(kw_only=True)
class Retouch(ImageRequest):
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

    image: AnySource = field(converter=to_image)
    mask: AnySource = field(converter=to_mask)

    def __attrs_post_init__(self) -> None:
        ImageRequest.__attrs_post_init__(self)
        check_same_size(self.image, self.mask)


@frozen(kw_only=True)
class AiBackground(ImageRequest):
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
    image: AnySource = field(converter=to_image)
    style: str = field(default="product-shoot", converter=to_style)
    seed: int | None = field(default=None, converter=to_seed)
