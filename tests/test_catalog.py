"""The vendor's facts as data: consistent in themselves, and equal to what the pages say."""

from __future__ import annotations

import pytest

from imagine_async import catalog
from imagine_async.catalog import ENDPOINTS, ERROR_CODES, PRICES, SOURCES, AspectRatio, Endpoint, Invented, Style

every_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


def test_endpoints_are_unique() -> None:
    """No two endpoints share a name or a path."""
    assert len({endpoint.name for endpoint in ENDPOINTS}) == len(ENDPOINTS) == 8
    assert len({endpoint.path for endpoint in ENDPOINTS}) == 8


def test_every_endpoint_is_listed() -> None:
    """Every endpoint of the module stands in the list."""
    assert set(ENDPOINTS) == {item for item in vars(catalog).values() if isinstance(item, Endpoint)}


@every_endpoint
def test_paths(endpoint: Endpoint) -> None:
    """Every path begins with the version and ends without a slash."""
    assert endpoint.path.startswith("/v2/image/")
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
        assert known.default is None or known.default in known.allowed


@every_endpoint
def test_sandbox_has_a_price(endpoint: Endpoint) -> None:
    """The sandbox knows what to charge for every endpoint."""
    assert Invented.PRICES[endpoint.name] > 0


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
