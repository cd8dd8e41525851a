"""The endpoints of v1, the first generation of the API, which takes `style_id`."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from imagine_async.catalog.endpoint import Endpoint, FormField

__all__ = [
    "V1_ENDPOINTS",
    "V1_GENERATIONS",
    "V1_GUIDED",
    "V1_INPAINT",
    "V1_REMIX",
    "V1_UPSCALE",
    "V1_VARIATIONS",
    "V1AspectRatio",
    "V1Control",
    "V1Style",
]

_ROOT = "/v1/imagine/api"


class V1Style(IntEnum):
    """Style ids of v1; any other number is accepted.

    21 and 26 to 34 stand on the vendor's page of text to image, 100 to 119 in its clients only, 122 is what callers
    were seen to use. 34 and 122 have no name anywhere. Remix takes 21, 22 and 29; inpaint, guided and the model of
    upscale are numbered 1.
    """

    BASIC = 1
    ANIME = 21
    REMIX_IMAGINE_V1 = 22
    PORTRAIT = 26
    IMAGINE_V1 = 27
    IMAGINE_V3 = 28
    REALISTIC = 29
    IMAGINE_V4 = 30
    IMAGINE_V4_CREATIVE = 31
    IMAGINE_V4_1 = 32
    IMAGINE_V5 = 33
    UNNAMED_34 = 34
    DELIBERATE = 100
    MAGIC_MIX = 101
    DISNEY = 102
    ABYSS_ORANGE_MIX = 103
    LYRIEL = 104
    RPG_4 = 105
    REALISTIC_VISION = 110
    DREAM_SHAPER = 111
    REV_ANIMATED = 112
    TOON_YOU = 113
    UNREAL_ENGINE_5 = 114
    EPIC_REALISM = 115
    MEINA_MIX = 116
    XX_MIX_9_REALISTIC = 117
    THREE_D_RENDERING = 118
    ABSOLUTE_REALITY_V1_6 = 119
    UNNAMED_122 = 122


class V1AspectRatio(StrEnum):
    """Aspect ratios, width to height, of text to image in v1; any string is accepted."""

    SQUARE = "1:1"
    LANDSCAPE_4_3 = "4:3"
    PORTRAIT_3_4 = "3:4"
    LANDSCAPE_3_2 = "3:2"
    PORTRAIT_2_3 = "2:3"
    WIDE_16_9 = "16:9"
    TALL_9_16 = "9:16"
    LANDSCAPE_5_4 = "5:4"
    PORTRAIT_4_5 = "4:5"
    PORTRAIT_8_10 = "8:10"
    BANNER_3_1 = "3:1"


class V1Control(StrEnum):
    """What a remix keeps of its picture."""

    OPENPOSE = "openpose"
    SCRIBBLE = "scribble"
    CANNY = "canny"
    LINEART = "lineart"
    DEPTH = "depth"


_PROMPT = FormField("prompt", required=True)
_IMAGE = FormField("image", "file", required=True)
_MASK = FormField("mask", "file", required=True)
_NEGATIVE = FormField("negative_prompt")
_CFG = FormField("cfg", "number", default="7.5", low=3, high=15)
_SEED = FormField("seed", "integer")
_STEPS = FormField("steps", "integer", low=30, high=50)
_RATIO = FormField("aspect_ratio", allowed=tuple(V1AspectRatio), default="1:1")
_STYLE = FormField("style_id", "integer", default="27")
_REMIX_RATIOS = ("1:1", "9:16", "16:9", "4:3", "3:2")

V1_GENERATIONS = Endpoint(
    "v1.generations",
    f"{_ROOT}/generations",
    (
        _PROMPT,
        _STYLE,
        _RATIO,
        _NEGATIVE,
        _CFG,
        _SEED,
        _STEPS,
        FormField("high_res_results", "integer", allowed=("0", "1"), default="0"),
    ),
    "png",
    "v1 pages",
    "Make a picture from a prompt.",
)
V1_VARIATIONS = Endpoint(
    "v1.variations",
    f"{_ROOT}/generations/variations",
    (
        _PROMPT,
        _IMAGE,
        _STYLE,
        _RATIO,
        _SEED,
        FormField("strength", "number", default="0.85", low=0, high=1),
        FormField("steps", "integer"),
        _CFG,
        _NEGATIVE,
    ),
    "png",
    "v1 pages",
    "Make another picture in the likeness of one.",
)
V1_REMIX = Endpoint(
    "v1.remix",
    f"{_ROOT}/edits/remix",
    (
        _PROMPT,
        _IMAGE,
        FormField("style_id", "integer", allowed=("21", "22", "29"), default="22"),
        FormField("control", allowed=tuple(V1Control), default="openpose"),
        FormField("strength", "integer", default="0", low=0, high=100),
        _SEED,
        _STEPS,
        _CFG,
        _NEGATIVE,
        FormField("aspect_ratio", allowed=_REMIX_RATIOS, default="1:1"),
    ),
    "png",
    "v1 pages",
    "Make a picture that keeps the pose, edges or depth of one.",
)
V1_INPAINT = Endpoint(
    "v1.inpaint",
    f"{_ROOT}/edits/inpaint",
    (
        _PROMPT,
        _IMAGE,
        _MASK,
        FormField("model_version", "integer", allowed=("1",)),
        # Only the JavaScript client sends these.
        FormField("style_id", "integer"),
        FormField("cfg", "number", low=3, high=15),
        FormField("neg_prompt"),
        FormField("inpaint_strength", "number"),
    ),
    "png",
    "v1 pages",
    "Paint what the prompt says where the mask is white.",
)
V1_UPSCALE = Endpoint(
    "v1.upscale",
    f"{_ROOT}/upscale",
    (_IMAGE, FormField("model_version", "integer", allowed=("1",))),
    "png",
    "v1 SDKs",
    "Make a picture larger and sharper.",
)
V1_GUIDED = Endpoint(
    "v1.guided",
    f"{_ROOT}/generations/guided",
    (
        _PROMPT,
        _IMAGE,
        FormField("style_id", "integer", default="1"),
        FormField("neg_prompt"),
        FormField("aspect_ratio", default="1:1"),
        _SEED,
        FormField("steps", "integer", default="20"),
        FormField("generation_bias", "number", default="1.2", low=0.2, high=1.2),
        FormField("artistic_noise", "number", default="0.2", low=0.1, high=0.2),
        FormField("aesthetics_weight", "number", default="0.6", low=0.4, high=1.0),
    ),
    "png",
    "v1 pages",
    "Alter a picture by a prompt.",
)

V1_ENDPOINTS: tuple[Endpoint, ...] = (
    V1_GENERATIONS,
    V1_VARIATIONS,
    V1_REMIX,
    V1_INPAINT,
    V1_UPSCALE,
    V1_GUIDED,
)
