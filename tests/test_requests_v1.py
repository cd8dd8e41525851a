"""The six requests of v1: what each puts on the wire in either dialect, and that it never changes."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest

from imagine_async import catalog
from imagine_async.catalog import DIALECTS, Dialect
from imagine_async.inputs import BytesSource
from imagine_async.requests_v1 import (
    V1Generations,
    V1Guided,
    V1Inpaint,
    V1Remix,
    V1Request,
    V1Upscale,
)
from tests.pictures import encode
from tests.v1_samples import (
    OURS,
    PNG,
    REQUESTS,
    VALUES,
    argument,
    build,
    every_dialect,
    every_request,
    part,
    refusal,
    wire,
)

OTHER_SIZE = encode("PNG", size=(61, 44))


def test_every_endpoint_has_a_request() -> None:
    """The catalog's endpoints of v1 and the request classes belong together, one to one."""
    assert {cls: cls.endpoint for cls in V1Request.__subclasses__()} == REQUESTS
    assert set(REQUESTS.values()) == set(catalog.V1_ENDPOINTS)


@every_dialect
@every_request
def test_form_is_the_catalogs(cls: type[V1Request], dialect: Dialect) -> None:
    """With every argument given, the parts are those of the catalog, with the values given, in either dialect."""
    form = wire(build(cls, dialect=dialect))
    assert set(form) == {known.name for known in REQUESTS[cls].fields}
    for name, value in form.items():
        meant = VALUES[argument(name)]
        if isinstance(value, BytesSource):
            assert value.content == meant
        else:
            assert value == str(int(meant) if isinstance(meant, bool) else meant)


@every_dialect
@every_request
def test_required_parts_are_always_sent(cls: type[V1Request], dialect: Dialect) -> None:
    """With as few arguments as possible, only what is required, the style and what the dialect adds goes out."""
    form = wire(build(cls, all_fields=False, dialect=dialect))
    required = {known.name for known in REQUESTS[cls].fields if known.required}
    assert required <= set(form)
    assert set(form) - required - {"style_id"} == set(dialect.unasked(REQUESTS[cls])) - {"style_id"}


@every_dialect
@every_request
def test_kinds_of_parts_are_the_catalogs(cls: type[V1Request], dialect: Dialect) -> None:
    """Files go as pictures, everything else as text."""
    for name, value in build(cls, dialect=dialect).form():
        known = REQUESTS[cls].field(name)
        assert known is not None
        assert isinstance(value, str) is (known.kind != "file")


@every_dialect
@every_request
def test_parts_go_in_the_order_of_the_arguments(cls: type[V1Request], dialect: Dialect) -> None:
    """The form has the order in which the arguments are documented, `extra` last, each part once."""
    request = build(cls, dialect=dialect, extra={"zeta": 1, "alpha": 2})
    arguments = [part(cls, each.name) for each in attrs.fields(cls) if each.name not in OURS]
    assert [name for name, _ in request.form()] == [*arguments, "zeta", "alpha"]


@every_dialect
@every_request
def test_form_can_be_made_again(cls: type[V1Request], dialect: Dialect) -> None:
    """Each attempt gets the same parts."""
    request = build(cls, dialect=dialect)
    assert list(request.form()) == list(request.form())


@every_dialect
@every_request
def test_path_and_header_are_the_dialects(cls: type[V1Request], dialect: Dialect) -> None:
    """Where the call goes, and how the key travels, is the dialect's."""
    request = build(cls, dialect=dialect)
    assert request.path == dialect.path(REQUESTS[cls])
    assert request.key_header == dialect.key_header


@every_request
def test_defaults_are_the_catalogs(cls: type[V1Request]) -> None:
    """What goes out where nothing is said is what the vendor documents."""
    for name, value in build(cls, all_fields=False).form():
        known = REQUESTS[cls].field(name)
        assert known is not None
        assert known.default in (None, value), (cls, name)


@every_dialect
@every_request
def test_what_is_asked_for_beats_the_dialect(cls: type[V1Request], dialect: Dialect) -> None:
    """A value that the caller gives goes out, whatever the dialect sends unasked."""
    form = wire(build(cls, dialect=dialect))
    for name, text in dialect.unasked(REQUESTS[cls]).items():
        assert form[name] not in (text, None)


@every_request
def test_none_is_not_sent(cls: type[V1Request]) -> None:
    """Every optional argument may be `None`, and then no part of its name goes out, unless the dialect sends it."""
    for each in attrs.fields(cls):
        if each.name not in OURS and each.default is not attrs.NOTHING and each.name != "high_res_results":
            changes: dict[str, Any] = {each.name: None}
            request = build(cls, **changes)
            assert part(cls, each.name) not in set(wire(request)) - set(request.dialect.unasked(REQUESTS[cls]))


