"""Deleting videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from imagine_async.catalog import VIDEO_DELETE_PATHS, VIDEO_STATUS_PATHS

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.anyio

WRITTEN_DOWN = "/v2/video/delete/{id}"
every_path = pytest.mark.parametrize("path", [WRITTEN_DOWN, "/v2/video/{id}", "/v2/video/{id}/delete"])


async def _begin(bench: Bench) -> str:
    reply = await bench.post("/v2/video/text-to-video", form={"prompt": "waves", "style": "fast-svd"})
    return str(reply.json()["id"])


@every_path
async def test_f13_delete(bench: Bench, path: str) -> None:
    """F13: A DELETE works on the path that is written down and on both that may have followed it."""
    assert path in VIDEO_DELETE_PATHS
    assert (await bench.ask(path.format(id=await _begin(bench)), method="DELETE")).status_code == 200


@every_path
async def test_f13_post(bench: Bench, path: str) -> None:
    """F13: A POST, of which the page speaks as well, works on the path that is written down and nowhere else."""
    reply = await bench.ask(path.format(id=await _begin(bench)), method="POST")
    assert reply.status_code == (200 if path == WRITTEN_DOWN else 405)


@every_path
async def test_f14_reply(bench: Bench, path: str) -> None:
    """F14: The answer is the documented JSON."""
    reply = await bench.ask(path.format(id=await _begin(bench)), method="DELETE")
    assert reply.json() == {"message": "video deleted", "status": "success"}


async def test_f45_for_good(bench: Bench) -> None:
    """F45: What is deleted is gone: no path knows it any more, nor can it be deleted again."""
    job = await _begin(bench)
    await bench.ask(WRITTEN_DOWN.format(id=job), method="DELETE")
    asked = [("GET", path) for path in VIDEO_STATUS_PATHS] + [("DELETE", path) for path in VIDEO_DELETE_PATHS]
    assert {(await bench.ask(path.format(id=job), method=method)).status_code for method, path in asked} == {404}
