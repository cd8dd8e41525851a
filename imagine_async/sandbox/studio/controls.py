"""The inputs of the forms, made from the fields of the catalog."""

from __future__ import annotations

from attrs import frozen

from imagine_async.catalog import AI_RESIZE, Endpoint, FormField, V1Style, VideoStyle
from imagine_async.sandbox.resizing import RESIZE_WITH_SIZE
from imagine_async.sandbox.studio.words import field_title

__all__ = ["Control", "control"]

# What the SDK calls the fields whose name on the wire is another.
_ARGUMENTS = {"neg_prompt": "negative_prompt", "file": "image"}
_LONG_TEXTS = ("prompt", "negative_prompt", "neg_prompt")
_SWITCH = ("0", "1")
_FIRST_VIDEO_STYLE = VideoStyle.KLING_1_5.value


@frozen(kw_only=True)
class Control:
    """One input.

    Args:
        field: The field that it fills.
        id: The element's id.
        title: Its label.
        kind: What is filled in: `long_text`, `text`, `integer`, `number`, `choice`, `switch`, `file` or `mask`.
        argument: What the SDK's method calls it; empty where it has to go through `extra`.
        value: What stands there at first.
        suggestions: Known values, of which any other is possible.
    """

    field: FormField
    id: str
    title: str
    kind: str
    argument: str
    value: str = ""
    suggestions: tuple[tuple[str, str], ...] = ()

    @property
    def is_numeric(self) -> bool:
        """Whether it takes a number that is typed."""
        return self.kind in ("integer", "number")

    @property
    def hint(self) -> str:
        """What helps to fill it in."""
        return " ".join(filter(None, (self._bounds(), self._default())))

    def _bounds(self) -> str:
        low, high = self.field.low, self.field.high
        return "" if low is None or high is None else f"{low:g} to {high:g}."

    def _default(self) -> str:
        if self.field.name == "seed":
            return "Drawn at random if empty."
        typed = self.kind in ("text", "integer", "number") and not self.value
        return f"{self.field.default} if empty." if typed and self.field.default is not None else ""


def control(endpoint: Endpoint, field: FormField) -> Control:
    """Make the input of a field.

    Args:
        endpoint: The endpoint.
        field: One of its fields.
    """
    is_video_style = endpoint.reply == "job" and field.name == "style"
    return Control(
        field=field,
        id=f"{endpoint.name.replace('.', '-')}-{field.name}",
        title=field_title(field.name),
        kind=_kind(field),
        argument=_argument(endpoint, field),
        value=_FIRST_VIDEO_STYLE if is_video_style else (field.default or "") if field.allowed else "",
        suggestions=_video_styles() if is_video_style else _v1_styles() if field.name == "style_id" else (),
    )


def _kind(field: FormField) -> str:
    if field.kind == "file":
        return "mask" if field.name == "mask" else "file"
    if field.allowed:
        return "switch" if field.allowed == _SWITCH else "choice"
    return "long_text" if field.name in _LONG_TEXTS else field.kind


def _argument(endpoint: Endpoint, field: FormField) -> str:
    """Leave the parts of AI Resize that are the sandbox's own to `extra`: the SDK does not know them."""
    if endpoint.name == RESIZE_WITH_SIZE.name and AI_RESIZE.field(field.name) is None:
        return ""
    return _ARGUMENTS.get(field.name, field.name)


def _video_styles() -> tuple[tuple[str, str], ...]:
    return tuple((style.value, "") for style in VideoStyle)


def _v1_styles() -> tuple[tuple[str, str], ...]:
    return tuple((str(style.value), style.name.replace("_", " ").capitalize()) for style in V1Style)
