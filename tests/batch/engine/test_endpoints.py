"""Rows of every endpoint in one batch, videos with their jobs, and rows that take other rows' pictures."""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import attrs
import PIL.Image
import pytest

from imagine_async import (
    NO_RETRY,
    AiBackground,
    AiResize,
    GenerativeFill,
    Image,
    ImageToVideo,
    Outcome,
    RemoveBackground,
    Retouch,
    Row,
    RowError,
    RowInput,
    RowOutput,
    RowResult,
    RowState,
    StoreError,
    TextToImage,
    TextToPng,
    TextToVideo,
    Upscale,
    Video,
    VideoFailedError,
)
from imagine_async.requests_v1 import V1Generations
from tests.batch.engine.bench import Bench, Gate, fox, foxes, patience, records_of, results_of, states_of
from tests.clocks import HurriedClock
from tests.flat_engine import FlatEngine
from tests.samples import png_bytes

pytestmark = pytest.mark.anyio

PNG = png_bytes()


def everything(folder: Path) -> list[Any]:
    """Make a row of each kind, with pictures from memory, from a file and from other rows."""
    path = folder / "given.png"
    path.write_bytes(PNG)
    return [
        Row(request=TextToImage(prompt="a fox"), id="fox"),
        TextToPng(prompt="a badge"),
        RemoveBackground(image=path),
        Upscale(image=PNG),
        GenerativeFill(image=path, mask=PNG, prompt="a hat"),
        Retouch(image=PNG, mask=path),
        AiResize(image=path),
        AiBackground(image=RowOutput("fox"), prompt="a wood"),
        TextToVideo(prompt="a fox runs", style="kling-1.0-pro"),
        ImageToVideo(image=RowOutput("fox"), prompt="it runs", style="kling-1.0-pro"),
        V1Generations(prompt="an old fox"),
        {"endpoint": "text_to_png", "prompt": "from a mapping"},
    ]


async def test_every_endpoint(tmp_path: Path) -> None:
    """All of them are done; run again, nothing is sent."""
    bench = Bench(clock=HurriedClock())
    async with bench.client() as client:
        batch = client.batch(everything(tmp_path), out=tmp_path / "out")
        results = await results_of(batch)
        again = await client.batch(everything(tmp_path), out=tmp_path / "out").run()
    assert [results[place].error for place in range(12)] == [None] * 12
    assert {place for place in results if isinstance(results[place].video, Video)} == {8, 9}
    assert {place for place in results if results[place].image is None} == {8, 9}
    records = records_of(tmp_path / "out")
    assert [record.endpoint for record in records][:2] == ["text_to_image", "text_to_png"]
    for record in records:
        assert record.file is not None
        assert (tmp_path / "out" / record.file).stat().st_size == record.size
        assert record.state is RowState.DONE
        assert record == attrs_of(results[record.position], record)
    assert again.progress.skipped == again.progress.done == 12
    assert again.progress.tokens == 0
    assert batch.progress.tokens == bench.charged == sum(record.tokens or 0 for record in records)


def attrs_of(result: RowResult, record: Any) -> Any:
    """Return a result's record with what only the journal knows."""
    return attrs.evolve(result.record, owner=record.owner, changed_at=record.changed_at)


async def test_a_video_job_is_noted_and_followed(tmp_path: Path) -> None:
    """A batch that is broken off while a video is made goes on with the job; none is begun anew."""
    bench = Bench(options={"video_seconds": 1e6}, clock=HurriedClock())
    rows = [TextToVideo(prompt="a fox runs", style="kling-1.0-pro"), fox(1)]
    async with bench.client() as client:
        batch = client.batch(rows, out=tmp_path)
        async with anyio.create_task_group() as group:
            group.start_soon(_drop, batch)
            with patience():
                while not (batch.progress.done and await _jobs(tmp_path)):
                    await anyio.sleep(0.01)
            batch.cancel()
        assert states_of(tmp_path) == [RowState.UNKNOWN, RowState.DONE]
        (job,) = await _jobs(tmp_path)
        await bench.end_videos()
        results = await results_of(client.batch(rows, out=tmp_path))
    assert results[0].video is not None
    assert results[0].record.job == job
    assert states_of(tmp_path) == [RowState.DONE] * 2
    assert bench.video_jobs == 1


