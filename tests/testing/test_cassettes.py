"""Cassettes: what is recorded is replayed, byte for byte, and holds no secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async import NO_RETRY, AsyncImagine, Imagine, Outcome, RateLimitedError, TextToImage
from imagine_async.multipart import MultipartForm
from imagine_async.sandbox import SandboxSettings, create_app
from imagine_async.testing import Cassette, CassetteError
from imagine_async.testing.cassettes import Mode
from imagine_async.testing.cassettes.canonical import canonical_form
from imagine_async.transport import PlainRequest, in_process_client
from tests.flat_engine import FlatEngine
from tests.samples import png_bytes

KEY = "vk-sandbox"
RECORD_THEN_REPLAY: tuple[Mode, Mode] = ("all", "none")
BASE_URL = "http://sandbox.invalid"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tapes" / "fox.json"


def client_of(cassette: Cassette, key: str = KEY, **changes: Any) -> AsyncImagine:
    """Make a client that records through a sandbox in this process."""
    app = create_app(SandboxSettings(side=16, **{"rate_limit": None} | changes), engine=FlatEngine())
    http_client = cassette.http_client(through=in_process_client(app))
    return AsyncImagine(key, base_url=BASE_URL, http_client=http_client, rate_limit=None, unpriced="allow")


async def no_server(_scope: Any, _receive: Any, _send: Any) -> None:
    raise AssertionError("a server was asked")


def replaying(cassette: Cassette, key: str = "vk-another") -> AsyncImagine:
    """Make a client whose server must not be asked."""
    http_client = cassette.http_client(through=in_process_client(no_server))
    return AsyncImagine(key, base_url=BASE_URL, http_client=http_client, rate_limit=None, unpriced="allow")


async def some_calls(client: AsyncImagine) -> list[Any]:
    """Make calls of several kinds; return what came of them."""
    fox = await client.text_to_image("a red fox", seed=7)
    large = await client.upscale(png_bytes())
    job = await client.text_to_video("waves", style="kling-1.5")
    return [fox.content, large.content, job.id]


def files(path: Path) -> dict[str, bytes]:
    return {str(each.relative_to(path.parent)): each.read_bytes() for each in path.parent.rglob("*") if each.is_file()}


@pytest.mark.anyio
async def test_replay_equals_record(path: Path) -> None:
    """What was recorded comes back without a server and with any key: pictures, jobs and their facts."""
    with Cassette(path, mode="all") as cassette:
        recorded = await some_calls(client_of(cassette))
    with Cassette(path) as cassette:
        assert await some_calls(replaying(cassette)) == recorded


def test_sync_client(path: Path) -> None:
    """The sync client records and replays as well."""
    app = create_app(SandboxSettings(side=16), engine=FlatEngine())
    with Cassette(path, mode="once") as cassette:
        through = in_process_client(app)
        with Imagine(KEY, base_url=BASE_URL, http_client=cassette.http_client(through)) as client:
            recorded = client.text_to_image("a red fox", seed=7).content
    with Cassette(path, mode="once") as cassette:
        with Imagine(KEY, base_url=BASE_URL, http_client=cassette.http_client()) as client:
            assert client.text_to_image("a red fox", seed=7).content == recorded


@pytest.mark.anyio
async def test_errors_are_replayed(path: Path) -> None:
    """A refusal is replayed as what it was."""
    for mode in RECORD_THEN_REPLAY:
        with Cassette(path, mode=mode) as cassette:
            client = client_of(cassette, rate_limit="1/60s").with_options(retry=NO_RETRY)
            await client.text_to_image("a red fox", seed=7)
            with pytest.raises(RateLimitedError):
                await client.text_to_image("a blue fox", seed=7)


async def recorded_bytes(path: Path, order: list[int]) -> dict[str, bytes]:
    """Record the same calls side by side, begun in some order; return every file."""
    with Cassette(path, mode="all") as cassette:
        client = client_of(cassette)
        async with anyio.create_task_group() as tasks:
            for number in order:
                tasks.start_soon(client.send, TextToImage(prompt=f"fox {number}", seed=number))
    return files(path)


@pytest.mark.anyio
async def test_same_calls_make_the_same_bytes(tmp_path: Path) -> None:
    """Whatever order calls are made in, and however often they are recorded, the files are the same."""
    first = await recorded_bytes(tmp_path / "a" / "tape.json", [1, 2, 3, 4])
    second = await recorded_bytes(tmp_path / "b" / "tape.json", [4, 2, 1, 3])
    assert first == second
    assert sorted(first)[1:] == ["tape.json"]


@pytest.mark.anyio
async def test_no_secrets(path: Path) -> None:
    """Neither the key nor a signature reaches the files, not even where a server repeats them."""

    async def echoing(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        key = dict(scope["headers"])[b"authorization"]
        body = b'{"status":"error","code":1100,"message":"' + key + b' X-Amz-Signature=abc123&b=1"}'
        await send({"type": "http.response.start", "status": 400, "headers": [(b"set-cookie", b"session=secret")]})
        await send({"type": "http.response.body", "body": body})

    with Cassette(path, mode="all") as cassette:
        http_client = cassette.http_client(through=in_process_client(echoing))
        client = AsyncImagine("vk-very-secret", base_url=BASE_URL, http_client=http_client)
        with pytest.raises(Exception, match="1100"):
            await client.text_to_image("a red fox")
        assert cassette.calls == 1
    written = b"".join(files(path).values())
    assert b"very-secret" not in written
    assert b"abc123" not in written
    assert b"session" not in written
    assert b"X-Amz-Signature=redacted&b=1" in written


@pytest.mark.anyio
async def test_prompts_can_be_redacted(path: Path) -> None:
    """Of prompts only digests are kept where that is asked for, also where a reply repeats them; replay works."""
    prompt = "a very private fox"
    for mode in RECORD_THEN_REPLAY:
        with Cassette(path, mode=mode, redact_prompts=True) as cassette:
            client = client_of(cassette)
            await client.text_to_image(prompt, seed=7)
            job = await client.text_to_video(prompt, style="kling-1.5") if mode == "all" else None
            if job is not None:
                await client.video_status(job)
    assert b"private" not in b"".join(files(path).values())


@pytest.mark.anyio
async def test_url_replies(path: Path) -> None:
    """Where a reply names a URL, the download is recorded and replayed with it."""
    pictures = []
    for mode in RECORD_THEN_REPLAY:
        with Cassette(path, mode=mode) as cassette:
            image = await client_of(cassette, reply_form="url").text_to_image("a red fox", seed=7)
            pictures.append(image.content)
    assert pictures[0] == pictures[1]
    assert len(json.loads(path.read_text())["calls"]) == 2


@pytest.mark.anyio
async def test_missing_call(path: Path) -> None:
    """A call that is not recorded is an error that names what differs; nothing is sent, retried or held."""
    with Cassette(path, mode="all") as cassette:
        await client_of(cassette).text_to_image("a red fox", seed=7, style="anime")
    with Cassette(path) as cassette:
        client = replaying(cassette)
        with pytest.raises(CassetteError, match="nearest call differs in seed, style.*mode 'new'") as caught:
            await client.text_to_image("a red fox", seed=8, style="realistic")
        assert caught.value.outcome is Outcome.REJECTED
        assert (await client.usage()).held == 0
        with pytest.raises(CassetteError, match="is not recorded:"):
            await client.upscale(png_bytes())


@pytest.mark.anyio
async def test_asked_once_too_often(path: Path) -> None:
    """Equal calls are replayed in order, each once; one more is an error."""
    with Cassette(path, mode="all") as cassette:
        client = client_of(cassette, credits=1)
        first = await client.text_to_image("a red fox", seed=7)
        with pytest.raises(Exception, match="1101"):
            await client.text_to_image("a red fox", seed=7)
    with Cassette(path) as cassette:
        client = replaying(cassette)
        assert (await client.text_to_image("a red fox", seed=7)).content == first.content
        with pytest.raises(Exception, match="1101"):
            await client.text_to_image("a red fox", seed=7)
        with pytest.raises(CassetteError, match="recorded 2 times and asked for once more"):
            await client.text_to_image("a red fox", seed=7)


@pytest.mark.anyio
async def test_modes(path: Path) -> None:
    """`new` adds what is missing, `once` does not where there is a file, `all` forgets what was there."""
    rows: list[tuple[Mode, str, int]] = [("once", "one", 1), ("new", "two", 2), ("new", "one", 2), ("all", "three", 1)]
    for mode, prompt, calls in rows:
        with Cassette(path, mode=mode) as cassette:
            await client_of(cassette).text_to_image(prompt, seed=7)
            assert cassette.calls == calls
    with Cassette(path, mode="once") as cassette:
        with pytest.raises(CassetteError):
            await client_of(cassette).text_to_image("four", seed=7)


@pytest.mark.anyio
async def test_failed_block_writes_nothing(path: Path) -> None:
    """A test that fails leaves the cassette as it was."""
    with pytest.raises(ZeroDivisionError):
        with Cassette(path, mode="all") as cassette:
            await client_of(cassette).text_to_image("a red fox")
            raise ZeroDivisionError
    assert not path.exists()


def test_no_file(path: Path) -> None:
    """Without a file there is nothing to replay."""
    with pytest.raises(CassetteError, match="No such file.*record it first"):
        Cassette(path)


def test_unknown_mode(path: Path) -> None:
    """A mode that is none is refused with those that are."""
    with pytest.raises(ValueError, match="mode: one of none, once, new, all, not 'some'"):
        Cassette(path, mode="some")  # type: ignore[arg-type]  # wrong on purpose


@pytest.fixture
def tape(path: Path) -> Callable[[Any], None]:
    def write(content: Any) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))

    return write


def a_call(**reply: Any) -> dict[str, Any]:
    request = {"method": "GET", "path": "/"}
    return {"version": 1, "calls": [{"request": request, "reply": {"status": 200, "headers": [], **reply}}]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is no cassette, or damaged"),
        ("[]", "is no cassette, or damaged"),
        ({"version": 2, "calls": []}, "is of version 2, not 1"),
        ({"version": 1}, "is no cassette, or damaged"),
        ({"version": 1, "calls": [{}]}, "is no cassette, or damaged"),
        (a_call(), "is no cassette, or damaged"),
        (a_call(body="../../etc/passwd"), "is no name of a body"),
        (a_call(body="0" * 64 + ".jpg"), "No such file"),
        (a_call(body=7), "is no cassette, or damaged"),
        (a_call(text="", status="x"), "is no cassette, or damaged"),
    ],
)
def test_damaged(path: Path, tape: Callable[[Any], None], content: Any, said: str) -> None:
    """A damaged cassette is an error that names it and what to do, and no file outside its folder is read."""
    tape(content)
    with pytest.raises(CassetteError, match=said) as caught:
        Cassette(path)
    assert str(path.parent) in str(caught.value)


@pytest.mark.anyio
async def test_body_that_was_changed(path: Path) -> None:
    """A picture that is not the recorded one is noticed."""
    with Cassette(path, mode="all") as cassette:
        await client_of(cassette).text_to_image("a red fox", seed=7)
    (body,) = (path.parent / "bodies").iterdir()
    body.write_bytes(b"another picture")
    with pytest.raises(CassetteError, match="is not what was recorded"):
        Cassette(path)


def sent(parts: list[tuple[str, str]], boundary: str) -> PlainRequest:
    """Make a request of texts as the SDK sends it."""
    form = MultipartForm(parts, boundary=boundary)

    async def read() -> bytes:
        return b"".join([piece async for piece in form.pieces()])

    headers = [("content-type", form.content_type)]
    return PlainRequest("POST", f"{BASE_URL}/v2/x", headers, anyio.run(read))


NAMES = st.sampled_from(["prompt", "style", "seed", "aspect_ratio"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=30)


@settings(max_examples=100, deadline=None)
@given(parts=st.lists(st.tuples(NAMES, TEXTS), max_size=5), data=st.data())
def test_order_and_boundary_do_not_matter(parts: list[tuple[str, str]], data: st.DataObject) -> None:
    """The canonical form holds every part as it was sent, whatever the order and the boundary."""
    shuffled = data.draw(st.permutations(parts))
    first = canonical_form(sent(parts, "a" * 32), redact_prompts=False)
    assert first == canonical_form(sent(list(shuffled), "b" * 32), redact_prompts=False)
    assert sorted((part["name"], part["text"]) for part in first.get("form", [])) == sorted(parts)


@settings(max_examples=50, deadline=None)
@given(content=st.binary(max_size=200), other=st.binary(max_size=200))
def test_files_are_told_apart_by_content(content: bytes, other: bytes) -> None:
    """Two uploads are the same if their bytes are, whatever they hold."""

    def form(body: bytes) -> dict[str, Any]:
        request = httpx.Request("POST", f"{BASE_URL}/v2/x", files={"image": ("x.png", body)})
        headers = [(name.lower(), value) for name, value in request.headers.items()]
        return canonical_form(PlainRequest("POST", str(request.url), headers, request.read()), redact_prompts=False)

    assert (form(content) == form(other)) == (content == other)
    assert form(content)["form"][0]["bytes"] == len(content)


def test_signatures_are_no_part_of_a_request() -> None:
    """The same result behind two signatures is the same request."""
    urls = [f"{BASE_URL}/_results/a.jpg?b=1&X-Amz-Signature={number}&X-Amz-Date=1" for number in (1, 2)]
    first, second = (canonical_form(PlainRequest("GET", url, [], b""), redact_prompts=False) for url in urls)
    assert first == second == {"method": "GET", "path": "/_results/a.jpg", "query": [["b", "1"]]}