@pytest.mark.parametrize(
    ("dialect", "asked", "sent"),
    [
        ("javascript", False, None),
        ("javascript", True, "1"),
        ("python", False, "0"),
        ("python", True, "1"),
    ],
)
def test_high_resolution(dialect: str, asked: bool, sent: str | None) -> None:
    """The JavaScript client mentions the high resolution only when it is wanted, the Python client always."""
    request = V1Generations(prompt="fox", high_res_results=asked, dialect=dialect)
    assert wire(request).get("high_res_results") == sent


@every_request
@pytest.mark.parametrize("value", ["ruby", None, 1, ["python"]], ids=repr)
def test_unknown_dialect_is_refused(cls: type[V1Request], value: Any) -> None:
    """A dialect that there is not is refused with those that there are."""
    error = refusal(cls, dialect=value)
    assert error.field == "dialect"
    assert "'javascript', 'python'" in error.advice


@every_request
@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialect_may_be_named(cls: type[V1Request], dialect: str) -> None:
    """A dialect's name stands for it, and makes the same request."""
    assert build(cls, dialect=dialect) == build(cls, dialect=DIALECTS[dialect])


@every_request
def test_dialect_stays_out_of_the_repr(cls: type[V1Request]) -> None:
    """The table does not clutter what a request says of itself."""
    assert "dialect" not in repr(build(cls, all_fields=False))


def test_mask_of_other_size_is_refused() -> None:
    """Mask and image must be of one size; the error tells both."""
    error = refusal(V1Inpaint, mask=OTHER_SIZE)
    assert error.field == "mask"
    assert "61x44" in str(error)
    assert "60x44" in str(error)


@pytest.mark.parametrize("name", ["image", "mask"])
@every_request
def test_bad_pictures_are_refused(cls: type[V1Request], name: str) -> None:
    """What is no picture is refused by the argument's name."""
    if name in attrs.fields_dict(cls):
        assert refusal(cls, **{name: b"no picture"}).field == name


@every_request
def test_extra_may_not_repeat_an_argument(cls: type[V1Request]) -> None:
    """A field that is an argument of its own is refused in `extra`, by its name there and on the wire."""
    for each in attrs.fields(cls):
        if each.name not in OURS:
            for name in {each.name, part(cls, each.name)}:
                error = refusal(cls, extra={name: "x"})
                assert error.field == f"extra[{name!r}]"
                assert f"{each.name}=" in error.advice


@every_request
def test_extra_is_passed_on(cls: type[V1Request]) -> None:
    """A field that the SDK does not know goes out as it is."""
    assert wire(build(cls, extra={"samples": 2}))["samples"] == "2"


@every_request
def test_seeded(cls: type[V1Request]) -> None:
    """A missing seed is chosen where the endpoint has one, and the rest of the request stays, dialect included."""
    changes: dict[str, Any] = {"seed": None} if "seed" in attrs.fields_dict(cls) else {}
    request = build(cls, dialect="python", **changes)
    seeded: Any = request.seeded()
    assert seeded.dialect.name == "python"
    assert [part for part in seeded.form() if part[0] != "seed"] == list(request.form())
    assert ("seed" in wire(seeded)) is (REQUESTS[cls].field("seed") is not None)


@pytest.mark.parametrize(
    ("request_", "keys"),
    [
        (V1Generations(prompt="fox"), ("v1.generations/27", "v1.generations")),
        (V1Generations(prompt="fox", style_id=None), ("v1.generations",)),
        (V1Generations(prompt="fox", style_id=33), ("v1.generations/33", "v1.generations")),
        (V1Remix(prompt="fox", image=PNG), ("v1.remix/22", "v1.remix")),
        (V1Guided(prompt="fox", image=PNG), ("v1.guided/1", "v1.guided")),
        (V1Inpaint(prompt="fox", image=PNG, mask=PNG), ("v1.inpaint/1", "v1.inpaint")),
        (V1Inpaint(prompt="fox", image=PNG, mask=PNG, dialect="python"), ("v1.inpaint",)),
        (V1Upscale(image=PNG), ("v1.upscale",)),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_price_keys(request_: V1Request, keys: tuple[str, ...]) -> None:
    """The most exact price comes first: by endpoint and the number of the style that is sent, then by endpoint."""
    assert request_.price_keys == keys


@every_dialect
@every_request
def test_requests_travel_and_can_be_keys(cls: type[V1Request], dialect: Dialect) -> None:
    """A request can be pickled, hashed, and compared."""
    request = build(cls, dialect=dialect)
    assert pickle.loads(pickle.dumps(request)) == request
    assert len({request, build(cls, dialect=dialect)}) == 1


@every_request
def test_requests_are_frozen(cls: type[V1Request]) -> None:
    """A request cannot be changed once it was checked."""
    request: Any = build(cls)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        request.dialect = None
