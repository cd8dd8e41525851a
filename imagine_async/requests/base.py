"""What every request has: an endpoint, a form, and fields that the SDK does not know.

A bad value is refused where the request is made, before anything is sent.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import anyio.to_thread
import attrs
from attrs import field, frozen

from imagine_async.catalog import Endpoint
from imagine_async.errors import InvalidRequestError
from imagine_async.fields import to_extra

if TYPE_CHECKING:
    from imagine_async.inputs import AnySource, Unresolved
    from imagine_async.results import Image  # noqa: F401 - named in a string below

__all__ = ["ImageRequest", "ImageRequestT", "Request", "RequestT", "ResultT", "built_off_the_loop", "check_same_size"]

ResultT = TypeVar("ResultT", covariant=True)
RequestT = TypeVar("RequestT", bound="Request[Any]")
ImageRequestT = TypeVar("ImageRequestT", bound="ImageRequest")

_LARGEST_CHOSEN_SEED = 2**31 - 1


@frozen(kw_only=True)
class Request(Generic[ResultT]):
    """One call of the API; the type parameter is what comes back.

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

    @property
    def path(self) -> str:
        """The path below the host's root."""
        return self.endpoint.path

    @property
    def key_header(self) -> tuple[str, str]:
        """The header that carries the key, and what stands before the key in it."""
        return "authorization", "Bearer "

    def form(self) -> Iterator[tuple[str, str | AnySource]]:
        """Yield the parts of the multipart form: name, and text or picture."""
        cls: type = type(self)
        for name in _form_fields(cls):
            value = getattr(self, name)
            if value is not None:
                yield name, str(value) if isinstance(value, (str, int, float)) else _picture_or_text(value)
        yield from self.extra.items()

    def unresolved(self) -> Iterator[tuple[str, Unresolved]]:
        """Yield the fields that hold a URL, a stream or a row's output, to be read before the form is sent."""
        pictures = self.pictures()
        if pictures:
            # Loaded on use, as below: many programs send no pictures.
            from imagine_async.inputs import UNRESOLVED

            for name, value in pictures:
                if isinstance(value, UNRESOLVED):
                    yield name, value

    def pictures(self) -> Sequence[tuple[str, AnySource]]:
        """Return the fields that hold a picture."""
        cls: type = type(self)
        names = _picture_fields(cls)
        return [(name, value) for name in names if (value := getattr(self, name)) is not None] if names else ()

    @property
    def billed_style(self) -> str | None:
        """The style that the price may depend on; `None` where the call has none."""
        style: str | None = getattr(self, "style", None)
        return style

    @property
    def price_keys(self) -> tuple[str, ...]:
        """The keys under which a price may stand, the most exact first."""
        style = self.billed_style
        exact = (f"{self.endpoint.name}/{style}",) if style else ()
        return (*exact, self.endpoint.name)

    def seeded(self: RequestT) -> RequestT:
        """Return a request that can be made again: where a seed is possible and missing, one is chosen."""
        if getattr(self, "seed", 0) is not None:
            return self
        cls: Any = type(self)
        # Not by `attrs.evolve`: everything else has been checked, and would be once more.
        seeded: RequestT = object.__new__(cls)
        for name in _all_fields(cls):
            object.__setattr__(seeded, name, getattr(self, name))
        object.__setattr__(seeded, "seed", 1 + secrets.randbelow(_LARGEST_CHOSEN_SEED))
        return seeded


def _picture_or_text(value: Any) -> str | AnySource:
    from imagine_async.inputs import UNRESOLVED, BytesSource, FileSource, PathSource, SpoolSource

    is_picture = isinstance(value, (BytesSource, PathSource, FileSource, SpoolSource, *UNRESOLVED))
    return value if is_picture else str(value)


@cache
def _all_fields(cls: Any) -> tuple[str, ...]:
    return tuple(attribute.name for attribute in attrs.fields(cls))


@cache
def _form_fields(cls: Any) -> tuple[str, ...]:
    return tuple(name for name in _all_fields(cls) if name != "extra")


@cache
def _picture_fields(cls: Any) -> tuple[str, ...]:
    # cattrs resolves the types of classes that it has met: from then on they are no longer called `AnySource`.
    return tuple(attribute.name for attribute in attrs.fields(cls) if "Source" in str(attribute.type))


@frozen(kw_only=True)
class ImageRequest(Request["Image"]):
    """A call that makes a picture.

    Args:
        extra: Further form fields by name.
    """


def check_same_size(image: AnySource, mask: AnySource) -> None:
    """See that a mask fits its picture; what is not read yet is checked when it is.

    Args:
        image: The picture.
        mask: The mask.

    Raises:
        InvalidRequestError: Their widths or heights differ.
    """
    from imagine_async.inputs import UNRESOLVED

    if isinstance(image, UNRESOLVED) or isinstance(mask, UNRESOLVED) or image.picture.size == mask.picture.size:
        return
    wanted, got = image.picture, mask.picture
    raise InvalidRequestError(
        "mask",
        f"{got.width}x{got.height}",
        f"the mask must have the image's size, {wanted.width}x{wanted.height} pixels",
    )


async def built_off_the_loop(build: Callable[[], RequestT]) -> RequestT:
    """Build a request in a worker thread, because looking into a file blocks.

    Args:
        build: Makes the request.

    Returns:
        The request.
    """
    return await anyio.to_thread.run_sync(build)