async def test_a_video_is_followed_without_the_input(tmp_path: Path) -> None:
    """What the journal has left includes jobs that are under way."""
    bench = Bench(options={"video_seconds": 1e6}, clock=HurriedClock())
    async with bench.client() as client:
        batch = client.batch([TextToVideo(prompt="a fox runs", style="kling-1.0-pro")], out=tmp_path)
        async with anyio.create_task_group() as group:
            group.start_soon(_drop, batch)
            with patience():
                while not await _jobs(tmp_path):
                    await anyio.sleep(0.01)
            batch.cancel()
        await bench.end_videos()
        assert len(await results_of(client.batch(None, out=tmp_path))) == 1
    assert states_of(tmp_path) == [RowState.DONE]
    assert bench.video_jobs == 1


async def _drop(batch: Any) -> None:
    with patience():
        await batch.run()


async def _jobs(folder: Path) -> list[str]:
    with contextlib.suppress(StoreError):
        return [record.job for record in records_of(folder) if record.job]
    return []


async def test_a_video_that_fails(tmp_path: Path) -> None:
    """Nobody says whether its tokens come back: it is unknown, and its job is not asked for again."""
    bench = Bench(options={"fail_prompts": ["cursed"], "refund_failed_jobs": False}, clock=HurriedClock())
    rows = [TextToVideo(prompt="a cursed fox", style="kling-1.0-pro")]
    async with bench.client() as client:
        result = (await results_of(client.batch(rows, out=tmp_path)))[0]
        assert isinstance(result.error, VideoFailedError)
        assert result.state is RowState.UNKNOWN
        (record,) = records_of(tmp_path)
        assert (record.state, record.job) == (RowState.UNKNOWN, None)
        assert await results_of(client.batch(rows, out=tmp_path)) == {}
        assert bench.video_jobs == 1
        await results_of(client.batch(rows, out=tmp_path, resend_unknown=True))
        assert bench.video_jobs == 2


def chain(*ids: str) -> list[Row]:
    """Make a picture, and rows that each take the picture of the one before."""
    rows = [Row(request=TextToImage(prompt="first"), id=ids[0])]
    for before, name in pairwise(ids):
        rows.append(Row(request=RemoveBackground(image=RowOutput(before)), id=name))
    return rows


@pytest.mark.parametrize("journal", [None, False], ids=["journal", "no journal"])
@pytest.mark.parametrize("concurrency", [1, 4])
async def test_a_chain_of_three(journal: Any, concurrency: int, tmp_path: Path) -> None:
    """Each waits for the one before, and takes its picture."""
    bench = Bench()
    async with bench.client() as client:
        batch = client.batch(chain("a", "b", "c"), out=tmp_path, concurrency=concurrency, journal=journal)
        results = await results_of(batch)
    assert [results[place].state for place in range(3)] == [RowState.DONE] * 3
    assert [name for name, _ in bench.painter.calls] == ["text_to_image", "remove_background", "remove_background"]


async def test_many_children(tmp_path: Path) -> None:
    """They wait without keeping a place from rows that could go on."""
    bench, gate = Bench(), Gate(["parent"])
    children = [Row(request=AiBackground(image=RowOutput("p"), prompt=f"child {number}")) for number in range(30)]
    rows: list[RowInput] = [
        Row(request=TextToImage(prompt="parent"), id="p"),
        *children[:6],
        *foxes(6),
        *children[6:],
    ]
    async with bench.client(gate) as client:
        batch = client.batch(rows, out=tmp_path, concurrency=2)
        async with anyio.create_task_group() as group:
            group.start_soon(_drop, batch)
            with patience():
                while len(gate.passed) < 6:
                    await anyio.sleep(0.001)
            assert sorted(bench.prompts) == sorted(["parent", *(f"fox {number}" for number in range(6))])
            await anyio.sleep(0.02)
            assert Counter(states_of(tmp_path))[RowState.LEASED] <= 8 + 1
            gate.open()
    assert batch.summary.by_state == {RowState.DONE: 37}


async def test_two_parents(tmp_path: Path) -> None:
    """A row that takes two pictures waits for both."""
    rows: list[RowInput] = [
        Row(request=TextToImage(prompt="picture"), id="p"),
        Row(request=TextToPng(prompt="mask"), id="m"),
        GenerativeFill(image=RowOutput("p"), mask=RowOutput("m"), prompt="a hat"),
        GenerativeFill(image=RowOutput("p"), mask=RowOutput("p"), prompt="another"),
    ]
    async with Bench().client() as client:
        assert (await client.batch(rows, out=tmp_path).run()).is_complete


async def test_a_parent_that_was_done_earlier(tmp_path: Path) -> None:
    """Its picture is read from where it is kept."""
    bench = Bench()
    async with bench.client() as client:
        await client.batch(chain("a"), out=tmp_path).run()
        assert (await client.batch(chain("a", "b"), out=tmp_path).run()).is_complete
    assert [name for name, _ in bench.painter.calls] == ["text_to_image", "remove_background"]


