"""The calls of v1 below `/generations`: a picture from a prompt, and pictures in the likeness of one."""

from __future__ import annotations

from attrs import field, frozen

from imagine_async import catalog
from imagine_async.catalog import V1Style
from imagine_async.fields import to_image, to_optional_aspect_ratio, to_prompt
from imagine_async.fields_v1 import (
    to_aesthetics_weight,
    to_any_seed,
    to_any_steps,
    to_artistic_noise,
    to_cfg,
    to_generation_bias,
    to_high_res_results,
    to_negative_prompt,
    to_steps,
    to_style_id,
    to_variation_strength,
)
from imagine_async.inputs import AnySource
from imagine_async.requests_v1.base import WIRE_NAME, V1Request

__all__ = ["V1Generations", "V1Guided", "V1Variations"]


@frozen(kw_only=True)
class V1Generations(V1Request):
    """Make a picture from a prompt, with v1.

    Fields, ranges and defaults: source v1 pages and v1 SDKs.

    Args:
        prompt: What to show.
        style_id: A `V1Style`, or any other style's number.
        aspect_ratio: A `V1AspectRatio`, or any other ratio as `width:height`, to which the live service was seen to
            answer 500; `None`: 1:1.
        negative_prompt: What not to show.
        cfg: How closely to follow the prompt, from 3 to 15; `None`: 7.5.
        seed: Any whole number; the same seed makes the same picture. `None`: the SDK chooses one.
        steps: From 30 to 50.
        high_res_results: Whether to make a picture of higher resolution.
        dialect: A `Dialect`, or its name.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: A field has a value that the API would refuse.
    """

    endpoint = catalog.V1_GENERATIONS

    prompt: str = field(converter=to_prompt)
    style_id: int | None = field(default=V1Style.IMAGINE_V1, converter=to_style_id)
    aspect_ratio: str | None = field(default=None, converter=to_optional_aspect_ratio)
    negative_prompt: str | None = field(default=None, converter=to_negative_prompt)
    cfg: float | None = field(default=None, converter=to_cfg)
    seed: int | None = field(default=None, converter=to_any_seed)
    steps: int | None = field(default=None, converter=to_steps)
    high_res_results: bool = field(default=False, converter=to_high_res_results)


@frozen(kw_only=True)
class V1Variations(V1Request):
    """Make another picture in the likeness of one, with v1.

    The vendor's page and its clients do not agree on `strength`: a number from 0 to 1 there, a whole number here. The
    page is followed. Other fields: source v1 pages; `style_id`, which the page does not list: source v1 SDKs, one of
    which said that this call was not supported at the time.

    Args:
        prompt: What to show.
        image: The picture to vary.
        style_id: A `V1Style`, or any other style's number.
        aspect_ratio: A `V1AspectRatio`, or any other ratio as `width:height`; `None` leaves it to the API.
        seed: Any whole number; `None`: the SDK chooses one.
        strength: From 0 to 1; `None`: 0.85.
        steps: At least 1; no range is documented.
        cfg: How closely to follow the prompt, from 3 to 15; `None`: 7.5.
        negative_prompt: What not to show.
        dialect: A `Dialect`, or its name.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: A field has a value that the API would refuse, or the image is no picture.
    """

    endpoint = catalog.V1_VARIATIONS

    prompt: str = field(converter=to_prompt)
    image: AnySource = field(converter=to_image)
    style_id: int | None = field(default=V1Style.IMAGINE_V1, converter=to_style_id)
    aspect_ratio: str | None = field(default=None, converter=to_optional_aspect_ratio)
    seed: int | None = field(default=None, converter=to_any_seed)
    strength: float | None = field(default=None, converter=to_variation_strength)
    steps: int | None = field(default=None, converter=to_any_steps)
    cfg: float | None = field(default=None, converter=to_cfg)
    negative_prompt: str | None = field(default=None, converter=to_negative_prompt)


@frozen(kw_only=True)
class V1Guided(V1Request):
    """Alter a picture by a prompt, with v1.

    Neither of the vendor's clients has this call: fields, ranges and defaults are those of the page, where the
    negative prompt is called `neg_prompt` (source v1 pages).

    Args:
        prompt: What to show.
        image: The picture to alter.
        style_id: A `V1Style`, or any other style's number.
        negative_prompt: What not to show; it travels in a part named `neg_prompt`.
        aspect_ratio: A `V1AspectRatio`, or any other ratio as `width:height`; `None`: 1:1.
        seed: Any whole number; `None`: the SDK chooses one.
        steps: At least 1; no range is documented. `None`: 20.
        generation_bias: From 0.2 to 1.2; `None`: 1.2.
        artistic_noise: From 0.1 to 0.2; `None`: 0.2.
        aesthetics_weight: From 0.4 to 1; `None`: 0.6.
        dialect: A `Dialect`, or its name.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: A field has a value that the API would refuse, or the image is no picture.
    """

    endpoint = catalog.V1_GUIDED

    prompt: str = field(converter=to_prompt)
    image: AnySource = field(converter=to_image)
    style_id: int | None = field(default=V1Style.BASIC, converter=to_style_id)
    negative_prompt: str | None = field(default=None, converter=to_negative_prompt, metadata={WIRE_NAME: "neg_prompt"})
    aspect_ratio: str | None = field(default=None, converter=to_optional_aspect_ratio)
    seed: int | None = field(default=None, converter=to_any_seed)
    steps: int | None = field(default=None, converter=to_any_steps)
    generation_bias: float | None = field(default=None, converter=to_generation_bias)
    artistic_noise: float | None = field(default=None, converter=to_artistic_noise)
    aesthetics_weight: float | None = field(default=None, converter=to_aesthetics_weight)
