"""The forms of all endpoints that cost tokens."""

from __future__ import annotations

from functools import cache

from attrs import frozen

from imagine_async.catalog import ENDPOINTS, V1_ENDPOINTS, VIDEO_ENDPOINTS, Endpoint
from imagine_async.sandbox.resizing import RESIZE_WITH_SIZE
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.studio.controls import Control, control
from imagine_async.sandbox.studio.words import title

__all__ = ["EndpointForm", "Group", "form_groups", "prices"]

_AT_HAND = ("prompt", "image", "file", "mask", "style", "aspect_ratio", "seed")


@frozen(kw_only=True)
class EndpointForm:
    """The form of one endpoint.

    Args:
        endpoint: The endpoint.
        id: The element's id.
        title: Its name for people.
        method: What the SDK's client calls it.
        controls: Its inputs.
    """

    endpoint: Endpoint
    id: str
    title: str
    method: str
    controls: tuple[Control, ...]

    @property
    def main_controls(self) -> tuple[Control, ...]:
        """The inputs that most callers need."""
        return tuple(known for known in self.controls if _is_at_hand(known))

    @property
    def further_controls(self) -> tuple[Control, ...]:
        """The inputs that most callers leave alone."""
        return tuple(known for known in self.controls if not _is_at_hand(known))


@frozen
class Group:
    """Forms that belong together.

    Args:
        title: What they are.
        forms: The forms.
    """

    title: str
    forms: tuple[EndpointForm, ...]


@cache
def form_groups() -> tuple[Group, ...]:
    """Return the forms of all endpoints that cost tokens."""
    return (
        Group("Pictures", _forms(ENDPOINTS)),
        Group("Videos", _forms(VIDEO_ENDPOINTS)),
        Group("First generation (v1)", _forms(V1_ENDPOINTS)),
    )


def prices(form: EndpointForm, settings: SandboxSettings) -> dict[str, int]:
    """Return the tokens of a call by style; the empty style stands for any other.

    Args:
        form: The endpoint's form.
        settings: What is charged.
    """
    prefix = f"{form.endpoint.name}/"
    by_style = {
        name.removeprefix(prefix): tokens for name, tokens in settings.prices.items() if name.startswith(prefix)
    }
    return {"": settings.price(form.endpoint, None), **by_style}


def _forms(endpoints: tuple[Endpoint, ...]) -> tuple[EndpointForm, ...]:
    return tuple(_form(endpoint) for endpoint in endpoints if endpoint.paid)


def _form(endpoint: Endpoint) -> EndpointForm:
    served = RESIZE_WITH_SIZE if endpoint.name == RESIZE_WITH_SIZE.name else endpoint
    return EndpointForm(
        endpoint=served,
        id=served.name.replace(".", "-"),
        title=title(served.name),
        method="generate_video" if served.reply == "job" else served.name,
        controls=tuple(control(served, field) for field in served.fields),
    )


def _is_at_hand(known: Control) -> bool:
    return known.field.required or known.field.name in _AT_HAND
