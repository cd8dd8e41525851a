"""Places for sinks, and the servers behind them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch.sinks.places import KINDS, Place, place_of
from tests.s3_server import S3Server, s3_server


@pytest.fixture(scope="session")
def bucket_server() -> Iterator[S3Server]:
    """Run one S3 server for all tests."""
    with s3_server() as server:
        yield server


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Make a place of every kind; the server starts only where it is needed."""
    return place_of(request.param, tmp_path / "out", lambda: request.getfixturevalue("bucket_server"))
