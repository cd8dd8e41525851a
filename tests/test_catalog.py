"""The vendor's facts as data: consistent in themselves, and equal to what the pages say."""

from __future__ import annotations

import pytest

from imagine_async import catalog
from imagine_async.catalog import (
    ENDPOINTS,
    ERROR_CODES,
    PRICES,
    SOURCES,
    V1_ENDPOINTS,
    VIDEO_CODES,
    VIDEO_DELETE_PATHS,
    VIDEO_ENDPOINTS,
    VIDEO_STATES,
    VIDEO_STATUS_PATHS,
    AspectRatio,
    Endpoint,
    Invented,
    Style,
    V1AspectRatio,
    V1Style,
    VideoAspectRatio,
    VideoState,
)

ALL = (*ENDPOINTS, *VIDEO_ENDPOINTS, *V1_ENDPOINTS)
every_endpoint = pytest.mark.parametrize("endpoint", ALL, ids=lambda endpoint: endpoint.name)


def test_endpoints_are_unique() -> None:
    """No two endpoints share a name or a path."""
    assert (len(ENDPOINTS), len(VIDEO_ENDPOINTS), len(V1_ENDPOINTS)) == (8, 4, 6)
    assert len({endpoint.name for endpoint in ALL}) == len({endpoint.path for endpoint in ALL}) == 18


def test_every_endpoint_is_listed() -> None:
    """Every endpoint of the module stands in the list."""
    assert set(ALL) == {item for item in vars(catalog).values() if isinstance(item, Endpoint)}


@every_endpoint
def test_paths(endpoint: Endpoint) -> None:
    """Every path begins with the version and ends without a slash."""
    assert endpoint.path.startswith("/v1/imagine/api/" if endpoint.name.startswith("v1.") else "/v2/")
    assert not endpoint.path.endswith("/")


@every_endpoint
def test_sources_exist(endpoint: Endpoint) -> None:
    """Every endpoint names where its facts come from."""
    assert endpoint.source in SOURCES


@every_endpoint
def test_fields_are_unique_and_found(endpoint: Endpoint) -> None:
    """A field is found by its name, and an unknown one is not."""
    assert [endpoint.field(known.name) for known in endpoint.fields] == list(endpoint.fields)
    assert endpoint.field("nonsense") is None


@every_endpoint
def test_defaults_are_allowed(endpoint: Endpoint) -> None:
    """A default is one of the documented values, where those are listed."""
    for known in endpoint.fields:
        assert known.default is None or not known.allowed or known.default in known.allowed


@every_endpoint
def test_defaults_are_in_range(endpoint: Endpoint) -> None:
    """A default number lies within the documented bounds."""
    for known in endpoint.fields:
        if known.default is not None and known.low is not None and known.high is not None:
            assert known.low <= float(known.default) <= known.high


@every_endpoint
def test_only_what_costs_nothing_has_no_form(endpoint: Endpoint) -> None:
    """Calls that make something are paid posts with a form; questions and deletions are neither."""
    assert endpoint.paid == bool(endpoint.fields) == (endpoint.method == "POST")


@every_endpoint
def test_sandbox_has_a_price(endpoint: Endpoint) -> None:
    """The sandbox knows what to charge for every call that costs something, and only for those."""
    assert (endpoint.name in Invented.PRICES) == endpoint.paid


def test_documented_prices() -> None:
    """The price list is the billing page's, no more and no less: `sdxl-1.0` is not in it."""
    assert dict(PRICES) == {
        "text_to_image/imagine-turbo": 1,
        "text_to_image/anime": 5,
        "text_to_image/realistic": 5,
        "text_to_image/flux-schnell": 5,
        "text_to_image/flux-dev-fast": 5,
        "text_to_image/flux-dev": 15,
    }


def test_invented_prices_change_no_documented_one() -> None:
    """What we made up stands beside what the vendor says and never over it."""
    assert PRICES.items() <= Invented.PRICES.items()


def test_prices_are_of_styles_that_exist() -> None:
    """Every priced style is one that the reference lists."""
    assert {key.partition("/")[2] for key in PRICES} == set(Style) - {Style.SDXL}


@pytest.mark.parametrize("ratio", AspectRatio, ids=str)
def test_sizes_fit_their_ratios(ratio: AspectRatio) -> None:
    """Every sandbox size is near its ratio; the usual sizes are multiples of 64 and so up to 4 % off."""
    across, down = map(int, ratio.split(":"))
    width, height = Invented.SIZES[ratio]
    assert width / height == pytest.approx(across / down, rel=0.04)
    assert width % 64 == height % 64 == 0


def test_every_ratio_has_a_size() -> None:
    """The sandbox can make every documented ratio and no other."""
    assert set(Invented.SIZES) == set(AspectRatio)


def test_error_codes_stand_under_their_own_number() -> None:
    """The table is keyed by the code, and holds the documented block and the two of the samples."""
    assert all(code == row.code for code, row in ERROR_CODES.items())
    assert set(ERROR_CODES) == {*range(1000, 1008), 1100, 1101, 1103, 1200, 1201, 1202, 1208}
    assert {row.code for row in ERROR_CODES.values() if row.status_inferred} == {1103, 1208}


@pytest.mark.parametrize("table", [SOURCES, PRICES, ERROR_CODES, Invented.PRICES, Invented.SIZES])
def test_tables_are_read_only(table: object) -> None:
    """Nobody can change the vendor's word for everybody else in the process."""
    assert not hasattr(table, "__setitem__")


def test_paths_of_video_jobs() -> None:
    """Three paths are documented for the status, and the endpoints name the likeliest first."""
    assert VIDEO_STATUS_PATHS == ("/v2/video/{id}/status", "/v2/assets/{id}/status", "/v2/video/status/{id}")
    assert VIDEO_DELETE_PATHS[0] == "/v2/video/delete/{id}"


def test_states_of_video_jobs() -> None:
    """Every word and number stands for one of the three states, and each state has a word."""
    assert set(VIDEO_STATES.values()) == set(VideoState)
    assert all(word == word.lower() for word in VIDEO_STATES)
    assert VIDEO_CODES[2] is VideoState.DONE


def test_styles_and_ratios_of_v1() -> None:
    """The ids of the vendor's page and clients, and eleven ratios; videos have three."""
    assert {21, *range(26, 35), *range(100, 106), *range(110, 120)} <= {int(style) for style in V1Style}
    assert (len(V1AspectRatio), len(VideoAspectRatio)) == (11, 3)
