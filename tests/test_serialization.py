"""Requests as plain data and back: every class, every form of picture, through cattrs and JSON."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.catalog import ENDPOINTS, V1_ENDPOINTS, VIDEO_ENDPOINTS
from imagine_async.errors import ImagineError, InvalidRequestError
from imagine_async.inputs import BytesSource, FileSource, PathSource, RowOutput, StreamSource, UrlSource
from imagine_async.requests import Request, TextToImage, Upscale
from imagine_async.serialization import REQUEST_CLASSES, make_converter, request_from_dict, request_to_dict
from tests.pictures import variety

PNG = variety("png")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "prompt": TEXTS,
    "style": TEXTS,
    "aspect_ratio": TEXTS,
    "seed": st.none() | st.integers(1, 10**20),
    "extra": st.dictionaries(TEXTS.map(lambda text: f"x-{text}"), TEXTS | st.integers() | st.floats(), max_size=3),
    "image": st.sampled_from([PNG, bytearray(PNG), "https://example.com/fox.png?a=b"]),
    "mask": st.sampled_from([PNG, "https://example.com/mask.png"]),
    "negative_prompt": st.none() | TEXTS,
    "cfg": st.none() | st.floats(3, 15),
    "steps": st.none() | st.integers(30, 50),
    "style_id": st.sampled_from([21, 29]),
    "dialect": st.sampled_from(["javascript", "python"]),
}


def requests() -> st.SearchStrategy[Request[Any]]:
    """Any request of any class; fields that the table above does not know keep their defaults."""
    return st.sampled_from(list(REQUEST_CLASSES.values())).flatmap(_of_class)


def _of_class(cls: type[Request[Any]]) -> st.SearchStrategy[Request[Any]]:
    fields = {item.alias: VALUES[item.alias] for item in attrs.fields(cls) if item.alias in VALUES}
    return st.builds(cls, **fields)


def test_every_paid_endpoint_is_there() -> None:
    """Whatever costs something can be queued."""
    paid = {endpoint.name for endpoint in (*ENDPOINTS, *V1_ENDPOINTS, *VIDEO_ENDPOINTS) if endpoint.paid}
    assert set(REQUEST_CLASSES) == paid


@settings(deadline=None)
@given(requests())
def test_round_trip(request: Request[Any]) -> None:
    """Through plain data and JSON text, the request comes back equal, with the same form."""
    text = json.dumps(request_to_dict(request))
    again = request_from_dict(json.loads(text))
    assert again == request
    assert list(again.form()) == list(request.form())


@settings(deadline=None)
@given(requests())
def test_round_trip_through_cattrs(request: Request[Any]) -> None:
    """A cattrs converter does the same, also within classes of a user's own."""

    @attrs.frozen
    class Row:
        id: int
        request: Request[Any]

    converter = make_converter()
    row = converter.unstructure(Row(7, request))
    assert converter.structure(json.loads(json.dumps(row)), Row) == Row(7, request)
    assert converter.structure(request_to_dict(request), type(request)) == request


def test_forms_of_pictures(tmp_path: Path) -> None:
    """A file travels by path, a URL by URL, everything else by its bytes."""
    path = tmp_path / "fox.png"
    path.write_bytes(PNG)
    file = BytesIO(b"before" + PNG)
    file.seek(6)
    expected: list[tuple[Any, type, str]] = [
        (path, PathSource, "path"),
        ("https://example.com/fox.png", UrlSource, "url"),
        (PNG, BytesSource, "base64"),
        (file, FileSource, "base64"),
    ]
    for form, kind, key in expected:
        request = Upscale(image=form)
        assert isinstance(request.image, kind)
        data = request_to_dict(request)
        assert list(data["image"]) == [key]
        again = request_from_dict(data)
        assert isinstance(again, Upscale)
        assert not isinstance(again.image, (RowOutput, StreamSource))
        assert isinstance(again.image, UrlSource) or again.image.read() == PNG


def test_streams_cannot_travel() -> None:
    """What can be read but once is refused by name."""

    async def pieces() -> AsyncIterator[bytes]:
        yield PNG

    with pytest.raises(InvalidRequestError, match="image="):
        request_to_dict(Upscale(image=pieces()))


WRONG: dict[str, Any] = {
    "no mapping": [],
    "nothing": {},
    "unknown endpoint": {"endpoint": "text_to_song", "prompt": "a fox"},
    "unknown field": {"endpoint": "text_to_image", "prompt": "a fox", "stile": "anime"},
    "missing field": {"endpoint": "text_to_image"},
    "bad value": {"endpoint": "text_to_image", "prompt": "a fox", "seed": 0},
    "bad base64": {"endpoint": "upscale", "image": {"base64": "!"}},
    "no picture": {"endpoint": "upscale", "image": {"base64": "AAAA"}},
    "odd picture": {"endpoint": "upscale", "image": {"path": "a", "url": "b"}},
    "missing file": {"endpoint": "upscale", "image": {"path": "/no/such/file.png"}},
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_wrong_data(data: Any) -> None:
    """Data that is none of a request is refused by the field's name."""
    with pytest.raises(InvalidRequestError):
        request_from_dict(data)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["endpoint", "prompt", "image", "seed", "extra", "style"]),
        st.none() | st.text() | st.integers() | st.dictionaries(st.sampled_from(["path", "url", "base64"]), st.text()),
    )
)
def test_any_data_is_a_request_or_an_error(data: dict[str, Any]) -> None:
    """Whatever stands in a queue, there is a request or an error of the SDK."""
    data.setdefault("endpoint", "upscale")
    try:
        assert isinstance(request_from_dict(data), Request)
    except ImagineError:
        return


def test_nothing_superfluous() -> None:
    """What is not set is not written."""
    assert request_to_dict(TextToImage(prompt="a fox", style="anime")) == {
        "endpoint": "text_to_image",
        "prompt": "a fox",
        "style": "anime",
        "aspect_ratio": "1:1",
    }