class _NoisyEngine(FlatEngine):
    """Paints what no format makes small."""

    def _paint(self, name: str, mode: str, size: tuple[int, int], **asked: Any) -> PIL.Image.Image:
        super()._paint(name, mode, size, **asked)
        pixels = size[0] * size[1] * len(mode)
        return PIL.Image.frombytes(mode, size, random.Random(1).randbytes(pixels))


async def test_a_parent_whose_large_picture_lies_on_disk(tmp_path: Path) -> None:
    """A picture that is too large for memory is sent from where it lies."""
    bench = Bench(options={"side": 1024}, painter=_NoisyEngine())
    rows = [
        Row(request=TextToPng(prompt="large"), id="a"),
        Row(request=RemoveBackground(image=RowOutput("a")), id="b"),
    ]
    async with bench.client() as client:
        results = await results_of(client.batch(rows, out=tmp_path))
    assert [results[place].error for place in range(2)] == [None, None]
    size = results[0].record.size
    assert size is not None
    assert size > 1_000_000


async def test_a_parent_that_fails(tmp_path: Path) -> None:
    """Its children fail unsent, and say why; once it is done, they are."""
    bench = Bench(faults=["storm"])
    async with bench.client() as client:
        patient = client.with_options(retry=NO_RETRY)
        results = await results_of(patient.batch(chain("a", "b", "c"), out=tmp_path))
        assert [results[place].state for place in range(3)] == [RowState.FAILED] * 3
        assert "row 'a', whose picture this one takes, is failed" in str(results[1].error)
        assert "row 'b', whose picture this one takes, is failed" in str(results[2].error)
        assert isinstance(results[1].error, RowError)
        assert not bench.painter.calls
        assert (await client.batch(chain("a", "b", "c"), out=tmp_path).run()).is_complete
    assert len(bench.painter.calls) == 3


@pytest.mark.parametrize("journal", [None, False], ids=["journal", "no journal"])
async def test_parents_that_are_not_there(journal: Any, tmp_path: Path) -> None:
    """A row takes the picture of an earlier one, and of no other; not its own."""
    rows = [
        Row(request=RemoveBackground(image=RowOutput("nobody")), line=7),
        Row(request=RemoveBackground(image=RowOutput("late"))),
        Row(request=RemoveBackground(image=RowOutput("self")), id="self"),
        Row(request=TextToImage(prompt="late"), id="late"),
        Row(request=RemoveBackground(image=RowOutput("late"))),
    ]
    bench = Bench()
    async with bench.client() as client:
        batch = client.batch(rows, out=tmp_path, journal=journal)
        results = await results_of(batch)
    assert [results[place].state for place in range(5)] == [RowState.FAILED] * 3 + [RowState.DONE] * 2
    assert "no row before this one has the id 'nobody'" in str(results[0].error)
    assert str(results[0].error).startswith("line 7: image: ")
    assert [place for place, _ in batch.summary.failures] == ["line 7", "row 1", "row 2"]


async def test_pictures_of_rows_without_a_place_to_keep_them(tmp_path: Path) -> None:
    """Where no files are kept, no row can take another's picture."""
    async with Bench().client() as client:
        results = await results_of(client.batch(chain("a", "b"), journal=tmp_path / "j.sqlite"))
    assert results[0].is_done
    assert results[0].record.file is None
    assert "files are not kept" in str(results[1].error)


async def test_a_parent_that_fails_fatally(tmp_path: Path) -> None:
    """Where the batch ends, rows that wait for others stay pending."""
    bench = Bench(credits=0)
    async with bench.client() as client:
        batch = client.batch([*chain("a", "b", "c")], out=tmp_path)
        with pytest.raises(Exception, match="Not enough tokens") as caught:
            await batch.run()
        assert getattr(caught.value, "outcome", None) is Outcome.REJECTED
        assert not {*states_of(tmp_path)} - {RowState.PENDING}
    rich = Bench()
    async with rich.client() as client:
        assert (await client.batch(chain("a", "b", "c"), out=tmp_path).run()).is_complete


async def test_a_picture_of_the_callers_own(tmp_path: Path) -> None:
    """A picture that a call returned may be a row's input; its bytes are what the row is known by."""
    bench = Bench()
    async with bench.client() as client:
        image = await client.text_to_image("a fox")
        assert isinstance(image, Image)
        rows = [Upscale(image=image)]
        assert (await client.batch(rows, out=tmp_path).run()).is_complete
        assert (await client.batch(rows, out=tmp_path).run()).progress.skipped == 1
