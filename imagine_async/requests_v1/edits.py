"""The calls of v1 that change a picture: remix, inpaint, upscale."""

from __future__ import annotations

from attrs import field, frozen

from imagine_async import catalog
from imagine_async.catalog import V1Style
from imagine_async.fields import to_image, to_mask, to_optional_aspect_ratio, to_prompt
from imagine_async.fields_v1 import (
    to_any_seed,
    to_cfg,
    to_control,
    to_inpaint_strength,
    to_model_version,
    to_negative_prompt,
    to_remix_strength,
    to_remix_style_id,
    to_steps,
    to_style_id,
)
from imagine_async.inputs import AnySource
from imagine_async.requests import check_same_size
from imagine_async.requests_v1.base import WIRE_NAME, V1Request

__all__ = ["V1Inpaint", "V1Remix", "V1Upscale"]


@frozen(kw_only=True)
class V1Remix(V1Request):
    """Make a picture that keeps the pose, edges or depth of one, with v1.

    Fields, ranges and defaults: source v1 pages and v1 SDKs.

    Args:
        prompt: What to show.
        image: The picture to begin with; the page names JPEG and PNG.
        style_id: `V1Style.ANIME`, `REMIX_IMAGINE_V1` or `REALISTIC`, or their numbers 21, 22 and 29.
        control: What to keep, a `V1Control`; `None`: openpose.
        strength: A whole number from 0 to 100; `None`: 0.
        seed: Any whole number; `None`: the SDK chooses one.
        steps: From 30 to 50.
        cfg: How closely to follow the prompt, from 3 to 15; `None`: 7.5.
        negative_prompt: What not to show.
        aspect_ratio: 1:1, 9:16, 16:9, 4:3 or 3:2 by the page, or any other ratio as `width:height`; `None`: 1:1. The
            vendor's clients never send it.
        dialect: A `Dialect`, or its name.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: A field has a value that the API would refuse, or the image is no picture.
    """

    endpoint = catalog.V1_REMIX

    prompt: str = field(converter=to_prompt)
    image: AnySource = field(converter=to_image)
    style_id: int | None = field(default=V1Style.REMIX_IMAGINE_V1, converter=to_remix_style_id)
    control: str | None = field(default=None, converter=to_control)
    strength: int | None = field(default=None, converter=to_remix_strength)
    seed: int | None = field(default=None, converter=to_any_seed)
    steps: int | None = field(default=None, converter=to_steps)
    cfg: float | None = field(default=None, converter=to_cfg)
    negative_prompt: str | None = field(default=None, converter=to_negative_prompt)
    aspect_ratio: str | None = field(default=None, converter=to_optional_aspect_ratio)


@frozen(kw_only=True)
class V1Inpaint(V1Request):
    """Paint what the prompt says where the mask marks the picture, with v1.

    That white means "change" is the custom of callers. The page has prompt, image, mask and `model_version`, and so has
    the vendor's Python client; its JavaScript client sends the other fields instead, the negative prompt in a part
    named `neg_prompt` (source v1 SDKs). Each dialect sends 1 unasked for what names its model: `style_id` in
    `javascript`, `model_version` in `python`.

    Args:
        prompt: What to paint.
        image: The picture; the page names JPEG and PNG.
        mask: A picture of the same width and height: white where the picture may change, black where not.
        model_version: The page lists only 1.
        style_id: The JavaScript client knows only `V1Style.BASIC`, 1.
        cfg: How closely to follow the prompt, from 3 to 15.
        negative_prompt: What not to paint.
        inpaint_strength: Any number; no page describes it.
        dialect: A `Dialect`, or its name.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: A field has a value that the API would refuse, a file is no picture, or the sizes differ.
    """

    endpoint = catalog.V1_INPAINT

    prompt: str = field(converter=to_prompt)
    image: AnySource = field(converter=to_image)
    mask: AnySource = field(converter=to_mask)
    model_version: int | None = field(default=None, converter=to_model_version)
    style_id: int | None = field(default=None, converter=to_style_id)
    cfg: float | None = field(default=None, converter=to_cfg)
    negative_prompt: str | None = field(default=None, converter=to_negative_prompt, metadata={WIRE_NAME: "neg_prompt"})
    inpaint_strength: float | None = field(default=None, converter=to_inpaint_strength)

    def __attrs_post_init__(self) -> None:
        V1Request.__attrs_post_init__(self)
        check_same_size(self.image, self.mask)


@frozen(kw_only=True)
class V1Upscale(V1Request):
    """Make a picture larger and sharper, with v1; the factor is the API's choice.

    Both of the vendor's clients send `model_version` 1 unasked, and so do both dialects (source v1 SDKs); no page of
    this call could be read.

    Args:
        image: The picture.
        model_version: The vendor's clients know only 1.
        dialect: A `Dialect`, or its name.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: The image cannot be read or is no picture.
    """

    endpoint = catalog.V1_UPSCALE

    image: AnySource = field(converter=to_image)
    model_version: int | None = field(default=None, converter=to_model_version)
