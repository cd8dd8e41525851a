"""The calls of v2 that make a picture from a prompt alone: one frozen class each, as those that change pictures are.

They stand apart because most programs make these calls, and many make no others.
"""

from __future__ import annotations

from attrs import field, frozen

from imagine_async.catalog.images import TEXT_TO_IMAGE, TEXT_TO_PNG, AspectRatio, Style
from imagine_async.fields import to_aspect_ratio, to_prompt, to_seed, to_style
from imagine_async.requests.base import ImageRequest

__all__ = ["TextToImage", "TextToPng"]


@frozen(kw_only=True)
class TextToImage(ImageRequest):
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

    endpoint = TEXT_TO_IMAGE

    prompt: str = field(converter=to_prompt)
    style: str = field(default=Style.IMAGINE_TURBO, converter=to_style)
    aspect_ratio: str = field(default=AspectRatio.SQUARE, converter=to_aspect_ratio)
    seed: int | None = field(default=None, converter=to_seed)


@frozen(kw_only=True)
class TextToPng(ImageRequest):
    """Make a picture with a transparent background from a prompt.

    Args:
        prompt: What to show.
        aspect_ratio: An `AspectRatio`, or any other ratio as `width:height`.
        seed: At least 1; `None`: the SDK chooses one.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: A field has a value that the API would refuse.
    """

    endpoint = TEXT_TO_PNG

    prompt: str = field(converter=to_prompt)
    aspect_ratio: str = field(default=AspectRatio.SQUARE, converter=to_aspect_ratio)
    seed: int | None = field(default=None, converter=to_seed)
