"""What headers say of a rate limit, however odd they are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.quota import Quota, quota_from_headers

NOW = 1_795_521_600.0


@pytest.mark.parametrize(
    ("limit", "remaining", "reset", "found"),
    [
        ("50", "49", "60", Quota(50, 49, 60)),
        ("50", None, None, Quota(50)),
        (None, "0", None, Quota(None, 0)),
        (None, None, "0.5", Quota(None, None, 0.5)),
        ("50, 50;window=60", "49;w=60", "7", Quota(50, 49, 7)),
        ("50", "0", str(NOW + 30), Quota(50, 0, 30)),
        ("50", "0", str(NOW - 30), Quota(50, 0, 0)),
        ("0", "-1", "-5", None),
        ("many", "", "soon", None),
        ("nan", "inf", "-inf", None),
        (None, None, None, None),
        ("1e400", "5", "", Quota(None, 5)),
    ],
    ids=str,
)
def test_headers(limit: str | None, remaining: str | None, reset: str | None, found: Quota | None) -> None:
    """Numbers are read, moments turned into stretches, and nonsense passed over."""
    names = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
    headers = {name: value for name, value in zip(names, (limit, remaining, reset), strict=True) if value is not None}
    assert quota_from_headers(headers, now=NOW) == found


@settings(deadline=None)
@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_wild_headers(limit: str, remaining: str, reset: str) -> None:
    """Nothing that a server may send breaks the reader, and what it reads is in range."""
    found = quota_from_headers(
        {"x-ratelimit-limit": limit, "x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset}, now=NOW
    )
    if found is not None:
        assert found.limit is None or found.limit >= 1
        assert found.remaining is None or found.remaining >= 0
        assert found.reset is None or found.reset >= 0
