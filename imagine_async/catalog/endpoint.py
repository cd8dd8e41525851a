"""What is known of one call of the API."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

__all__ = ["Endpoint", "FormField"]


@frozen
class FormField:
    """One part of an endpoint's multipart form.

    Args:
        name: The part's name on the wire.
        kind: What the part carries.
        required: Whether the API refuses a form without it.
        allowed: The documented values; empty where nothing is listed.
        default: What the API takes when the part is missing, as wire text.
        low: The smallest documented number.
        high: The largest documented number.
    """

    name: str
    kind: Literal["text", "integer", "number", "file"] = "text"
    required: bool = False
    allowed: tuple[str, ...] = ()
    default: str | None = None
    low: float | None = None
    high: float | None = None


@frozen
class Endpoint:
    """One call of the API.

    Args:
        name: The name of the SDK's method, for example `text_to_image`; those of v1 begin with `v1.`.
        path: The path below the host's root.
        fields: The parts of the form; none for calls without a body.
        reply: What comes back: the format of a picture that callers were seen to get, or `job` for JSON about a video.
        source: A key of `SOURCES`.
        summary: What the endpoint does, in one line.
        method: The HTTP method.
        paid: Whether it costs tokens; only such calls are booked.
    """

    name: str
    path: str
    fields: tuple[FormField, ...]
    reply: Literal["jpeg", "png", "job"]
    source: str
    summary: str
    method: Literal["GET", "POST", "DELETE"] = "POST"
    paid: bool = True

    def field(self, name: str) -> FormField | None:
        """Look up a part of the form by its wire name.

        Args:
            name: The part's name.

        Returns:
            The field, or `None` where the endpoint has no such part.
        """
        return next((known for known in self.fields if known.name == name), None)
