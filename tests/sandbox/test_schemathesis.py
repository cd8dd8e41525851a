"""Schemathesis reads the description of a running sandbox, and asks it everything that can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from PIL import Image
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import checks

from imagine_async.catalog import AI_RESIZE, IMAGE_TO_VIDEO, TEXT_TO_VIDEO, V1_GENERATIONS
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from imagine_async.sandbox.openapi.document import describe
from tests.flat_engine import FlatEngine

if TYPE_CHECKING:
    from schemathesis.checks import CheckFunction

    Case = schemathesis.Case[Any]

TOKEN = "admin-token-of-the-tests"
SETTINGS = SandboxSettings(
    side=16, rate_limit=None, credits=None, admin_token=TOKEN, private=True, video_seconds=0, body_patience=2
)


def _coded(kind: str) -> bytes:
    target = BytesIO()
    Image.new("RGB", (8, 8)).save(target, kind)
    return target.getvalue()


# Of one size, because a mask must have that of its picture, which JSON Schema cannot say.
for kind in ("jpeg", "png", "webp"):
    schemathesis.openapi.media_type(f"image/{kind}", st.just(_coded(kind)))

api = schemathesis.openapi.from_dict(describe(SETTINGS))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    """Run one sandbox for the module, which asks for a key or the admin token everywhere but at the results."""
    with running_sandbox(SETTINGS, engine=FlatEngine()) as sandbox:
        yield sandbox


@api.parametrize()
@settings(
    max_examples=10,
    derandomize=True,
    database=None,
    deadline=None,
    # A case holds a picture, and one of the checks sends several requests.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
def test_sandbox_does_what_its_description_says(sandbox: RunningSandbox, case: Case) -> None:
    """Good and bad requests of every operation get the statuses, types, headers and bodies that are described."""
    case.call_and_validate(
        base_url=sandbox.base_url,
        headers=_credentials(sandbox, case.path),
        excluded_checks=list(_impossible(case)),
    )


def _credentials(sandbox: RunningSandbox, path: str) -> dict[str, str]:
    if path.startswith(("/_results", "/openapi.json")):
        return {}
    return {"Authorization": f"Bearer {sandbox.key if path.startswith(('/v1', '/v2')) else TOKEN}"}


def _impossible(case: Case) -> Iterator[CheckFunction]:
    """Name the checks that ask for something else than what the live service does, or what no schema can say."""
    path = case.path
    if isinstance(case.body, dict) and case.body.get("prompt") == "":
        # One of Schemathesis's own "valid" forms has files, and blanks in place of all texts that are required.
        yield checks.positive_data_acceptance
    if case.meta is not None and case.meta.is_negative_at(ParameterLocation.HEADER):
        # The test's own key stands in for the header that is missing or wrong.
        yield checks.negative_data_rejection
    if path.startswith("/v2"):
        # A request without a key gets 400; `test_openapi` looks at that.
        yield from (checks.ignored_auth, checks.missing_required_header)
    if path == V1_GENERATIONS.path:
        # A ratio that is not listed gets 500.
        yield schemathesis.checks.not_a_server_error
    if path in (TEXT_TO_VIDEO.path, IMAGE_TO_VIDEO.path):
        # To DELETE, their last part is the id of a video.
        yield checks.allow_header_conformance
    if path == AI_RESIZE.path:
        # No schema can say how large the product of width and height may be.
        yield checks.positive_data_acceptance
    if path.startswith("/_sandbox/accounts"):
        # 5.0 is an integer in JSON Schema, and none here.
        yield checks.positive_data_acceptance
